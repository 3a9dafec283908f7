/** What a JSON Schema allows at a place of a document, as far as what is written there already leaves it open. */

import { isRecord } from '../../../documents/draft.ts'
import type { JsonSchema } from '../../../documents/json-schema.ts'
import type { Path } from '../../../documents/place.ts'

/** A word that may stand somewhere. */
export interface SchemaWord {
  readonly word: string
  /** What it means, as the schema says. */
  readonly about: string | undefined
}

/** The schemas that hold at a path of a document. */
export function schemasAt(schema: JsonSchema, path: Path, document: unknown): readonly JsonSchema[] {
  const [step, ...rest] = path
  const applying = expanded(schema, document)
  if (step === undefined) return applying
  const value = isRecord(document) || Array.isArray(document) ? (document as never)[step] : undefined
  return applying.flatMap((one) => stepsInto(one, step)).flatMap((one) => schemasAt(one, rest, value))
}

/** The keys that may stand in a map, without those that it has. */
export function keysIn(schemas: readonly JsonSchema[], document: unknown): readonly SchemaWord[] {
  const words = schemas.flatMap(({ properties }) =>
    Object.entries(recordOf(properties)).map(([word, value]) => ({ word, about: aboutOf(value) })),
  )
  const excluded = schemas.filter(
    ({ additionalProperties, properties }) => additionalProperties === false && properties,
  )
  const isAllowed = (word: string) =>
    excluded.every(({ properties }) => Object.hasOwn(recordOf(properties), word))
  const present = isRecord(document) ? document : {}
  return distinct(words.filter(({ word }) => !Object.hasOwn(present, word) && isAllowed(word)))
}

/** The words that may be a value: those of a list, and truth values. */
export function valuesOf(schemas: readonly JsonSchema[]): readonly SchemaWord[] {
  return distinct(
    schemas.flatMap((schema) => {
      const { type, default: standard } = schema
      const listed = [...listOf(schema.enum), ...(schema.const === undefined ? [] : [schema.const])]
      const words = listed.length === 0 && type === 'boolean' ? [true, false] : listed
      const given = words.length === 0 && isPlain(standard) ? [standard] : words
      return given.filter(isPlain).map((word) => ({
        word: String(word),
        about: word === standard ? [aboutOf(schema), STANDARD].filter(Boolean).join(' ') : aboutOf(schema),
      }))
    }),
  )
}

const STANDARD = 'This holds unless something else is written.'

/** A schema with whatever else holds beside it: by its conditions, and by what is written. */
function expanded(schema: JsonSchema, document: unknown): readonly JsonSchema[] {
  const parts = listOf(schema.allOf).flatMap((part) => expanded(recordOf(part), document))
  const chosen = [...listOf(schema.anyOf), ...narrowed(listOf(schema.oneOf), document)]
  const alternatives = chosen.flatMap((part) => expanded(recordOf(part), document))
  const condition = schema.if === undefined ? undefined : holds(recordOf(schema.if), document)
  const branch = condition === undefined ? undefined : condition ? schema.then : schema.else
  return [schema, ...parts, ...alternatives, ...(branch ? expanded(recordOf(branch), document) : [])]
}

/** Of alternatives that need a key each, the one whose key is there; all of them as long as none is. */
function narrowed(alternatives: readonly unknown[], document: unknown): readonly unknown[] {
  const isChosen = (part: unknown) => {
    const required = listOf(recordOf(part).required)
    return (
      required.length > 0 &&
      required.every((key) => isRecord(document) && Object.hasOwn(document, String(key)))
    )
  }
  const chosen = alternatives.filter(isChosen)
  // Each of several forbids the keys of the others.
  return chosen.length > 0
    ? chosen
    : alternatives.map((part) => ({ ...recordOf(part), additionalProperties: true }))
}

/** Whether a condition holds: keys that must be there, and values that they must have. */
function holds({ required, properties }: JsonSchema, document: unknown): boolean {
  const value = isRecord(document) ? document : {}
  const isThere = listOf(required).every((key) => Object.hasOwn(value, String(key)))
  const isSame = Object.entries(recordOf(properties)).every(([key, part]) => {
    const { const: wanted } = recordOf(part)
    return wanted === undefined || value[key] === wanted
  })
  return isThere && isSame
}

function stepsInto(schema: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (typeof step === 'number') return isRecord(schema.items) ? [schema.items] : []
  const property = recordOf(schema.properties)[step]
  if (property !== undefined) return isRecord(property) ? [property] : []
  return isRecord(schema.additionalProperties) ? [schema.additionalProperties] : []
}

function aboutOf(schema: unknown): string | undefined {
  const { description } = recordOf(schema)
  return typeof description === 'string' ? description : undefined
}

/** Of a word that several schemas have, the one that says what it means. */
function distinct(words: readonly SchemaWord[]): readonly SchemaWord[] {
  const found = new Map<string, SchemaWord>()
  for (const one of words) if (!found.get(one.word)?.about) found.set(one.word, one)
  return [...found.values()]
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isPlain(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}
