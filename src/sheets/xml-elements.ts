/** The elements of an XML file, each with its line, in the order in which they begin. */
import sax from 'sax'

/** One element. Names and attributes as written, without a prefix. */
export interface XmlElement {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  /** Line on which its start ends, counted from 1. */
  readonly line: number
  /** The elements around it, the outermost first. */
  readonly within: readonly XmlElement[]
  /** Its own text, without that of elements within it, and without blanks around it. */
  readonly text: string
}

/** A file that is no XML. */
export class NoXml extends Error {
  override readonly name = 'NoXml'
  readonly line: number
  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** No export is nested deeper. */
const DEPTH_MAX = 100

type Growing = { -readonly [Key in keyof XmlElement]: XmlElement[Key] }

/**
 * Reads the whole text.
 * @throws NoXml with the line where it cannot be understood
 */
export function elementsOf(text: string): readonly XmlElement[] {
  const parser = sax.parser(true)
  const found: Growing[] = []
  const open: Growing[] = []
  parser.onopentag = ({ name, attributes }) => {
    if (open.length >= DEPTH_MAX) throw new NoXml('its elements are nested too deeply', parser.line + 1)
    const plain = Object.entries(attributes).map(([key, value]) => [withoutPrefix(key), String(value)])
    const element = {
      name: withoutPrefix(name),
      attributes: Object.fromEntries(plain),
      line: parser.line + 1,
      within: [...open],
      text: '',
    }
    found.push(element)
    open.push(element)
  }
  const takeText = (more: string) => {
    const inside = open.at(-1)
    if (inside) inside.text += more
  }
  parser.ontext = takeText
  parser.oncdata = takeText
  parser.onclosetag = () => {
    const closed = open.pop()
    if (closed) closed.text = closed.text.trim()
  }
  parser.onerror = ({ message }) => {
    throw new NoXml(message.split('\n')[0] ?? message, parser.line + 1)
  }
  parser.write(text.replace(/^\uFEFF/, '')).close()
  return found
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
