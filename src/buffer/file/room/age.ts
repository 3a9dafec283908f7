/**
 * How old events are, by how long the gateway has run since they were stored. A wall clock proves nothing: one that is a month
 * ahead for a few seconds would make everything old. Time in which the gateway was off does not count, so events are rather kept
 * too long.
 *
 * For that the file has marks: after so much running, the log had come so far. What is before a mark is older than the mark.
 */
import type { DatabaseHandle } from '../../../sqlite/database.ts'
import { commit } from '../commit-number.ts'

/** A retention is divided into so many marks; 7 days into one for each 10 minutes. */
const MARKS = 1_000

/** Whether it is time for a mark, so long after the last one. */
export function isMarkDue(sinceMs: number, retentionMs: number): boolean {
  return sinceMs * MARKS >= retentionMs
}

/** The marks of one file. */
export class Age {
  readonly #db: DatabaseHandle
  readonly #insert
  readonly #forgetBetween
  readonly #forgetRemoved
  readonly #selectBefore

  constructor(db: DatabaseHandle) {
    this.#db = db
    this.#insert = db.prepare(
      'INSERT OR REPLACE INTO age_mark (running_ms, seq, hash) VALUES (@running, @seq, proof(@running, @seq))',
    )
    this.#forgetBetween = db.prepare(
      `DELETE FROM age_mark WHERE seq = @seq
       AND running_ms > (SELECT min(running_ms) FROM age_mark WHERE seq = @seq)`,
    )
    this.#forgetRemoved = db.prepare('DELETE FROM age_mark WHERE seq < ?')
    this.#selectBefore = db
      .prepare<[number], number>('SELECT max(seq) FROM age_mark WHERE running_ms < ?')
      .pluck()
  }

  /** How long gateways had run on this log when the last mark was made, in ms. */
  get markedMs(): number {
    return (
      this.#db.prepare<[], number>('SELECT coalesce(max(running_ms), 0) FROM age_mark').pluck().get() ?? 0
    )
  }

  /**
   * Notes how far the log has come. Of a time in which nothing came, the first and the last mark are kept, so that their number
   * is bounded; those from before the oldest kept event are of no use any more.
   */
  mark(runningMs: number, tailSeq: number, prunedSeq: number): void {
    commit(this.#db, () => {
      this.#forgetBetween.run({ seq: tailSeq })
      this.#insert.run({ running: Math.round(runningMs), seq: tailSeq })
      this.#forgetRemoved.run(prunedSeq)
    })
  }

  /** The last event that is known to be older than a time of running; 0 where none is. */
  lastOlderThan(ageMs: number, runningMs: number): number {
    return this.#selectBefore.get(runningMs - ageMs) ?? 0
  }
}
