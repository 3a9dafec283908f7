/** Opens a file in SQLite so that a commit that returned survives a power cut, or refuses to open it. */
import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { StoreError } from '../domain/errors.ts'
import { giveToNeighbours, linkOfAnother, makeFolderBelowSync } from '../runtime/files.ts'
import { migrate, requireOurs, type Schema } from './migrate.ts'
import { requireParts } from './parts.ts'
import { rememberStatements } from './statements.ts'
import type { StoreFile } from './store-fault.ts'

/** An open file, as the library hands it out. */
export type DatabaseHandle = Database.Database

/** Earlier versions can corrupt a file in WAL mode (their "WAL-reset bug", which 3.51.3 mended). */
const SQLITE_VERSION_MIN = [3, 51, 3] as const
/** How long a lock of another program (a `sqlite3` shell) is waited for inside one call; then the call fails and is tried again. */
const BUSY_TIMEOUT_MS = 250
/**
 * The write-ahead log is cut back to this after a checkpoint. It grows beyond while one large group commits, and for as long as
 * another program holds a view of the file: it cannot be used from its beginning again before that lets go.
 */
const WAL_BYTES_MAX = 16 * 1024 * 1024
/** Pages in the write-ahead log at which a commit also moves them into the file, without waiting for anybody. */
const CHECKPOINT_PAGES = 1_000
const SYNCHRONOUS_FULL = 2
/** The pages that a connection keeps in memory: a quarter of what SQLite itself would; better-sqlite3 is built with 16 MB. */
const CACHE_KIB = 512

/**
 * `shared`: other programs may read it meanwhile, for which SQLite keeps an index of some 32 KiB beside it;
 * `alone`: nobody else may, and the index is in memory. A full disk has room for no other way.
 */
export type Access = 'shared' | 'alone'

/**
 * Opens (and creates, as 0600 in a folder of 0700) the file and brings its schema up to date. The folder around all of them is never made.
 * @throws StoreError when SQLite is too old or will not promise durability, or the schema is not ours
 * @throws Damage when something else lies in its place, or only its write-ahead log is left
 */
export function openDatabase(store: StoreFile, schema: Schema, access: Access = 'shared'): DatabaseHandle {
  requireParts(store.file)
  createPrivately(store)
  const db = new Database(store.file, { timeout: BUSY_TIMEOUT_MS })
  rememberStatements(db)
  try {
    // Before anything else is asked of the file: the first question would make the index beside it.
    if (access === 'alone') db.pragma('locking_mode = EXCLUSIVE')
    requireVersion(db, store)
    // Before the durable mode is set, which writes into the file: one of another program must stay as it is.
    requireOurs(db, store, schema)
    requireDurability(db, store)
    limitAndHarden(db)
    schema.defineFunctions?.(db)
    migrate(db, store, schema)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * For every connection that stays open. Each would fill its cache within hours and never give it back, and the gateway has half a
 * dozen of them. What is not kept is read again from the operating system, which has it in memory too.
 */
export function limitCache(db: DatabaseHandle, kib = CACHE_KIB): void {
  // A negative number is of KiB, a positive one of pages.
  db.pragma(`cache_size = -${kib}`)
}

/** Moves the whole write-ahead log into the file; for start and stop only, because it waits for readers. */
export function checkpoint(db: DatabaseHandle): void {
  db.pragma('wal_checkpoint(TRUNCATE)')
}

/** Measures the pages in use, in bytes; free pages in the file are used again and do not count. */
export function usedBytesOf(db: DatabaseHandle): () => number {
  const pages = db.prepare<[], number>('PRAGMA page_count').pluck()
  const freePages = db.prepare<[], number>('PRAGMA freelist_count').pluck()
  const pageBytes = db.pragma('page_size', { simple: true }) as number
  return () => ((pages.get() ?? 0) - (freePages.get() ?? 0)) * pageBytes
}

/** How many bytes the write-ahead log takes beyond its bound. */
export function walBytesBeyondBound(file: string): number {
  const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  return Math.max(0, size - WAL_BYTES_MAX)
}

/** Also makes parts private that are there already; SQLite gives those that it makes the mode of the file. */
function createPrivately({ file, upper = dirname(file) }: StoreFile): void {
  // As root, the gateway would follow it, and make and lock away a file anywhere on the computer.
  const link = linkOfAnother(resolve(file))
  if (link !== undefined) throw new Error(`${link} is a link that another user has laid; remove it`)
  const folder = dirname(file)
  if (makeFolderBelowSync(upper, folder)) giveToNeighbours(folder)
  if (!existsSync(file)) {
    closeSync(openSync(file, 'a', 0o600))
    giveToNeighbours(file)
  }
  for (const path of [file, `${file}-wal`, `${file}-shm`]) if (existsSync(path)) chmodSync(path, 0o600)
}

function requireVersion(db: DatabaseHandle, { name }: StoreFile): void {
  const version = db.prepare('SELECT sqlite_version()').pluck().get() as string
  if (isAtLeast(version.split('.').map(Number), SQLITE_VERSION_MIN)) return
  throw new StoreError('sqlite-version', `SQLite ${version} can corrupt the ${name}`, {
    retryable: false,
    hint: `use SQLite ${SQLITE_VERSION_MIN.join('.')} or later (run npm ci)`,
  })
}

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  for (const [index, part] of least.entries()) {
    const difference = (version[index] ?? 0) - part
    if (difference !== 0) return difference > 0
  }
  return true
}

/** better-sqlite3 is built with NORMAL as the default for WAL, which loses commits at a power cut. Hence FULL is set, and read back. */
function requireDurability(db: DatabaseHandle, { name, file }: StoreFile): void {
  const mode = db.pragma('journal_mode = WAL', { simple: true })
  db.pragma('synchronous = FULL')
  const synchronous = db.pragma('synchronous', { simple: true })
  if (mode === 'wal' && synchronous === SYNCHRONOUS_FULL) return
  throw new StoreError(
    `${name}-not-durable`,
    `${name} ${file} cannot be made durable (journal_mode ${mode}, synchronous ${synchronous})`,
    { retryable: false, hint: 'put it on a local disk with a POSIX file system such as ext4' },
  )
}

function limitAndHarden(db: DatabaseHandle): void {
  limitCache(db)
  db.pragma(`journal_size_limit = ${WAL_BYTES_MAX}`)
  db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
  db.pragma('cell_size_check = ON')
  db.pragma('trusted_schema = OFF')
  db.pragma('foreign_keys = ON')
}
