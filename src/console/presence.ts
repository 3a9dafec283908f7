/** How other commands find the running daemon: a small file in its data directory, written when the console listens. */
import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../runtime/files.ts'

export interface Presence {
  readonly host: string
  readonly port: number
}

const FILE = 'running.json'
/** Anybody whom the folder lets in may ask whether the gateway runs. */
const READABLE = 0o644

/**
 * Says where the daemon listens.
 * @throws Error of the file system
 */
export function announce(dataFolder: string, presence: Presence): void {
  replaceFile(join(dataFolder, FILE), `${JSON.stringify(presence)}\n`, READABLE)
}

/** Not at once on this thread: a stop must go on while the disk does not answer. */
export async function withdraw(dataFolder: string): Promise<void> {
  await rm(join(dataFolder, FILE), { force: true })
}

/**
 * Where the daemon said it is; it may have died since, so only an answer proves it. `hidden` where this user may not look: the
 * folder is its owner's alone.
 */
export function findPresence(dataFolder: string): Presence | 'hidden' | undefined {
  try {
    return JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')) as Presence
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : undefined
  }
}
