/** Begins a new life of the log, for `buffer adopt`: what central has not acknowledged is numbered and chained anew from 1. */
import { randomUUID } from 'node:crypto'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { type ChainPlace, chainHash, genesisHash, hashBytes } from '../chain.ts'
import type { EventLog } from './event-log.ts'

/**
 * All in one transaction: either the old life goes on, or the new one has begun. Cursors stand at 0 after it, and events
 * that central has acknowledged are gone. The caller must make a new EventLog from the connection.
 */
export function beginIncarnation(
  db: DatabaseHandle,
  log: EventLog,
  start: {
    readonly epoch: number
    readonly acknowledged: number
    /** Numbers of events that do not come along. */
    readonly leaveOut: readonly number[]
  },
): void {
  const incarnation = randomUUID()
  const genesis = genesisHash(incarnation)
  db.transaction(() => {
    db.prepare('DELETE FROM event WHERE seq <= ?').run(start.acknowledged)
    const remove = db.prepare('DELETE FROM event WHERE seq = ?')
    for (const seq of start.leaveOut) remove.run(seq)
    const end = chainAnew(db, log, { seq: 0, hash: genesis })
    db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'event'").run(end.seq)
    db.prepare('UPDATE consumer SET acked_seq = 0').run()
    db.prepare('UPDATE meta SET incarnation = ?, epoch = ?, pruned_seq = 0, pruned_hash = ?').run(
      incarnation,
      start.epoch,
      hashBytes(genesis),
    )
  }).immediate()
}

/** In order, each event moves to a number that is free: those below it were acknowledged, or have moved already. */
function chainAnew(db: DatabaseHandle, log: EventLog, genesis: ChainPlace): ChainPlace {
  const move = db.prepare('UPDATE event SET seq = ?, hash = ? WHERE seq = ?')
  let end = genesis
  let oldSeq = 0
  for (;;) {
    const page = log.page(oldSeq, Number.MAX_SAFE_INTEGER)
    for (const row of page) {
      const seq = end.seq + 1
      end = { seq, hash: chainHash(end.hash, { ...row, seq }) }
      move.run(seq, hashBytes(end.hash), row.seq)
    }
    const last = page.at(-1)
    if (!last) return end
    oldSeq = last.seq
  }
}
