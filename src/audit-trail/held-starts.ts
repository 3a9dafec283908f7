/**
 * A gateway that falls again and again is started every few seconds by its service manager. Each start recorded by itself would push
 * everything else out of the trail within days: such starts are counted until one of them lasts.
 */
import type { DatabaseHandle } from '../sqlite/database.ts'

/** So many starts within so long a time are a loop. */
const LOOP_STARTS = 10
const LOOP_MS = 3_600_000

/** The starts that were not recorded one by one. */
export class HeldStarts {
  readonly #db: DatabaseHandle

  constructor(db: DatabaseHandle) {
    this.#db = db
  }

  /** Whether a start at this moment is one of many. */
  isLoop(atMs: number): boolean {
    const select = `SELECT count(*) FROM record
      WHERE subject = 'gateway' AND event = 'gateway-started' AND at_ms BETWEEN ? AND ?`
    const count =
      this.#db
        .prepare<[number, number], number>(select)
        .pluck()
        .get(atMs - LOOP_MS, atMs) ?? 0
    return count >= LOOP_STARTS
  }

  hold(atMs: number): void {
    this.#db
      .prepare(
        `INSERT INTO held_starts (only_row, times, since_ms) VALUES (1, 1, ?)
         ON CONFLICT (only_row) DO UPDATE SET times = times + 1`,
      )
      .run(atMs)
  }

  /** How many were held back and since when; they are told now. */
  take(): { readonly times: number; readonly sinceMs: number } | undefined {
    const select = 'DELETE FROM held_starts RETURNING times, since_ms AS sinceMs'
    return this.#db.prepare<[], { readonly times: number; readonly sinceMs: number }>(select).get()
  }
}
