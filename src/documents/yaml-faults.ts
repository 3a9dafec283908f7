/** What is wrong with a file as YAML, in the words of the person who wrote it. */
import { type Document, isScalar, type Node, visit, type YAMLError } from 'yaml'
import type { ConfigFault } from '../domain/errors.ts'
import type { Place } from './place.ts'

/** What the parser's words mean to the person who wrote the file. */
const IN_PLAIN_WORDS: Readonly<Record<string, readonly [what: string, hint?: string]>> = {
  TAB_AS_INDENT: ['a tab cannot indent', 'use spaces'],
  BAD_SCALAR_START: ['a text cannot begin with this character', 'put it in quotes, as in ">0"'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " in one line', 'put the text in quotes, or begin a new line'],
  MULTIPLE_DOCS: ['a second document begins here', 'one file holds one document: remove the line ---'],
  RESOURCE_EXHAUSTION: ['brackets are nested too deeply'],
  UNEXPECTED_TOKEN: ['this does not belong here', 'look for a missing quote, comma or bracket before it'],
}

/** Faults of the kind that came first: those of other kinds mostly follow from it. */
export function syntaxFaults(document: Document, place: (offset: number) => Place): ConfigFault[] {
  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings]
  return errors
    .filter(({ code }) => code === errors[0]?.code)
    .map((error) => {
      const [what, hint] = IN_PLAIN_WORDS[error.code] ?? [inPlainWords(error.message)]
      return fault(place(openingQuote(document, error) ?? error.pos[0]), what, hint)
    })
}

function inPlainWords(message: string): string {
  const closing = /end with a (\S)/.exec(message)?.[1]
  if (closing) return `a closing ${closing} is missing before this`
  if (message.includes('same column')) return 'this line is not indented like those beside it'
  if (/^Missing closing .?quote/.test(message)) return 'this quote is never closed'
  return firstLine(message).replace(/ at line .*$/, '')
}

/** Where a text began whose closing quote is missing: the parser notices it only at the end of the file. */
function openingQuote(document: Document, { code, pos }: YAMLError): number | undefined {
  let opening: number | undefined
  if (code !== 'MISSING_CHAR') return undefined
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith('QUOTE') && range && range[0] < pos[0] && range[1] >= pos[0]) opening = range[0]
    },
  })
  return opening
}

/** What the parser lets pass: a key written twice, and an alias of nothing. */
export function ambiguities(document: Document, place: (offset: number) => Place): ConfigFault[] {
  const faults: ConfigFault[] = []
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return
      faults.push(fault(place(alias.range?.[0] ?? 0), `nothing before this is marked &${alias.source}`))
    },
    Map: (_, map) => {
      const seen = new Set<string>()
      for (const { key } of map.items) {
        const offset = (key as Node).range?.[0] ?? 0
        if (!isScalar(key)) faults.push(fault(place(offset), 'a key must be a word or a number'))
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

/** The first line of a text of several. */
export function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text
}
