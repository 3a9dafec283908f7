/** Records that outlive a restart: each a JSON file of its own in one folder, replaced in one step, private to the gateway's user. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { clearPlace, replaceFile } from './files.ts'
import { readPlainFile } from './plain-file.ts'

/** One file of the folder. */
interface KeptRecord {
  readonly path: string
  /** Undefined where the file is damaged: cut short, overwritten or not readable. */
  readonly value: unknown
}

/** All of a folder, in the order of their names; none where nothing was ever kept. */
export function readRecords(folder: string, bytesMax: number): readonly KeptRecord[] {
  return recordNames(folder).map((name) => {
    const path = join(folder, name)
    return { path, value: readRecord(path, bytesMax) }
  })
}

function readRecord(path: string, bytesMax: number): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(readPlainFile(path, bytesMax)))
  } catch {
    // Whatever it is, nothing of it can be used.
    return undefined
  }
}

function recordNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
  } catch {
    // Nothing was ever kept.
    return []
  }
}

/**
 * @param name of the file, without its ending
 * @throws what the file system says
 */
export function keepRecord(folder: string, name: string, value: object): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${name}.json`)
  clearPlace(path)
  replaceFile(path, JSON.stringify(value))
}

/** On a disk that cannot be written the file stays, and the next reading tries again to remove it. */
export function forgetRecord(folder: string, name: string): void {
  try {
    rmSync(join(folder, `${name}.json`), { force: true })
  } catch {
    // See above.
  }
}
