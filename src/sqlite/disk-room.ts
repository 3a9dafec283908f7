/** The room on a disk that is left to the local log by what is only looked at. */
import { statfsSync } from 'node:fs'

/** On a disk with less room than this nothing is added but to the log: what is left of it belongs to that. */
const FREE_BYTES_MIN = 64 * 1024 * 1024

/** Why nothing but the log may grow in a folder, in words; null: it may. */
export function lackOfRoom(folder: string): string | null {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= FREE_BYTES_MIN) return null
  return `the disk has less than ${FREE_BYTES_MIN / 1024 ** 2} MB free, which the local log needs: free some`
}
