/**
 * Random lives of a recording, held against a plain list of what was written: machines whose hours end, whose maps are replaced and
 * taken away, statements that fail in the middle of a batch, kills, restarts, and somebody who reads meanwhile.
 */
import { randomInt } from 'node:crypto'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { pick, type Random, seededRandom } from '../../../simulators/random.ts'
import { openStore } from '../../../src/recording/file/store.ts'
import type { BegunSegment, TapeChunk } from '../../../src/recording/messages.ts'
import { openRecording, type RecordedSegment } from '../../../src/recording/read-recording.ts'
import { OBJECT } from '../../../src/recording/tape-codes.ts'
import { testFolder } from '../../support/buffer.ts'
import { press } from '../../support/press.ts'
import { bytesOf } from '../../support/tape.ts'

const BATCHES = 800
const COMPARED_EVERY = 40
const MACHINES = ['PRESS-07', 'PRESS-08', 'OVEN-01']
const START = { kind: 'start', state: undefined, lastSeen: undefined, aliveAt: undefined } as const
const BATCH_MS = 10_000
const BOUNDS = { retentionMs: 40 * BATCH_MS, maxBytes: 10_000_000 }
const ALWAYS = [-Number.MAX_VALUE, Number.MAX_VALUE] as const
/** The store joins so many pieces, or fewer that come to so many bytes. */
const JOINED = 64
const JOINED_BYTES = 1_000_000
const LONG = 'x'.repeat(600_000)

interface Written {
  readonly id: number
  readonly machine: string
  readonly beganMs: number
  readonly numbers: number[]
  pieces: number
  bytes: number
  isOver: boolean
  /** Its end was written, so that nothing of it is loose. */
  isJoined: boolean
  /** When something was written last. */
  isTooOld: boolean
  /** When something was written ever: the clock may have gone back since. */
  wasTooOld: boolean
}

/** What is said of a batch before it is written, and taken into the list once it was. */
interface Said {
  readonly begun: Written[]
  readonly chunks: { readonly segment: Written; readonly numbers: readonly number[]; bytes: Uint8Array }[]
}

class Life {
  readonly #random: Random
  readonly #folder = testFolder()
  #file = join(this.#folder, 'recording.db')
  #store = openStore({ file: this.#file, ...BOUNDS })
  readonly #written: Written[] = []
  readonly #going = new Map<string, Written>()
  #lastId = 0
  #lastNumber = 0
  #files = 0
  #nowMs = Date.UTC(2026, 0, 31)
  /** Asked for earlier, and read later. */
  #asked: readonly RecordedSegment[] = []
  #reader = openRecording(this.#file)

  constructor(seed: number) {
    this.#random = seededRandom(seed, 'recording')
  }

