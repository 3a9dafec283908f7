/**
 * The hash that stands in each row which no chain covers: states, cursors, marks, the row that names the log. SQL computes it
 * too, by the function `proof`, so that writing a row and looking for changed ones is one statement each.
 */
import { hash } from 'node:crypto'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { hashBytes, hashText } from '../chain.ts'

/** Tables with such a hash, and the columns that it covers. */
const PROVEN_TABLES = {
  meta: 'incarnation, epoch, pruned_seq, pruned_hash',
  state: 'owner, payload',
  consumer: 'name, acked_seq, missed',
  left_out: 'consumer, seq',
  age_mark: 'running_ms, seq',
  recipient: 'consumer, organization, organization_id, gateway, database, system_id, timeline, host',
  replaced: 'damage, at_ms',
} as const

/** SHA-256 over the values, a line of UTF-8 text each; bytes as hexadecimal text. */
export function proofOf(...values: readonly unknown[]): Uint8Array {
  const lines = values.map((value) => (value instanceof Uint8Array ? hashText(value) : String(value)))
  return hashBytes(hash('sha256', lines.join('\n'), 'hex'))
}

/** Makes `proof(…)` known to a connection. */
export function defineProof(db: DatabaseHandle): void {
  db.function('proof', { deterministic: true, varargs: true }, (...values: unknown[]) => proofOf(...values))
}

/** @throws Damage when a row is not what was stored */
export function verifyProofs(db: DatabaseHandle): void {
  for (const [table, columns] of Object.entries(PROVEN_TABLES)) {
    const changed = db.prepare(`SELECT 1 FROM ${table} WHERE hash IS NOT proof(${columns}) LIMIT 1`).get()
    if (changed) throw new Damage(`a row of the table ${table} is not what was stored`)
  }
}
