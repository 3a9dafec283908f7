/** The tables of the buffer's file, and what a new one begins with. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Access, type DatabaseHandle, limitCache, openDatabase } from '../../sqlite/database.ts'
import type { Schema } from '../../sqlite/migrate.ts'
import type { StoreFile } from '../../sqlite/store-fault.ts'
import { genesisHash, hashBytes } from '../chain.ts'
import { defineProof } from './proof.ts'

/**
 * In the order in which they came; none is ever changed, because files of every age are brought up to date with them. The next one also
 * has to give its commit a number (commit-number.ts): a write-ahead log without any number is taken for that of another file.
 */
const MIGRATIONS = [
  '001-init.sql',
  '002-consumers-and-owners.sql',
  '003-states-of-version-2.sql',
  '004-proofs-and-losses.sql',
  '005-recipients.sql',
  '006-event-without-kind.sql',
] as const

/** Four times what other files keep, since all that waits for central goes through it. A long backlog drains no faster with 16 MB. */
const CACHE_KIB = 2_000

const bufferSchema = (): Schema => ({
  steps: MIGRATIONS.map(migrationText),
  defineFunctions: defineProof,
  begin: beginLog,
})

/** The buffer's file, as errors name it. */
export function bufferFile(file: string): StoreFile {
  return { name: 'buffer', file }
}

/**
 * Opens the buffer's file, made or brought up to date where needed.
 * @throws StoreError when it cannot be used
 */
export function openBufferFile(
  file: string,
  { access, onUpdated = () => undefined }: { readonly access?: Access } & Pick<Schema, 'onUpdated'> = {},
): DatabaseHandle {
  const db = openDatabase(bufferFile(file), { ...bufferSchema(), onUpdated }, access)
  limitCache(db, CACHE_KIB)
  return db
}

function migrationText(name: string): string {
  return readFileSync(new URL(`./migrations/${name}`, import.meta.url), 'utf8')
}

/** The first incarnation: no event yet, and the hash that the first one is chained to. */
function beginLog(db: DatabaseHandle): void {
  const incarnation = randomUUID()
  db.prepare(
    `INSERT INTO meta (id, incarnation, epoch, pruned_seq, pruned_hash, hash)
     VALUES (1, @incarnation, 1, 0, @genesis, proof(@incarnation, 1, 0, @genesis))`,
  ).run({ incarnation, genesis: hashBytes(genesisHash(incarnation)) })
}
