/** Keeps the last room on a disk for the local log: files that nobody but people read stop growing before it is used up. */
import { statfsSync } from 'node:fs'

/** With less free than this, only the log may grow. */
const FREE_BYTES_MIN = 64 * 1024 * 1024

/** Why nothing but the log may grow in a folder, in words; null: it may. */
export function lackOfRoom(folder: string): string | null {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= FREE_BYTES_MIN) return null
  return `the disk has less than ${FREE_BYTES_MIN / 1024 ** 2} MB free, which the local log needs: free some`
}
