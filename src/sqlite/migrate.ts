/** Brings the buffer's schema up to date: all steps in one transaction, so that it is the old or the new one, never half. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type Database from 'better-sqlite3'
import { genesisHash, hashBytes } from '../buffer/chain.ts'
import { StoreError } from '../domain/errors.ts'

/** The schema's version is how many of these have run. */
const MIGRATIONS = ['001-init.sql'] as const

/** @throws StoreError when the file belongs to a newer version of this program, or to another program */
export function migrate(db: Database.Database, file: string): void {
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length) throw newerSchema(file, version)
    if (version === MIGRATIONS.length) return
    if (version === 0 && hasTables(db)) throw foreignFile(file)
    for (const name of MIGRATIONS.slice(version)) db.exec(migrationText(name))
    db.pragma(`user_version = ${MIGRATIONS.length}`)
    if (version === 0) beginLog(db)
  }).immediate()
}

function beginLog(db: Database.Database): void {
  const incarnation = randomUUID()
  db.prepare('INSERT INTO meta (id, incarnation, epoch, pruned_seq, pruned_hash) VALUES (1, ?, 1, 0, ?)').run(
    incarnation,
    hashBytes(genesisHash(incarnation)),
  )
}

function migrationText(name: string): string {
  return readFileSync(new URL(`../buffer/file/migrations/${name}`, import.meta.url), 'utf8')
}

function hasTables(db: Database.Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined
}

function newerSchema(file: string, version: number): StoreError {
  return new StoreError(
    'schema-newer',
    `buffer ${file} has schema ${version}, this version knows up to ${MIGRATIONS.length}`,
    { retryable: false, hint: 'install the newer version again; the file was not touched' },
  )
}

function foreignFile(file: string): StoreError {
  return new StoreError('not-a-buffer', `${file} is a SQLite file of another program`, {
    retryable: false,
    hint: 'name another file for the buffer',
  })
}
