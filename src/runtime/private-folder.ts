/** Keeps what the gateway writes from other users of the computer, whatever the modes were before. */
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from './log.ts'

const PRIVATE_FOLDER = 0o700
const PRIVATE_FILE = 0o600
const MODE_BITS = 0o777
/** Of everybody but the owner. */
const OTHERS = 0o077

/** What the rooms keep in the data folder, by the beginnings of the names. Whatever else lies there is somebody else's. */
const OURS =
  /^(lock|running\.json|outbox\.db|left-out-|damaged-|maps$|opcua$|routes$|releases$|console$|\..*\.new$)/

/**
 * Makes the data folder where it is missing, and takes the rights of other users from it and from what is ours in it. What they
 * can still use, because it belongs to another user, is named in the log.
 * @throws what the file system says where the folder cannot be made
 */
export function keepPrivate(folder: string, log: Pick<Log, 'warn'>): void {
  const open = makePrivateFolder(folder)
  if (open.length === 0) return
  const message = `other users can use ${open.join(', ')}, which belong to another user; give them to the gateway's`
  log.warn({ event: 'data-not-private', code: 'data-not-private', open }, message)
}

/**
 * Makes the data folder where it is missing: for a start, and for commands, which may come before the first one. Nothing else makes it:
 * where somebody has moved it away while the gateway runs, it is waited for.
 */
export function makeDataFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER })
}

/** @returns what others can still use */
export function makePrivateFolder(folder: string): readonly string[] {
  makeDataFolder(folder)
  const ours = readdirSync(folder).filter((name) => OURS.test(name))
  return [...makePrivate(folder), ...ours.flatMap((name) => makeAllPrivate(join(folder, name)))]
}

/** Also what lies in a folder. Links are not followed: they may lead anywhere. */
function makeAllPrivate(path: string): readonly string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined || stat.isSymbolicLink()) return []
  const within = stat.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : []
  return [...makePrivate(path), ...within.flatMap(makeAllPrivate)]
}

function makePrivate(path: string): readonly string[] {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined || (stat.mode & OTHERS) === 0) return []
  const mode = stat.isDirectory() ? PRIVATE_FOLDER : PRIVATE_FILE
  try {
    chmodSync(path, stat.mode & MODE_BITS & mode)
    return []
  } catch {
    return [path]
  }
}
