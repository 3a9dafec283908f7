/** Takes the cursors of a damaged buffer over into the new one, where the same events have other numbers. */
import type { DatabaseHandle } from '../../sqlite/database.ts'
import { attempt } from './attempt.ts'
import { SAVE_CURSOR } from './cursors.ts'
import { defineProof } from './proof.ts'

/** One consumer on its way from the damaged file into the new one. */
interface CarriedCursor {
  readonly name: string
  /** Its cursor in the damaged file. */
  readonly acked: number
  readonly missed: number
  /** Events that an adoption left out for it, by their numbers in the damaged file. */
  readonly leftOut: ReadonlySet<number>
  /** How many of the events that it has acknowledged come along: its cursor in the new file. */
  newAcked: number
  readonly newLeftOut: number[]
}

type CursorRow = readonly [name: string, acked: number, missed: number]

/** The cursors of all consumers of a damaged file, moved along while its events are copied. */
export class CarriedCursors {
  readonly #cursors: readonly CarriedCursor[]

  constructor(damaged: DatabaseHandle) {
    defineProof(damaged)
    this.#cursors = cursorRows(damaged).map(([name, acked, missed]) => ({
      name,
      acked,
      missed,
      leftOut: leftOutFor(damaged, name),
      newAcked: 0,
      newLeftOut: [],
    }))
  }

  /** Up to where all of these have acknowledged; 0 where there are none, or a cursor cannot be read. */
  acknowledgedByAll(consumers: readonly string[]): number {
    const acked = new Map(this.#cursors.map((cursor) => [cursor.name, cursor.acked]))
    return consumers.length === 0 ? 0 : Math.min(...consumers.map((name) => acked.get(name) ?? 0))
  }

  /** Notes that an event was copied, and its number in the new file. */
  take(oldSeq: number, newSeq: number): void {
    for (const cursor of this.#cursors) {
      if (oldSeq <= cursor.acked) cursor.newAcked = newSeq
      else if (cursor.leftOut.has(oldSeq)) cursor.newLeftOut.push(newSeq)
    }
  }

  /**
   * @param firstSeq the first event that was looked for: whoever has not acknowledged those before it misses them
   * @param lastSeq the last event of the new file
   */
  save(into: DatabaseHandle, firstSeq: number, lastSeq: number): void {
    const save = into.prepare(SAVE_CURSOR)
    const mark = into.prepare(
      'INSERT INTO left_out (consumer, seq, hash) VALUES (@name, @seq, proof(@name, @seq))',
    )
    into
      .transaction(() => {
        for (const { name, acked, missed, newAcked, newLeftOut } of this.#cursors) {
          save.run({
            name,
            acked: Math.min(newAcked, lastSeq),
            missed: missed + Math.max(firstSeq - 1 - acked, 0),
          })
          for (const seq of newLeftOut) if (seq <= lastSeq) mark.run({ name, seq })
        }
      })
      .immediate()
  }
}

/**
 * A row that its hash does not prove is none, whatever name it bears: without a cursor a consumer stands before everything, and better
 * an event is looked at twice than lost. Files of earlier schemas have no hashes, those of the first count nothing as missed.
 */
function cursorRows(db: DatabaseHandle): readonly CursorRow[] {
  const select = (missed: string, condition: string) =>
    attempt(() =>
      db
        .prepare<[], CursorRow>(`SELECT name, acked_seq, ${missed} FROM consumer WHERE ${condition}`)
        .raw()
        .all(),
    )
  if (hasProofs(db)) return select('missed', 'hash IS proof(name, acked_seq, missed)') ?? []
  const isReadable = "typeof(name) = 'text' AND typeof(acked_seq) = 'integer'"
  return select('missed', isReadable) ?? select('0', isReadable) ?? []
}

/** A mark that its hash does not prove leaves nothing out. */
function leftOutFor(db: DatabaseHandle, consumer: string): ReadonlySet<number> {
  const isProven = hasProofs(db) ? 'hash IS proof(consumer, seq)' : 'true'
  const read = () =>
    db
      .prepare<[string], number>(`SELECT seq FROM left_out WHERE consumer = ? AND ${isProven}`)
      .pluck()
      .all(consumer)
  return new Set(attempt(read) ?? [])
}

function hasProofs(db: DatabaseHandle): boolean {
  return attempt(() => db.prepare('SELECT hash FROM consumer')) !== undefined
}
