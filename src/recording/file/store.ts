/** The recording in its file: segments are added, their pieces put together by and by, and removed when they are too old or too many. */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { serialize } from 'node:v8'
import { StoreError } from '../../domain/errors.ts'
import { type DatabaseHandle, openDatabase, usedBytesOf } from '../../sqlite/database.ts'
import { lackOfRoom } from '../../sqlite/disk-room.ts'
import { makeRoom } from '../../sqlite/parts.ts'
import { remedyOf } from '../../sqlite/store-fault.ts'
import type { BegunSegment, RecordingCalls, RecordingSetup, TapeBatch, TapeChunk } from '../messages.ts'
import { deflated, deflatedForNow, inflated, packed, RECORDING, recordingSteps } from './schema.ts'

/**
 * Whenever a segment has this many loose chunks, they become one; what is left of them does when the segment ends. A machine with an event
 * each second has 3,600 in its hour: to join the whole hour of six machines at its end took 34 MB, which the C library then keeps.
 */
const JOINED_CHUNKS = 64
/**
 * Fewer are joined where they come to this many bytes, inflated, as those of a machine with long texts that change all the time do: 64 of
 * 2 MB took 11 s and 300 MB, and nothing else was written meanwhile.
 */
const JOINED_BYTES_MAX = 1_000_000
/** Segments that one batch removes at most, so that it does not take long. */
const REMOVED_MAX = 50

/** A segment of this life of the gateway, as the file knows it. */
interface OpenSegment {
  readonly row: number
  readonly machine: string
  /** How many it has in the file. They are numbered without a gap: whoever reads it stops at one that is missing. */
  chunks: number
  /** How many of them, from the first on, are joined ones, which are left as they are. The others are loose. */
  joined: number
  /** Of the loose ones, inflated. */
  looseBytes: number
}

/** Opens the recording. One that is damaged, or of a newer version, is begun again: nothing depends on it but looking back. */
export function openStore(setup: RecordingSetup): RecordingStore {
  return new RecordingStore(openOrReplace(setup.file), setup)
}

function openOrReplace(file: string): DatabaseHandle {
  const open = () => openDatabase({ name: RECORDING, file }, { steps: recordingSteps() })
  try {
    return open()
  } catch (error) {
    const isNewer = error instanceof StoreError && !error.retryable
    if (!isNewer && remedyOf(error) !== 'replace') throw error
    makeRoom(file, error)
    return open()
  }
}

/** The open file. Every method can throw what SQLite throws; whoever calls makes a StoreError of it. */
export class RecordingStore implements RecordingCalls {
  readonly #db: DatabaseHandle
  readonly #setup: RecordingSetup
  readonly #usedBytes: () => number
  readonly #open = new Map<number, OpenSegment>()
  /** By machine, the hash of its map. */
  readonly #maps = new Map<string, Buffer>()
  readonly #addChunk

  constructor(db: DatabaseHandle, setup: RecordingSetup) {
    this.#db = db
    this.#setup = setup
    this.#usedBytes = usedBytesOf(db)
    this.#addChunk = db.prepare('INSERT INTO chunk (segment, nth, body) VALUES (?, ?, ?)')
  }

  write(batch: TapeBatch): void {
    this.#requireRoom()
    try {
      this.#db.transaction(() => this.#write(batch)).immediate()
    } catch (error) {
      // What is damaged is begun again with the next call.
      if (remedyOf(error) === 'replace') this.#giveUp()
      throw error
    }
  }

  close(): void {
    this.#db.close()
  }

  /** @throws StoreError */
  #requireRoom(): void {
    const lack = lackOfRoom(dirname(this.#setup.file))
    if (lack !== null) throw new StoreError('recording-room', lack, { retryable: true })
  }

  #giveUp(): void {
    this.#db.close()
    makeRoom(this.#setup.file, undefined)
  }

  #write({ begun, chunks, lasting, nowMs }: TapeBatch): void {
    for (const segment of begun) this.#begin(segment)
    for (const chunk of chunks) this.#add(chunk)
    for (const id of this.#open.keys()) if (!lasting.includes(id)) this.#finish(id)
    this.#removeOld(nowMs)
  }

  #begin({ id, head, map }: BegunSegment): void {
    const { version, machine, began, snapshot } = head
    if (map) this.#maps.set(machine, this.#keepMap(map))
    const hash = this.#maps.get(machine)
    if (!hash) throw openedAnew()
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO segment (version, machine, boot, began_wall_ms, began_mono_ms, map, snapshot)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(version, machine, began.boot, began.wallMs, began.monoMs, hash, packed(snapshot))
    this.#open.set(id, { row: Number(lastInsertRowid), machine, chunks: 0, joined: 0, looseBytes: 0 })
  }

