/** What is wrong with a file as YAML: what the parser refuses, and what it lets pass although nobody can have meant it. */
import { type Document, isScalar, type Node, visit, type YAMLError } from 'yaml'
import type { ConfigFault } from '../domain/errors.ts'
import { looseItems } from './loose-items.ts'
import type { Place } from './place.ts'
import { ODD_BLANK_WORDS, oddBlankAround, oddBlankIn } from './text-faults.ts'
import { syntaxWords } from './yaml-words.ts'

type PlaceOf = (offset: number) => Place

/** Nobody writes longer lines by hand. */
const LINE_CHARS_MAX = 10_000
/** Codes whose first error brings all the others along. */
const CASCADING: ReadonlySet<string> = new Set(['UNEXPECTED_TOKEN', 'BAD_ALIAS'])

/** Faults of the kind that came first: those of other kinds mostly follow from it. */
export function syntaxFaults(document: Document, text: string, place: PlaceOf): ConfigFault[] {
  const all: readonly YAMLError[] = [...document.errors, ...document.warnings]
  const first = all.find(({ code }) => code === 'BAD_ALIAS') ?? all[0]
  if (!first) return []
  const odd = oddBlanksNear(text, place(first.pos[0]))
  if (odd.length > 0) return odd.map((at) => fault(at, ...ODD_BLANK_WORDS))
  const alike = CASCADING.has(first.code) ? [first] : all.filter(({ code }) => code === first.code)
  return alike.map((error) => {
    const { offset, what, hint } = syntaxWords(text, error, openingQuote(document, error))
    return fault(place(offset), what, hint)
  })
}

/** The parser stumbles on the line of an odd blank, or on one of the next. */
function oddBlanksNear(text: string, stumble: Place): readonly Place[] {
  const lines = text.split('\n')
  return [-2, -1, 0, 1].flatMap((step) => {
    const line = stumble.line + step
    const index = oddBlankIn((lines[line - 1] ?? '').slice(0, LINE_CHARS_MAX))
    return index === undefined ? [] : [{ ...stumble, line, column: index + 1 }]
  })
}

/** Where a text began whose closing quote is missing: the parser notices it only at the end of the file. */
function openingQuote(document: Document, { message, pos }: YAMLError): number | undefined {
  let opening: number | undefined
  if (!message.startsWith('Missing closing')) return undefined
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith('QUOTE') && range && range[0] < pos[0] && range[1] >= pos[0]) opening = range[0]
    },
  })
  return opening
}

/** What the parser lets pass: a key written twice, an item that is no key with its value, and a reference to nothing. */
export function ambiguities(document: Document, text: string, place: PlaceOf): ConfigFault[] {
  const faults: ConfigFault[] = []
  // The parser's own search goes through the whole file for each reference.
  const marked = new Set<string>()
  const mark = ({ anchor }: { readonly anchor?: string }) => {
    if (anchor !== undefined) marked.add(anchor)
  }
  visit(document, {
    Scalar: (_, scalar) => mark(scalar),
    Seq: (_, list) => mark(list),
    Alias: (_, alias) => {
      if (marked.has(alias.source)) return
      const hint = `put it in quotes if it is a text: "*${alias.source}"`
      faults.push(fault(place(alias.range?.[0] ?? 0), `nothing before this is marked &${alias.source}`, hint))
    },
    Map: (_, map) => {
      mark(map)
      for (const { offset, what, hint } of looseItems(map, text))
        faults.push(fault(place(offset), what, hint))
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const offset = (key as Node).range?.[0] ?? 0
        const odd = isScalar(key) ? oddBlankAround(String(key.value)) : undefined
        if (odd !== undefined) faults.push(fault(place(offset + odd), ...ODD_BLANK_WORDS))
        else if (!isScalar(key)) faults.push(fault(place(offset), 'a key must be a word or a number'))
        else if (seen.has(String(key.value)))
          faults.push(fault(place(offset), `the key "${key.value}" is written twice`))
        else seen.add(String(key.value))
      }
    },
  })
  return faults
}

/** A fault of a whole file or of its text, which has a line and a column but no path. */
export function fault(place: Place, message: string, hint?: string): ConfigFault {
  return { ...place, path: '', message, ...(hint && { hint }) }
}
