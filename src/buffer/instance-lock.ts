/**
 * Keeps a second instance off a data folder. The kernel holds the lock, so it is gone with the process however that ends;
 * nothing stale is ever left behind, and the lock's file is empty.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { GatewayError } from '../domain/errors.ts'
import { clearPlace, giveToNeighbours } from '../runtime/files.ts'
import { storeFault } from '../sqlite/store-fault.ts'

/** Another process uses the folder. */
export class InstanceLocked extends GatewayError {
  override readonly name = 'InstanceLocked'
  readonly retryable = false
  constructor(folder: string, processId: number | null = null) {
    const lock = join(folder, LOCK_FILE)
    const which = processId === null ? `fuser ${lock} names it` : `process ${processId}`
    super('instance-locked', `another gateway process is using ${folder}`, {
      hint: `stop the other one first (${which}), or give this one its own data folder`,
    })
  }
}

/** The hold on a data folder; it ends with the process at the latest. */
export interface InstanceLock extends Disposable {
  release(): void
}

/**
 * Who uses a data folder. `hidden`: this user may not know. Another process may be known to be there without its number being
 * visible from here, as from within another container.
 */
type FolderUser = 'nobody' | 'hidden' | { readonly processId: number | null }

const LOCK_FILE = 'lock'
/** Only the gateway's own user may touch it: whoever may read it could keep the gateway out. */
const PRIVATE = 0o600
/** Whoever only asks holds the lock for an instant; that must not look like another gateway. */
const ASKING_MS = 500
/** Where SQLite locks for writing, counted from the beginning of the file (`RESERVED_BYTE` in its source). */
const RESERVED_BYTE = 0x4000_0001

/**
 * Takes the folder, which is made where missing. It writes nothing, so it works on a full disk.
 * @throws InstanceLocked when another process has it
 * @throws StoreError when the folder cannot be used
 */
export function lockInstance(folder: string): InstanceLock {
  const file = join(folder, LOCK_FILE)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    makePrivate(file)
    return holdAlsoDamaged(file)
  } catch (error) {
    if (isBusy(error)) throw new InstanceLocked(folder, processHolding(file))
    throw storeFault({ name: 'lock', file }, error)
  }
}

/** Looks who uses a folder, and changes nothing. Never throws. */
export function folderUser(folder: string): FolderUser {
  const file = join(folder, LOCK_FILE)
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) return 'nobody'
    hold(file).release()
    return 'nobody'
  } catch (error) {
    return isBusy(error) ? { processId: processHolding(file) } : 'hidden'
  }
}

/** Never opened and closed where it exists: by the rules of POSIX that would end a lock that this process holds. */
function makePrivate(file: string): void {
  // Whoever could once write into the folder may have put it there: what it leads to would be emptied.
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error('it is a link to another file; remove the link')
  clearPlace(file)
  if (existsSync(file)) chmodSync(file, PRIVATE)
  else closeSync(openSync(file, 'ax', PRIVATE))
  // A command of root's that comes first must not shut the gateway's own user out.
  giveToNeighbours(file)
}

/** Only its locks count. What a failing disk wrote into it is taken out again. */
function holdAlsoDamaged(file: string): InstanceLock {
  try {
    return hold(file)
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_NOTADB') throw error
    truncateSync(file)
    return hold(file)
  }
}

/**
 * SQLite is used for its portable file lock alone: an open write transaction that never writes. Its journal is kept in memory,
 * since making a file would fail on a full disk. `IMMEDIATE` keeps out any other writer, also the `EXCLUSIVE` of earlier versions,
 * and is itself not kept out by somebody who only reads.
 */
function hold(file: string): InstanceLock {
  const db = new Database(file, { timeout: ASKING_MS })
  try {
    db.pragma('journal_mode = MEMORY')
    db.exec('BEGIN IMMEDIATE')
  } catch (error) {
    db.close()
    throw error
  }
  const release = () => {
    db.close()
  }
  return { release, [Symbol.dispose]: release }
}

function isBusy(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_BUSY'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** Linux lists all locks: `1: POSIX  ADVISORY  WRITE 4711 08:01:131082 1073741825 1073741825`. Null where it does not say. */
function processHolding(file: string): number | null {
  try {
    const place = new RegExp(` WRITE (\\d+) \\w+:\\w+:${statSync(file).ino} (\\d+) `, 'g')
    const held = [...readFileSync('/proc/locks', 'utf8').matchAll(place)]
    const writer = held.find(([, , firstByte]) => Number(firstByte) <= RESERVED_BYTE)
    const processId = Number(writer?.[1])
    return processId > 0 ? processId : null
  } catch {
    return null
  }
}
