/** Files that survive a power cut: a new content is there as a whole or not at all, and it is on the disk when the call returns. */
import { chownSync, closeSync, fsyncSync, openSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Only the gateway's own user may read it. */
const PRIVATE = 0o600

/**
 * Replaces a file, or makes it: the text is written beside it, made durable and given its name. After a power cut there is
 * the old file or the new one, never half of one.
 * @throws what the file system says
 */
export function replaceFile(path: string, text: string | Uint8Array, mode = PRIVATE): void {
  // Hidden, so that nobody who lists the folder takes it for one of the files there.
  const beside = join(dirname(path), `.${basename(path)}.new`)
  const descriptor = openSync(beside, 'w', mode)
  try {
    giveToNeighbours(beside)
    writeFileSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(beside, path)
  syncFolder(dirname(path))
}

/** Makes what was created, renamed or removed in a folder durable. Syncing the files alone does not keep their names. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** What a command of root's makes beside the gateway belongs to whoever has the folder around it: it must shut nobody out. */
export function giveToNeighbours(path: string): void {
  const { uid, gid } = statSync(dirname(path))
  if (statSync(path).uid === uid) return
  try {
    chownSync(path, uid, gid)
  } catch {
    // Only root may give a file away, and not on every network share.
  }
}
