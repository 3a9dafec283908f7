/** That a log was begun because the one before was damaged: nobody shall take it for that of another disk. */
import type { ReplacedDamage } from '../../domain/outbox.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'

/** Null where the log replaces none, or was adopted since. */
export function replacedDamage(db: DatabaseHandle): ReplacedDamage | null {
  return db.prepare<[], ReplacedDamage>('SELECT damage, at_ms AS atMs FROM replaced').get() ?? null
}

/** Notes it in a new log, on a connection that knows `proof`. */
export function noteReplaced(db: DatabaseHandle, { damage, atMs }: ReplacedDamage): void {
  db.prepare(
    'INSERT OR REPLACE INTO replaced (id, damage, at_ms, hash) VALUES (1, @damage, @atMs, proof(@damage, @atMs))',
  ).run({ damage, atMs })
}
