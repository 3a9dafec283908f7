/** Reads a recording beside the gateway that writes it. */
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { StoreError } from '../domain/errors.ts'
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { reading, storeFault } from '../sqlite/store-fault.ts'
import { inflated, RECORDING, unpacked } from './file/schema.ts'
import { type TapeEntry, TapeReader } from './read-tape.ts'
import { SEGMENT_VERSION, type SegmentHead, type Snapshot } from './segment.ts'

const BUSY_TIMEOUT_MS = 2_000

/** One segment as it is read. */
export interface RecordedSegment extends SegmentHead {
  /** Where it was written by this version or one whose maps and memories are the same; else only what devices showed is of use. */
  readonly isPlayable: boolean
  /** In order. What cannot be read ends them. */
  entries(): Generator<TapeEntry>
}

interface SegmentRow {
  readonly id: number
  readonly version: number
  readonly machine: string
  readonly boot: string
  readonly began_wall_ms: number
  readonly began_mono_ms: number
  readonly snapshot: Buffer
  readonly body: Buffer
}

/** How long a machine has been recorded. */
interface MachineReach {
  readonly machine: string
  /** When the oldest segment began, ms since 1970. */
  readonly fromMs: number
}

/** The recording, open for reading. Its calls throw a StoreError where it cannot be read. */
export interface Recording extends Disposable {
  machines(): readonly MachineReach[]
  /** The segments of a machine in which anything of a span may stand, oldest first, and the one before them. */
  segments(machine: string, fromMs: number, toMs: number): readonly RecordedSegment[]
}

/** @throws StoreError where there is none, or it cannot be read */
export function openRecording(file: string): Recording {
  if (!existsSync(file))
    throw new StoreError('recording-missing', `nothing has been recorded here: there is no ${file}`, {
      retryable: false,
      hint: 'a gateway that runs with recording switched on (its default) makes it within seconds',
    })
  try {
    return new FileRecording(
      file,
      new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS }),
    )
  } catch (error) {
    throw storeFault({ name: RECORDING, file }, error)
  }
}

class FileRecording implements Recording {
  readonly #file: string
  readonly #db: Database.Database

  constructor(file: string, db: Database.Database) {
    this.#file = file
    this.#db = db
  }

  machines(): readonly MachineReach[] {
    return this.#read(() =>
      this.#db
        .prepare<[], MachineReach>(
          // From machine to machine by the index: a page asks on the thread that polls, and a week of segments is tens of MB.
          `WITH RECURSIVE known (machine) AS (
             SELECT min(machine) FROM segment
             UNION ALL
             SELECT (SELECT min(machine) FROM segment WHERE machine > known.machine)
             FROM known WHERE machine IS NOT NULL
           )
           SELECT machine, (SELECT began_wall_ms FROM segment s WHERE s.machine = known.machine ORDER BY id LIMIT 1) AS fromMs
           FROM known WHERE machine IS NOT NULL`,
        )
        .all(),
    )
  }

  segments(machine: string, fromMs: number, toMs: number): readonly RecordedSegment[] {
    return this.#read(() => this.#segments(machine, fromMs, toMs))
  }

  #read<T>(question: () => T): T {
    try {
      return reading(question)
    } catch (error) {
      throw storeFault({ name: RECORDING, file: this.#file }, error)
    }
  }

  #segments(machine: string, fromMs: number, toMs: number): readonly RecordedSegment[] {
    const rows = this.#db
      .prepare<[string], SegmentRow>(
        `SELECT s.id, s.version, s.machine, s.boot, s.began_wall_ms, s.began_mono_ms, s.snapshot, m.body
         FROM segment s JOIN map m ON m.hash = s.map WHERE s.machine = ? ORDER BY s.id`,
      )
      .all(machine)
    const first = rows.findLastIndex((row) => row.began_wall_ms <= fromMs)
    return rows
      .slice(Math.max(0, first - 1))
      .filter((row) => row.began_wall_ms < toMs)
      .map((row) => this.#segment(row))
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #segment(row: SegmentRow): RecordedSegment {
    const map = unpacked(row.body) as MachineMap
    const began: Instant = { boot: row.boot, wallMs: row.began_wall_ms, monoMs: row.began_mono_ms }
    const { version, machine } = row
    const snapshot = unpacked(row.snapshot) as Snapshot
    const isPlayable = version === SEGMENT_VERSION
    const chunks = () => this.#read(() => this.#chunks(row))
    return {
      ...{ version, machine, began, map, snapshot, isPlayable },
      *entries() {
        const reader = new TapeReader(map, began)
        try {
          for (const body of chunks()) yield* reader.read(inflated(body))
        } catch (error) {
          // That the machine's next segment does not follow on it is noticed by whoever reads: nothing says how this one ended.
          if (error instanceof StoreError) throw error
        }
      },
    }
  }

  /**
   * Piece behind piece as far as none is missing; none where the segment was removed since it was asked for. SQLite may have given its
   * number to another one by then.
   */
  #chunks({ id, machine, boot, began_mono_ms }: SegmentRow): readonly Buffer[] {
    const rows = this.#db
      .prepare<[number, string, string, number], { readonly nth: number; readonly body: Buffer }>(
        `SELECT nth, body FROM chunk WHERE segment =
           (SELECT id FROM segment WHERE id = ? AND machine = ? AND boot = ? AND began_mono_ms = ?)
         ORDER BY nth`,
      )
      .all(id, machine, boot, began_mono_ms)
    const missing = rows.findIndex(({ nth }, index) => nth !== index)
    return rows.slice(0, missing < 0 ? rows.length : missing).map(({ body }) => body)
  }
}
