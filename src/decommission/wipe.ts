/**
 * Overwrites files and removes them. On a plain file system and a magnetic disk what was there is gone then. Flash (SD cards, eMMC, SSDs)
 * writes elsewhere and keeps the old cells for a while, and so do file systems that copy on write: whoever calls says so.
 */
import { randomFillSync } from 'node:crypto'
import { closeSync, fsyncSync, lstatSync, openSync, readdirSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { syncFolderSync } from '../runtime/files.ts'

const CHUNK_BYTES = 1024 * 1024

/** What was wiped, and what could not be. */
export interface Wiped {
  readonly files: number
  readonly bytes: number
  /** In words. */
  readonly failures: readonly string[]
}

/**
 * Everything in a folder, and the folders in it.
 * @param keeps by name, what stays
 */
export function wipeFolder(folder: string, keeps: (name: string) => boolean = () => false): Wiped {
  const failures: string[] = []
  let files = 0
  let bytes = 0
  const attempt = (path: string, work: () => void) => {
    try {
      work()
    } catch (error) {
      failures.push(`${path}: ${(error as Error).message}`)
    }
  }
  const wipe = (path: string) => {
    // What a link leads to belongs to somebody else.
    const found = lstatSync(path)
    if (found.isDirectory()) {
      for (const name of readdirSync(path)) attempt(join(path, name), () => wipe(join(path, name)))
      rmdirSync(path)
      return
    }
    if (found.isFile()) overwrite(path, found.size)
    rmSync(path)
    files += 1
    bytes += found.isFile() ? found.size : 0
  }
  for (const name of namesIn(folder).filter((one) => !keeps(one)))
    attempt(join(folder, name), () => wipe(join(folder, name)))
  if (files > 0) attempt(folder, () => syncFolderSync(folder))
  return { files, bytes, failures }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** With random bytes, in place. */
function overwrite(path: string, size: number): void {
  const descriptor = openSync(path, 'r+')
  try {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(size, 1)))
    for (let at = 0; at < size; at += chunk.length) {
      randomFillSync(chunk)
      writeSync(descriptor, chunk, 0, Math.min(chunk.length, size - at), at)
    }
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