  batch(): void {
    // The clock goes on, mostly.
    this.#nowMs += this.#chance(0.01) ? -50 * BATCH_MS : BATCH_MS
    const said: Said = { begun: [], chunks: [] }
    for (const machine of MACHINES) this.#live(machine, said)
    const table = this.#chance(0.02) ? pick(['chunk', 'segment'], this.#random) : undefined
    const verb = pick(['INSERT', 'UPDATE', 'DELETE'], this.#random)
    try {
      if (table)
        this.#aside(`CREATE TRIGGER fault BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(ABORT, 'fault'); END`)
      this.#write(said)
    } catch (error) {
      expect(String(error)).toContain('fault')
      this.#store.close()
      this.#begin(this.#file)
    } finally {
      if (table) this.#aside('DROP TRIGGER fault')
    }
    if (this.#chance(0.01)) this.#end()
  }

  #live(machine: string, said: Said): void {
    let going = this.#going.get(machine)
    if (!going && this.#chance(0.9)) return
    // An hour's end, a new map, a new map twice within one batch, and a map that is taken away.
    for (let times = 0; times < 3; times += 1) {
      if (going && !this.#chance(0.01)) break
      if (going) said.chunks.push(this.#chunk(going))
      if (going && this.#chance(0.3)) {
        this.#going.delete(machine)
        return
      }
      going = this.#segment(machine, said)
    }
    if (going && this.#chance(0.9)) said.chunks.push(this.#chunk(going))
  }

  #segment(machine: string, said: Said): Written {
    this.#lastId += 1
    const begun = { id: this.#lastId, machine, beganMs: this.#nowMs, numbers: [], pieces: 0, bytes: 0 }
    const segment: Written = { ...begun, isOver: false, isJoined: false, isTooOld: false, wasTooOld: false }
    said.begun.push(segment)
    this.#going.set(machine, segment)
    return segment
  }

  #chunk(segment: Written): Said['chunks'][number] {
    if (this.#chance(0.01)) return { segment, numbers: [], bytes: new Uint8Array() }
    const numbers = Array.from(
      { length: 1 + Math.floor(this.#random() * 3) },
      (_, nth) => this.#lastNumber + 1 + nth,
    )
    this.#lastNumber += numbers.length
    const values = numbers.flatMap((number) => [OBJECT, { kind: 'tick', number, text: this.#text() }])
    return { segment, numbers, bytes: bytesOf(values) }
  }

  /** Mostly short; some are much longer than what they are deflated to, some hardly get shorter. */
  #text(): string {
    if (this.#chance(0.003)) return LONG
    return this.#chance(0.02) ? Array.from({ length: 3_000 }, () => this.#random()).join() : ''
  }

  #write({ begun, chunks }: Said): void {
    this.#store.write({
      begun: begun.map(headOf),
      chunks: chunks.map(({ segment, bytes }): TapeChunk => ({ segment: segment.id, bytes })),
      lasting: [...this.#going.values()].map(({ id }) => id),
      nowMs: this.#nowMs,
    })
    this.#written.push(...begun)
    for (const { segment, numbers, bytes } of chunks) {
      segment.numbers.push(...numbers)
      segment.pieces += 1
      segment.bytes += bytes.length
    }
    for (const segment of this.#written) this.#judge(segment)
  }

  /** After something was written. */
  #judge(segment: Written): void {
    const isOver = this.#going.get(segment.machine) !== segment
    if (isOver && !segment.isOver) segment.isJoined = true
    segment.isOver = isOver
    segment.isTooOld = isOver && segment.beganMs < this.#nowMs - BOUNDS.retentionMs
    segment.wasTooOld ||= segment.isTooOld
  }

  /** The gateway is stopped, or killed. */
  #end(): void {
    const before = this.#file
    if (this.#chance(0.5)) this.#store.close()
    else {
      this.#files += 1
      this.#file = join(this.#folder, `killed-${this.#files}.db`)
      for (const part of ['', '-wal'])
        if (existsSync(before + part)) copyFileSync(before + part, this.#file + part)
      this.#store.close()
    }
    this.#reader[Symbol.dispose]()
    this.#reader = openRecording(this.#file)
    this.#asked = []
    this.#begin(this.#file)
  }

  #begin(file: string): void {
    this.#store = openStore({ file, ...BOUNDS })
    for (const segment of this.#written) segment.isOver = true
    this.#going.clear()
  }

  compare(): void {
    const kept = new Set(MACHINES.flatMap((machine) => this.#kept(machine)))
    for (const segment of this.#written) {
      if (segment.isTooOld) expect(kept, `segment ${segment.id}, which is too old`).not.toContain(segment)
      else if (!segment.wasTooOld) expect(kept, `segment ${segment.id}`).toContain(segment)
    }
    for (const asked of this.#asked) {
      const read = numbersOf(asked.entries())
      // Whoever asked before it was removed finds nothing in it.
      if (read.length > 0) expect(read).toEqual(this.#that(asked).numbers)
    }
    this.#asked = MACHINES.flatMap((machine) => this.#reader.segments(machine, ...ALWAYS))
    this.#comparePieces()
  }

  /** Each with all that was written into it. */
  #kept(machine: string): readonly Written[] {
    return this.#reader.segments(machine, ...ALWAYS).map((read) => {
      const segment = this.#that(read)
      expect(numbersOf(read.entries()), `segment ${segment.id}`).toEqual(segment.numbers)
      return segment
    })
  }

  #that({ machine, began }: RecordedSegment): Written {
    const segment = this.#written.find(({ id }) => id === began.monoMs)
    if (segment?.machine !== machine || segment.beganMs !== began.wallMs)
      throw new Error(`nobody has begun a segment of ${machine} at ${began.wallMs}`)
    return segment
  }

  #comparePieces(): void {
    const db = new Database(this.#file, { readonly: true })
    const counts = db
      .prepare<[], [number, number]>(
        'SELECT began_mono_ms, count(nth) FROM segment s LEFT JOIN chunk c ON c.segment = s.id GROUP BY s.id',
      )
      .raw()
      .all()
    db.close()
    for (const [id, count] of counts) {
      const segment = this.#written.find((one) => one.id === id)
      const joined =
        Math.ceil((segment?.pieces ?? 0) / JOINED) + Math.floor((segment?.bytes ?? 0) / JOINED_BYTES)
      expect(count, `pieces of segment ${id}`).toBeLessThanOrEqual(joined + (segment?.isJoined ? 1 : JOINED))
    }
  }

  close(): void {
    this.#reader[Symbol.dispose]()
    this.#store.close()
  }

  #aside(sql: string): void {
    const db = new Database(this.#file)
    db.exec(sql)
    db.close()
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }
}

function headOf({ id, machine, beganMs }: Written): BegunSegment {
  // Its number in place of a moment, so that it is known again.
  const began = { boot: 'b', wallMs: beganMs, monoMs: id }
  return { id, head: { version: 1, machine, began, snapshot: START }, map: press({ machine }) }
}

function numbersOf(entries: Iterable<unknown>): readonly unknown[] {
  return [...entries].map((entry) => (entry as { input: { number: number } }).input.number)
}

test('whatever happens to a recording, what is read is what was written', () => {
  const seed = Number(process.env.SEED ?? randomInt(2 ** 31))
  console.info(`seed ${seed}`)
  const life = new Life(seed)
  for (let nth = 1; nth <= BATCHES; nth += 1) {
    life.batch()
    if (nth % COMPARED_EVERY === 0) life.compare()
  }
  life.close()
})
