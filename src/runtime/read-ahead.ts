/**
 * Reads folders of small files beside this thread, a moment before this thread reads them itself: it then finds them in the system's
 * memory, and waits for no disk. For what is read in many small steps that build on each other, as device maps with their profiles and
 * tables are.
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from './clock.ts'
import { readThrough } from './plain-file.ts'
import { within } from './within.ts'

/** Longer ones are read up to here: those of ours are shorter. */
const BYTES_MAX = 8_000_000
const CHUNK_BYTES = 65_536

export interface ReadAheadOptions {
  readonly clock: Pick<Clock, 'after'>
  /** Ends the wait. */
  readonly signal: AbortSignal
}

/** What cannot be read is left to whoever reads it: that one says so. */
export function readAhead(folders: readonly string[], { clock, signal }: ReadAheadOptions): Promise<void> {
  return within(readAll(folders, signal), { clock, signal }, () => undefined)
}

/** The same for the names in folders alone. */
export async function readNamesAhead(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await readdir(folder).catch(() => [])
}

/** The same for single files. */
export async function readFilesAhead(paths: readonly string[]): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  for (const path of paths) await readThrough(path, BYTES_MAX, chunk).catch(() => undefined)
}

/** One file after the other: the threads that Node has for files are few, and each may have to wait. */
async function readAll(folders: readonly string[], signal: AbortSignal): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES)
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names) {
      if (signal.aborted) return
      await readThrough(join(folder, name), BYTES_MAX, chunk).catch(() => undefined)
    }
  }
}
