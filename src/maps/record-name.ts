/** The names of files that are kept of a machine or station in the data folder, made of its code. */
import { createHash } from 'node:crypto'

/** File systems take 255 bytes; the rest is for what stands before and behind, and for the temporary file of a replacement. */
const NAME_BYTES_MAX = 180
const SHOWN_BYTES = 150
/** So many hexadecimal digits that no two codes of a plant meet. */
const HASH_LENGTH = 24

/**
 * Codes may hold characters that names of files may not, and a character of Chinese takes nine bytes here. Of a name that would be
 * too long only the beginning is shown, and a hash tells it from others.
 */
export function recordName(code: string): string {
  const name = encodeURIComponent(code)
  if (name.length <= NAME_BYTES_MAX) return name
  const hash = createHash('sha256').update(code).digest('hex').slice(0, HASH_LENGTH)
  return `${name.slice(0, SHOWN_BYTES)}~${hash}`
}
