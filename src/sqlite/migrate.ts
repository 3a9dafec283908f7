/** Brings a schema up to date: all steps in one transaction, so that it is the old or the new one, never half. */
import type Database from 'better-sqlite3'
import { NOT_OURS, StoreError } from '../domain/errors.ts'
import { Damage, type StoreFile } from './store-fault.ts'

/** What the tables of a file are, and how they came to be. */
export interface Schema {
  /** Texts in SQL, oldest first. A file's version (`user_version`) is how many of them have run; none is ever changed. */
  readonly steps: readonly string[]
  /** Makes functions of ours known to the connection, for the texts that call them. */
  readonly defineFunctions?: (db: Database.Database) => void
  /** Stores what a new file begins with, in the transaction that makes its tables. */
  readonly begin?: (db: Database.Database) => void
  /** Called after a file of an earlier version was brought up to date, for whoever wants to say so. */
  readonly onUpdated?: (from: number, to: number) => void
}

/**
 * Finds out whose file it is, without changing anything.
 * @returns how many steps of the schema have run on it; 0 for a new file
 * @throws StoreError when the file belongs to a newer version of this program, or to another program
 * @throws Damage when the file contradicts itself
 */
export function requireOurs(db: Database.Database, store: StoreFile, { steps }: Schema): number {
  const version = db.pragma('user_version', { simple: true }) as number
  const noted = notedVersion(db)
  if (noted !== undefined && noted !== version)
    throw new Damage(`its header names schema ${version}, and its tables are of schema ${noted}`)
  if (version > steps.length) throw newerSchema(store, version, steps.length)
  if (version === 0 && hasTables(db)) throw foreignFile(store)
  return version
}

/**
 * Runs the steps that a file has not had yet.
 * @throws StoreError as {@link requireOurs}
 */
export function migrate(db: Database.Database, store: StoreFile, schema: Schema): void {
  const { steps, begin, onUpdated } = schema
  const update = db.transaction(() => {
    const version = requireOurs(db, store, schema)
    if (version === steps.length) return version
    for (const step of steps.slice(version)) db.exec(step)
    db.pragma(`user_version = ${steps.length}`)
    noteVersion(db, steps.length)
    if (version === 0) begin?.(db)
    return version
  })
  const before = update.immediate()
  if (before > 0 && before < steps.length) onUpdated?.(before, steps.length)
}

/**
 * The version a second time, because a changed byte in the header would make the file one of a newer version, or of another
 * program, and nobody would ever set it aside.
 */
function noteVersion(db: Database.Database, version: number): void {
  db.exec('CREATE TABLE IF NOT EXISTS schema_step (version INTEGER PRIMARY KEY) STRICT')
  db.prepare('INSERT OR REPLACE INTO schema_step (version) VALUES (?)').run(version)
}

/** Undefined in a file that was last opened by a version of this program that did not note it. */
function notedVersion(db: Database.Database): number | undefined {
  const isNoted = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_step'").get() !== undefined
  if (!isNoted) return undefined
  return db.prepare<[], number>('SELECT coalesce(max(version), 0) FROM schema_step').pluck().get()
}

function hasTables(db: Database.Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
}

function newerSchema({ name, file }: StoreFile, version: number, known: number): StoreError {
  return new StoreError(
    `${name}-${NOT_OURS.newer}`,
    `${name} ${file} has schema ${version}, this version knows up to ${known}`,
    { retryable: false, hint: 'install the newer version again; the file was not touched' },
  )
}

function foreignFile({ name, file }: StoreFile): StoreError {
  return new StoreError(`${name}-${NOT_OURS.foreign}`, `${file} is a SQLite file of another program`, {
    retryable: false,
    hint: `move it away: the gateway makes its own ${name} in its place`,
  })
}
