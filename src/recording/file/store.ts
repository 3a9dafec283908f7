/** The recording in its file: segments are added, their pieces put together by and by, and removed when they are too old or too many. */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { serialize } from 'node:v8'
import { deflateRawSync } from 'node:zlib'
import { StoreError } from '../../domain/errors.ts'
import { type DatabaseHandle, openDatabase, usedBytesOf } from '../../sqlite/database.ts'
import { lackOfRoom } from '../../sqlite/disk-room.ts'
import { makeRoom } from '../../sqlite/parts.ts'
import { remedyOf } from '../../sqlite/store-fault.ts'
import type { BegunSegment, RecordingCalls, RecordingSetup, TapeBatch, TapeChunk } from '../messages.ts'
import { deflated, deflatedForNow, inflated, packed, RECORDING, recordingSteps } from './schema.ts'

/**
 * So many pieces of a segment become one while it lasts, and what is left of them when it is over. A machine with an event each second
 * has 3,600 in its hour: to put the whole hour of six machines together at its end took 34 MB, which the C library then keeps.
 */
const JOINED = 64
/** So many segments are removed at a time, so that no batch takes long. */
const REMOVED_MAX = 50

/** A segment of this life of the gateway, as the file knows it. */
interface OpenSegment {
  readonly row: number
  readonly machine: string
  /** In the file. They are numbered without a gap, since one that is missing ends what can be read. */
  chunks: number
  /** The first so many of them have been joined out of {@link JOINED} each. */
  joined: number
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
  /** By machine, its newest segment. */
  readonly #newest = new Map<string, number>()
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

  #write({ begun, chunks, nowMs }: TapeBatch): void {
    // The last chunk of a segment comes with the beginning of the next one.
    for (const segment of begun) this.#begin(segment)
    for (const chunk of chunks) this.#add(chunk)
    for (const { head } of begun) this.#finish(head.machine)
    for (const { id, head } of begun) this.#newest.set(head.machine, id)
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
    this.#open.set(id, { row: Number(lastInsertRowid), machine, chunks: 0, joined: 0 })
  }

  #keepMap(map: unknown): Buffer {
    const bytes = serialize(map)
    const hash = createHash('sha256').update(bytes).digest()
    this.#db.prepare('INSERT OR IGNORE INTO map (hash, body) VALUES (?, ?)').run(hash, deflateRawSync(bytes))
    return hash
  }

  #add({ segment, bytes }: TapeChunk): void {
    const open = this.#open.get(segment)
    if (!open) throw openedAnew()
    this.#addChunk.run(open.row, open.chunks, deflatedForNow(bytes))
    open.chunks += 1
    if (open.chunks - open.joined >= JOINED) this.#join(open)
  }

  /** The machine's segment before is over. */
  #finish(machine: string): void {
    const id = this.#newest.get(machine)
    const before = id === undefined ? undefined : this.#open.get(id)
    if (id === undefined || !before) return
    this.#open.delete(id)
    if (before.chunks - before.joined > 1) this.#join(before)
  }

  /** The pieces that have not been joined yet become one, which takes a fraction of the room. */
  #join(open: OpenSegment): void {
    const { row: segment, joined: first } = open
    const bodies = this.#db
      .prepare<[number, number], Buffer>('SELECT body FROM chunk WHERE segment = ? AND nth >= ? ORDER BY nth')
      .pluck()
      .all(segment, first)
    const whole = Buffer.concat(bodies.map(inflated))
    this.#db.prepare('DELETE FROM chunk WHERE segment = ? AND nth > ?').run(segment, first)
    this.#db
      .prepare('UPDATE chunk SET body = ? WHERE segment = ? AND nth = ?')
      .run(deflated(whole), segment, first)
    open.joined += 1
    open.chunks = open.joined
  }

  /**
   * What a machine is recording into stays, however old.
   * @throws StoreError where nothing else is left to be removed: then recording ends, and what it was recording into goes first
   */
  #removeOld(nowMs: number): void {
    const { retentionMs, maxBytes } = this.#setup
    const open = JSON.stringify([...this.#open.values()].map(({ row }) => row))
    const remove = this.#db.prepare(
      `DELETE FROM segment WHERE id IN (
         SELECT id FROM segment WHERE began_wall_ms < ? AND id NOT IN (SELECT value FROM json_each(?))
         ORDER BY id LIMIT ${REMOVED_MAX})`,
    )
    const { changes } = remove.run(nowMs - retentionMs, open)
    const isTooLarge = this.#usedBytes() > maxBytes
    const removed = isTooLarge ? remove.run(Number.MAX_SAFE_INTEGER, open).changes : 0
    if (isTooLarge && removed + changes === 0) throw recordingFull(maxBytes)
    if (changes + removed > 0)
      this.#db.prepare('DELETE FROM map WHERE hash NOT IN (SELECT map FROM segment)').run()
  }
}

/** To whoever goes on with what only a file that is no longer open has known: the recorder then begins again, with the maps. */
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
