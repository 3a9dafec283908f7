/** What was lost with the damaged logs that this one replaced; kept until central has been told of it. */
import type { Loss } from '../../domain/outbox.ts'
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { commit } from './commit-number.ts'

/** The losses that the file knows of. */
export class Losses {
  readonly #db: DatabaseHandle

  constructor(db: DatabaseHandle) {
    this.#db = db
  }

  /** Those that central has not been told of, in the order in which they were noted. */
  untold(): readonly Loss[] {
    return this.#db
      .prepare<[], Loss>(
        `SELECT id, incarnation, first_seq AS firstSeq, last_seq AS lastSeq, damage, at_ms AS atMs
         FROM loss WHERE told = 0 ORDER BY id`,
      )
      .all()
  }

  /** All of these at once. */
  markTold(ids: readonly number[]): void {
    commit(this.#db, () => {
      this.#db
        .prepare('UPDATE loss SET told = 1 WHERE id IN (SELECT value FROM json_each(?))')
        .run(JSON.stringify(ids))
    })
  }

  /** Notes a stretch of events that could not be taken over. */
  add({ incarnation, firstSeq, lastSeq, damage, atMs }: Omit<Loss, 'id'>): void {
    this.#db
      .prepare('INSERT INTO loss (incarnation, first_seq, last_seq, damage, at_ms) VALUES (?, ?, ?, ?, ?)')
      .run(incarnation, firstSeq, lastSeq, damage, atMs)
  }
}
