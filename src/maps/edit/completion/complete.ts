/** Which words may stand at the cursor of a file that is being written: keys with what they mean, values, and names that the file gives. */

import { isRecord } from '../../../documents/draft.ts'
import type { JsonSchema } from '../../../documents/json-schema.ts'
import type { Path } from '../../../documents/place.ts'
import type { DeviceFileKind } from '../device-files.ts'
import { type CursorPlace, cursorPlace, lenientValue } from './cursor.ts'
import { type Neighbours, ownKeys, ownValues } from './own-words.ts'
import { keysIn, type SchemaWord, schemasAt, valuesOf } from './schema-words.ts'

/** What files are completed by. */
export interface CompletionSources {
  readonly map: JsonSchema
  readonly profile: JsonSchema
  readonly beside: Neighbours
}

/** A word that may stand at the cursor. */
interface CompletedWord {
  /** What is inserted. */
  readonly insert: string
  readonly label: string
  readonly about: string | undefined
}

/** All of them. */
export interface CompletedWords {
  /** How many characters before the cursor they take the place of. */
  readonly typed: number
  readonly words: readonly CompletedWord[]
}

/** A longer list is no help. */
const WORDS_MAX = 60

/** It throws for nothing that the text may hold. @param offset of the cursor in the text */
export function complete(
  text: string,
  offset: number,
  kind: DeviceFileKind,
  sources: CompletionSources,
): CompletedWords {
  const place = kind === 'table' ? undefined : cursorPlace(text, offset)
  if (!place) return { typed: 0, words: [] }
  const document = { ...asRecord(place.before), ...asRecord(lenientValue(text)) }
  const schema = kind === 'profile' ? sources.profile : sources.map
  const rest = text.slice(offset)
  const keys = place.keyIn ? keysAtPlace(place.keyIn, { document, place, schema, sources }) : []
  const values = place.valueAt ? valuesAtPlace(place.valueAt, { document, schema, sources }) : []
  const words = [
    ...keys.map((key) => ({ ...key, insert: /^\s*:/.test(rest) ? key.word : `${key.word}: ` })),
    ...values.map((value) => ({ ...value, insert: writtenAs(value.word) })),
  ]
  const fitting = inOrder(words, place.word).slice(0, WORDS_MAX)
  return {
    typed: place.word.length,
    words: fitting.map(({ word, about, insert }) => ({ insert, label: word, about })),
  }
}

interface Completing {
  readonly document: Readonly<Record<string, unknown>>
  readonly schema: JsonSchema
  readonly sources: CompletionSources
}

function keysAtPlace(
  path: Path,
  { document, place, schema, sources }: Completing & { readonly place: CursorPlace },
) {
  // Of a list's item only what stands before the cursor is sure to be the same item.
  const written = { ...asRecord(valueAt(document, path)), ...asRecord(valueAt(place.before, path)) }
  const own = ownKeys(path, document, sources.beside).filter(({ word }) => !Object.hasOwn(written, word))
  const found = keysIn(schemasAt(schema, path, document), written)
  const isNew =
    path.length === 0 && Object.keys(written).filter((key) => !key.startsWith('Cursor')).length === 0
  return [...own, ...(isNew ? [SCANNER] : []), ...found]
}

/** A new file may become a scanner's as well. */
const SCANNER: SchemaWord = { word: 'scanner', about: 'The code of the scanner, and of its station.' }

function valuesAtPlace(path: Path, { document, schema, sources }: Completing): readonly SchemaWord[] {
  const own = ownValues(path, document, sources.beside)
  const known = new Set(own.map(({ word }) => word))
  return [...own, ...valuesOf(schemasAt(schema, path, document)).filter(({ word }) => !known.has(word))]
}

/** What begins as it is typed comes first, then what holds it. */
function inOrder<Word extends SchemaWord>(words: readonly Word[], typed: string): readonly Word[] {
  const wanted = typed.toLowerCase()
  const rank = ({ word }: Word) => {
    const at = word.toLowerCase().indexOf(wanted)
    return at === 0 ? 0 : at > 0 ? 1 : 2
  }
  return words.filter((word) => rank(word) < 2).toSorted((a, b) => rank(a) - rank(b))
}

/** Within quotes where YAML would read something else. */
function writtenAs(word: string): string {
  const isPlain = /^[\p{L}\p{N}_][\p{L}\p{N}_ ./+-]*$/u.test(word)
  return isPlain ? word : JSON.stringify(word)
}

function valueAt(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return value[Number(step)]
    return isRecord(value) ? value[String(step)] : undefined
  }, document)
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}
