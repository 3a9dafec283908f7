/**
 * Begins a new incarnation of the log, for `buffer adopt`: whatever a consumer that must deliver still needs is numbered and
 * chained from 1 again, and the rest is removed.
 */
import { randomUUID } from 'node:crypto'
import type { Recipient } from '../../domain/recipient.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { type ChainPosition, chainHash, genesisHash, hashBytes } from '../chain.ts'
import type { LeaveOut } from '../messages.ts'
import { commit, renameNumbers } from './commit-number.ts'
import type { EventLog } from './event-log.ts'
import { Recipients } from './recipients.ts'

interface IncarnationStart {
  readonly epoch: number
  /** Names of the consumers that must deliver. */
  readonly delivering: readonly string[]
  readonly leaveOut: LeaveOut | undefined
  /** Whom consumers deliver to from now on, by their names. */
  readonly recipients: Readonly<Record<string, Recipient>>
}

/**
 * All in one transaction: either the old incarnation goes on, or the new one has begun. Each cursor stays
 * where it was among the events that are kept; with one consumer that is 0. The caller must make a new EventLog on the
 * connection.
 */
export function beginIncarnation(db: DatabaseHandle, log: EventLog, start: IncarnationStart): void {
  const incarnation = randomUUID()
  const genesis = genesisHash(incarnation)
  commit(db, () => {
    if (start.leaveOut) markLeftOut(db, start.leaveOut)
    removeUnneeded(db, start.delivering)
    db.prepare(
      'UPDATE consumer SET acked_seq = (SELECT count(*) FROM event WHERE seq <= consumer.acked_seq)',
    ).run()
    db.prepare('UPDATE consumer SET hash = proof(name, acked_seq, missed)').run()
    db.prepare('UPDATE age_mark SET seq = (SELECT count(*) FROM event WHERE seq <= age_mark.seq)').run()
    db.prepare('UPDATE age_mark SET hash = proof(running_ms, seq)').run()
    const end = chainAgain(db, log, { seq: 0, hash: genesis })
    db.prepare("UPDATE sqlite_sequence SET seq = ? WHERE name = 'event'").run(end.seq)
    db.prepare(
      `UPDATE meta SET incarnation = @incarnation, epoch = @epoch, pruned_seq = 0, pruned_hash = @genesis,
         hash = proof(@incarnation, @epoch, 0, @genesis)`,
    ).run({ incarnation, epoch: start.epoch, genesis: hashBytes(genesis) })
    db.prepare('DELETE FROM replaced').run()
    const recipients = new Recipients(db)
    for (const [consumer, recipient] of Object.entries(start.recipients)) recipients.set(consumer, recipient)
    renameNumbers(db, incarnation)
  })
}

/** Marks events as left out for a consumer; to be called within a transaction. */
export function markLeftOut(db: DatabaseHandle, { consumer, seqs }: LeaveOut): void {
  const mark = db.prepare(
    'INSERT OR IGNORE INTO left_out (consumer, seq, hash) VALUES (@consumer, @seq, proof(@consumer, @seq))',
  )
  for (const seq of seqs) mark.run({ consumer, seq })
}

/**
 * Removes what every consumer that must deliver has acknowledged or leaves out. Of that, the other consumers have missed what
 * they had not read: what was unread before, less what is unread after, and what retention had taken before.
 */
function removeUnneeded(db: DatabaseHandle, delivering: readonly string[]): void {
  const names = JSON.stringify(delivering)
  const unread = '(SELECT count(*) FROM event WHERE seq > consumer.acked_seq)'
  const removedBefore = 'max((SELECT pruned_seq FROM meta) - acked_seq, 0)'
  const others = 'name NOT IN (SELECT value FROM json_each(?))'
  db.prepare(`UPDATE consumer SET missed = missed + ${unread} + ${removedBefore} WHERE ${others}`).run(names)
  db.prepare(
    `DELETE FROM event WHERE NOT EXISTS (
       SELECT 1 FROM consumer
       WHERE name IN (SELECT value FROM json_each(?)) AND acked_seq < event.seq AND NOT EXISTS (
         SELECT 1 FROM left_out WHERE left_out.consumer = consumer.name AND left_out.seq = event.seq))`,
  ).run(names)
  db.prepare(`UPDATE consumer SET missed = missed - ${unread} WHERE ${others}`).run(names)
  db.prepare('DELETE FROM left_out WHERE seq NOT IN (SELECT seq FROM event)').run()
}

/** In order, each event moves to a number that is free: those below it were removed, or have moved already. */
function chainAgain(db: DatabaseHandle, log: EventLog, genesis: ChainPosition): ChainPosition {
  const move = db.prepare('UPDATE event SET seq = ?, hash = ? WHERE seq = ?')
  const moveMarks = db.prepare(
    'UPDATE left_out SET seq = @seq, hash = proof(consumer, @seq) WHERE seq = @before',
  )
  let end = genesis
  let oldSeq = 0
  for (;;) {
    const page = log.page(oldSeq)
    for (const row of page) {
      const seq = end.seq + 1
      end = { seq, hash: chainHash(end.hash, { ...row, seq }) }
      move.run(seq, hashBytes(end.hash), row.seq)
      moveMarks.run({ seq, before: row.seq })
    }
    const last = page.at(-1)
    if (!last) return end
    oldSeq = last.seq
  }
}