  #keepMap(map: unknown): Buffer {
    const bytes = serialize(map)
    const hash = createHash('sha256').update(bytes).digest()
    this.#db.prepare('INSERT OR IGNORE INTO map (hash, body) VALUES (?, ?)').run(hash, deflated(bytes))
    return hash
  }

  #add({ segment, bytes }: TapeChunk): void {
    const open = this.#open.get(segment)
    if (!open) throw openedAnew()
    this.#addChunk.run(open.row, open.chunks, deflatedForNow(bytes))
    open.chunks += 1
    open.looseBytes += bytes.length
    if (open.chunks - open.joined >= JOINED_CHUNKS || open.looseBytes >= JOINED_BYTES_MAX) this.#join(open)
  }

  /** Nothing more comes of it. */
  #finish(id: number): void {
    const over = this.#open.get(id)
    this.#open.delete(id)
    if (over && over.chunks - over.joined > 1) this.#join(over)
  }

  /**
   * The loose chunks become one, which takes a fraction of the room.
   * @throws StoreError where one of them is damaged: recording ends, and begins again with what the machines remember then
   */
  #join(open: OpenSegment): void {
    const { row: segment, joined: first } = open
    const bodies = this.#db
      .prepare<[number, number], Buffer>('SELECT body FROM chunk WHERE segment = ? AND nth >= ? ORDER BY nth')
      .pluck()
      .all(segment, first)
    // Moments are written as differences to the entry before: behind a chunk that is missing nothing can be read.
    if (bodies.length !== open.chunks - first) throw pieceDamaged(open.machine, 'one is missing')
    const whole = wholeOf(bodies, open.machine)
    this.#db.prepare('DELETE FROM chunk WHERE segment = ? AND nth > ?').run(segment, first)
    this.#db
      .prepare('UPDATE chunk SET body = ? WHERE segment = ? AND nth = ?')
      .run(deflated(whole), segment, first)
    open.joined += 1
    open.chunks = open.joined
    open.looseBytes = 0
  }

  /**
   * What a machine is recording into stays, however old.
   * @throws StoreError where nothing else is left to be removed: then recording ends, and what it was recording into goes first
   */
  #removeOld(nowMs: number): void {
    const { retentionMs, maxBytes } = this.#setup
    const open = JSON.stringify([...this.#open.values()].map(({ row }) => row))
    const remove = this.#db.prepare<[number, string, number]>(
      `DELETE FROM segment WHERE id IN (
         SELECT id FROM segment WHERE began_wall_ms < ? AND id NOT IN (SELECT value FROM json_each(?))
         ORDER BY id LIMIT ?)`,
    )
    let removed = remove.run(nowMs - retentionMs, open, REMOVED_MAX).changes
    let isTooLarge = this.#usedBytes() > maxBytes
    while (isTooLarge && removed < REMOVED_MAX) {
      // One by one: of a lively machine an hour may be a tenth of all that may be kept.
      const { changes } = remove.run(Number.MAX_SAFE_INTEGER, open, 1)
      if (changes === 0) break
      removed += changes
      isTooLarge = this.#usedBytes() > maxBytes
    }
    if (isTooLarge && removed === 0) throw recordingFull(maxBytes)
    if (removed > 0) this.#db.prepare('DELETE FROM map WHERE hash NOT IN (SELECT map FROM segment)').run()
  }
}

/** The bytes of chunks that follow on each other. */
function wholeOf(bodies: readonly Buffer[], machine: string): Buffer {
  try {
    return Buffer.concat(bodies.map(inflated))
  } catch (error) {
    throw pieceDamaged(machine, error instanceof Error ? error.message : String(error))
  }
}

function pieceDamaged(machine: string, why: string): StoreError {
  return new StoreError(
    'recording-piece',
    `a piece of what was recorded of ${machine} was damaged on the disk (${why})`,
    { retryable: true, hint: 'check the disk and replace it if this goes on' },
  )
}

/**
 * Told to a recorder that goes on with a segment or a map of before the file was opened anew, of which nothing is known here. It then begins
 * new segments, with their maps.
 */
function openedAnew(): StoreError {
  const message = 'the thread of its file has ended, and what was being recorded ends with that'
  return new StoreError('recording-broken-off', message, { retryable: true })
}

function recordingFull(maxBytes: number): StoreError {
  return new StoreError(
    'recording-full',
    `what came during the last hour alone takes more than its ${Math.round(maxBytes / 1e6)} MB`,
    { retryable: true, hint: 'raise recording.max_size' },
  )
}
