/** How other commands find the running daemon: a small file in its data directory, written when the console listens. */
import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Presence {
  readonly host: string
  readonly port: number
  /** Whether it speaks TLS there. */
  readonly isSecure?: boolean
}

const FILE = 'running.json'
/** Only the gateway's own user may read it. */
const PRIVATE = 0o600

/** The word that a running daemon leaves in its data folder. */
interface Announcement {
  /** Says where the daemon listens. @throws Error of the file system */
  announce(presence: Presence): Promise<void>
  /** Takes the word back, after whatever is still being written, and for good. */
  withdraw(): Promise<void>
}

/** Nothing is done at once on this thread: a stop must go on while the disk does not answer. */
export function announcementIn(dataFolder: string): Announcement {
  let isOver = false
  let before: Promise<unknown> = Promise.resolve()
  return {
    announce: (presence) => {
      if (isOver) return Promise.resolve()
      const writing = write(dataFolder, presence)
      before = writing.catch(() => undefined)
      return writing
    },
    withdraw: async () => {
      isOver = true
      await before
      await withdraw(dataFolder)
    },
  }
}

/** Not made durable: after a power cut it would be wrong. */
async function write(dataFolder: string, presence: Presence): Promise<void> {
  const beside = join(dataFolder, `.${FILE}.new`)
  await writeFile(beside, `${JSON.stringify(presence)}\n`, { mode: PRIVATE })
  await rename(beside, join(dataFolder, FILE))
}

/** Removes the word of a daemon that has ended without taking it back. */
export async function withdraw(dataFolder: string): Promise<void> {
  await rm(join(dataFolder, FILE), { force: true })
}

/**
 * Where the daemon said it is; it may have died since, so only an answer proves it. `hidden` where this user may not look: the
 * folder is its owner's alone.
 */
export function findPresence(dataFolder: string): Presence | 'hidden' | undefined {
  try {
    return (JSON.parse(readFileSync(join(dataFolder, FILE), 'utf8')) ?? undefined) as Presence | undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : undefined
  }
}
