/** Puts what zod found into words for a technician: what is wrong, where, and what would be right. */
import type { ZodType, z } from 'zod'
import { type Synonyms, wordHint } from './nearest-word.ts'
import type { Path } from './place.ts'
import { shown } from './quantities.ts'
import { keysOf, objectsAt, objectsOfItsKind, tableKeysAt } from './schema-keys.ts'

/** A fault by its path in the document, before it has a line and a column. */
export interface SchemaFault {
  readonly path: Path
  readonly at: 'key' | 'value'
  readonly message: string
  readonly hint?: string | undefined
}

type Issue = z.core.$ZodIssue

interface Vocabulary {
  /** Keys beside those of the schema, which somebody else judges. */
  readonly alsoKnown: readonly string[]
  readonly synonyms: Synonyms
  /** A scalar as it was written, by its path below the schema: YAML reads 0815 as 815. */
  readonly written: (path: Path) => string | undefined
}

/** All faults of one issue: an issue about unknown keys names several. */
export function describeIssue(issue: Issue, schema: ZodType, vocabulary: Vocabulary): readonly SchemaFault[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    const alsoKnown = path.length > 0 ? tableKeysAt(schema, path) : vocabulary.alsoKnown
    const objects = objectsOfItsKind(objectsAt(schema, path), issue.input)
    return issue.keys.map((key) => unknownKey(path, key, objects, { ...vocabulary, alsoKnown }))
  }
  if (issue.code === 'invalid_key') return [{ path, at: 'key', ...wordsOfKey(issue, vocabulary) }]
  if (issue.code === 'invalid_union') {
    const kind = wordsOfKind(issue, vocabulary)
    if (kind) return [{ path, ...kind }]
    const branch = intendedBranch(issue.errors)
    if (branch) {
      return branch.flatMap((inner) =>
        describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, schema, {
          ...vocabulary,
          alsoKnown: [],
        }),
      )
    }
  }
  if (issue.input === undefined && issue.code !== 'custom') return [missing(path)]
  const refused = issue.code === 'invalid_type' && issue.expected === 'never'
  return [{ path, at: refused ? 'key' : 'value', ...inWords(issue, vocabulary) }]
}

function missing(path: Path): SchemaFault {
  return { path, at: 'key', message: `"${path.at(-1) ?? ''}" is missing` }
}

/** A table's key: the schema says itself what it must be, or how long. */
function wordsOfKey(
  { issues, path }: z.core.$ZodIssueInvalidKey,
  vocabulary: Vocabulary,
): Pick<SchemaFault, 'message' | 'hint'> {
  const message = `${shown(path.at(-1))} is not valid as a key here`
  const [first] = issues
  return { message, hint: first && (first.message || inWords(first, vocabulary).hint) }
}

/** The key that decides of which kind a thing is. Undefined for a union without one. */
function wordsOfKind(
  issue: z.core.$ZodIssueInvalidUnion,
  { synonyms }: Vocabulary,
): Pick<SchemaFault, 'at' | 'message' | 'hint'> | undefined {
  if (issue.discriminator === undefined) return undefined
  const kinds = ('options' in issue ? issue.options : []) as readonly unknown[]
  const written = (issue.input as Readonly<Record<string, unknown>>)[issue.discriminator]
  const hint = wordHint(String(written ?? ''), kinds.map(String), synonyms)
  if (written === undefined) return { at: 'key', message: `"${issue.discriminator}" is missing`, hint }
  return { at: 'value', message: `${shown(written)} is not valid here`, hint }
}

function unknownKey(
  path: Path,
  key: string,
  objects: ReturnType<typeof objectsAt>,
  { alsoKnown, synonyms }: Vocabulary,
): SchemaFault {
  const known = [...new Set([...objects.flatMap(keysOf), ...alsoKnown])]
  const title = objects[0]?.meta()?.title
  const where = title ? ` in ${title}` : ''
  return {
    path: [...path, key],
    at: 'key',
    message: `unknown key "${key}"${where}`,
    hint: wordHint(key, known, synonyms),
  }
}

/** Of a union's alternatives, the one that fits the kind of value that was written, if there is exactly one. */
function intendedBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.code === 'invalid_type' && !issue.path.length),
  )
  const deeper = fitting.filter((issues) =>
    issues.some((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
  return deeper.length === 1 ? deeper[0] : fitting.length === 1 ? fitting[0] : undefined
}

function inWords(
  issue: Issue,
  { synonyms, written }: Vocabulary,
): { readonly message: string; readonly hint?: string | undefined } {
  const found = foundText(issue, written)
  if (issue.input === null) return { message: `"${String(issue.path.at(-1) ?? 'the file')}" has no value` }
  if (issue.message) return inOwnWords(issue, found)
  switch (issue.code) {
    case 'invalid_value': {
      const words = issue.values.map(String)
      const isQuotedNumber = issue.values.some(
        (value) => typeof value === 'number' && String(value) === issue.input,
      )
      if (isQuotedNumber)
        return { message: `${found} is a text`, hint: `write it without quotes: ${issue.input}` }
      return { message: `${found} is not valid here`, hint: wordHint(String(issue.input), words, synonyms) }
    }
    case 'invalid_type': {
      const message = `${found} stands where ${EXPECTED[issue.expected] ?? issue.expected} is wanted`
      return { message, hint: kindHint(issue.expected, issue.input, found) }
    }
    case 'too_small':
      return {
        message: `${found} is too ${LENGTHS.has(issue.origin) ? 'short' : 'small'}`,
        hint: `at least ${issue.minimum}`,
      }
    case 'too_big':
      return {
        message: `${found} is too ${LENGTHS.has(issue.origin) ? 'long' : 'large'}`,
        hint: `at most ${issue.maximum}`,
      }
    default:
      return { message: `${found} is not valid here` }
  }
}

function foundText({ input, path }: Issue, written: Vocabulary['written']): string {
  if (!isPlain(input)) return shown(input)
  return written(path.filter((step) => typeof step !== 'symbol')) ?? shown(input)
}

/** Where the right thing was written in the wrong way. */
function kindHint(expected: string, input: unknown, found: string): string | undefined {
  const isNumberWanted = expected === 'number' || expected === 'int'
  if (expected === 'string' && isPlain(input)) return `put it in quotes: "${found}"`
  if (!isNumberWanted || typeof input !== 'string') return undefined
  if (/^-?\d+(\.\d+)?$/.test(input)) return `write it without quotes: ${input}`
  return /^-?\d+,\d+$/.test(input) ? `write ${input.replace(',', '.')}, with a point` : undefined
}

function isPlain(value: unknown): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

/** A schema's own text is a whole message where it refuses, and says what would be right where a single value is wrong. */
function inOwnWords(
  issue: Issue,
  found: string,
): { readonly message: string; readonly hint?: string | undefined } {
  if (issue.code === 'custom' && issue.params) return { message: issue.message, hint: issue.params.hint }
  const isWhole =
    typeof issue.input === 'object' || (issue.code === 'invalid_type' && issue.expected === 'never')
  return isWhole ? { message: issue.message } : { message: `${found} is not valid here`, hint: issue.message }
}

const LENGTHS: ReadonlySet<string> = new Set(['string', 'array'])
const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a group of keys',
  record: 'a group of keys',
  array: 'a list',
}
