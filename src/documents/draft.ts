/**
 * A configuration file on its way to being understood: values with their places, and the faults found so far.
 *
 * Every part is judged on its own and judging goes on after a fault, so that one reading of a file names all that is wrong with it.
 */
import type { ZodType } from 'zod'
import type { ConfigFault } from '../domain/errors.ts'
import { describeIssue, type SchemaFault } from './describe-issue.ts'
import type { Synonyms } from './nearest-word.ts'
import type { Path, Place } from './place.ts'
import { shown } from './quantities.ts'
import { trimmedTexts } from './trimmed-texts.ts'

/** Where values come from and where they stand: one file, or several laid over each other. */
export interface Origin {
  readonly value: unknown
  place(path: Path, at?: 'key' | 'value'): Place & { readonly path?: string }
  /** A scalar as it was written, before YAML made a number of it. */
  written(path: Path): string | undefined
}

/** A document that is being judged part by part. */
export interface DocumentDraft {
  readonly origin: Origin
  readonly faults: readonly ConfigFault[]
  /** What the file says beside what must have been meant: it could be acted on, and would do something else. */
  readonly slips: readonly ConfigFault[]
  /** What is allowed and unwise. */
  readonly hints: readonly ConfigFault[]
  /** The raw value at a path. */
  at(path: Path): unknown
  /** What a schema makes of the value at a path; undefined when it has faults, which are then noted. */
  judge<T>(path: Path, schema: ZodType<T>): T | undefined
  /** The same for a value that is not exactly what stands there. `alsoKnown` are keys that somebody else has judged. */
  judgeValue<T>(value: unknown, path: Path, schema: ZodType<T>, alsoKnown?: readonly string[]): T | undefined
  readonly fault: Note
  readonly slip: Note
  readonly hint: Note
}

/** `hint` says what would be right. */
type Note = (path: Path, message: string, hint?: string, at?: 'key' | 'value') => void

/** More faults of one file than this are not even counted. */
const FAULTS_MAX = 2_000

/** @param synonyms what readers of such a file may write for one of its words */
export function createDraft(origin: Origin, synonyms: Synonyms = {}): DocumentDraft {
  const faults: ConfigFault[] = []
  const slips: ConfigFault[] = []
  const hints: ConfigFault[] = []
  const note = (list: ConfigFault[], { path, at, message, hint }: SchemaFault) => {
    if (list.length >= FAULTS_MAX) return
    const place = { path: path.join('.'), ...origin.place(path, at) }
    list.push({ ...place, message, ...(hint === undefined ? {} : { hint }) })
  }
  const noter =
    (list: ConfigFault[]): Note =>
    (path, message, hint, at = 'value') =>
      note(list, { path, at, message, hint })
  const draft: DocumentDraft = {
    origin,
    faults,
    slips,
    hints,
    at: (path) => valueAt(origin.value, path),
    judge: (path, schema) => draft.judgeValue(draft.at(path), path, schema),
    judgeValue: (value, path, schema, alsoKnown = []) => {
      const result = schema.safeParse(value, { error: () => '', reportInput: true })
      if (result.success) {
        for (const found of trimmedTexts(value, result.data)) {
          const message = `the blanks around ${shown(found.text)} are left out`
          draft.hint([...path, ...found.path], message, 'they are no part of it: remove them')
        }
        return result.data
      }
      const written = (inside: Path) => origin.written([...path, ...inside])
      for (const issue of result.error.issues) {
        for (const finding of describeIssue(issue, schema, { alsoKnown, synonyms, written })) {
          note(faults, { ...finding, path: [...path, ...finding.path] })
        }
      }
      return undefined
    },
    fault: noter(faults),
    slip: noter(slips),
    hint: noter(hints),
  }
  return draft
}

function valueAt(value: unknown, path: Path): unknown {
  let inside = value
  for (const step of path) {
    if (typeof inside !== 'object' || inside === null || !Object.hasOwn(inside, step)) return undefined
    inside = (inside as Record<string | number, unknown>)[step]
  }
  return inside
}

/** The keys of a value that ought to be a group of keys. */
export function keysAt(value: unknown): readonly string[] {
  return isRecord(value) ? Object.keys(value) : []
}

/** Whether a value is a group of keys. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Freezes plain data all the way down; instances of classes are left as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
  for (const inside of Object.values(value)) deepFreeze(inside)
  return Object.freeze(value)
}
