/** A short hash of what a map decides: each event carries it, so that one can tell which map made the event. */
import { createHash } from 'node:crypto'
import { isRecord } from '../documents/draft.ts'

const HASH_LENGTH = 8

/** Eight hexadecimal digits. The order of keys does not change them. */
export function contentHash(content: unknown): string {
  return createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, HASH_LENGTH)
}

/** JSON with keys in order, so that moving lines about in a file changes nothing. Patterns are the text that they are. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inside: unknown) => {
    if (inside instanceof RegExp) return String(inside)
    return isRecord(inside)
      ? Object.fromEntries(Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inside
  })
}
