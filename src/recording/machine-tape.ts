/** What is recorded of one machine: a tape of segments, each begun with what the machine remembers. */
import type { Instant } from '../domain/instant.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Input } from '../status/derive.ts'
import type { TapeChunk } from './messages.ts'
import { recordedMap, type SegmentHead, type Snapshot } from './segment.ts'
import { TapeWriter } from './write-tape.ts'

/** A segment begins with all that the machine remembers, so it should be long; one is removed as a whole, so it should be short. */
const SEGMENT_MS = 3_600_000
/**
 * More than this does not wait for the next regular writing. Of a machine with a hundred values that change ten times a second it is
 * what comes in some three seconds; left alone, 200 of them pile up 10 MB.
 */
const WAITING_BYTES_MAX = 16_384

/** What is recorded of one machine under one map. */
export interface Tape {
  /** Nothing can be noted before {@link begin} was called again. False also while nothing is recorded at all. */
  wantsBeginning(now: Instant): boolean
  begin(snapshot: Snapshot, at: Instant): void
  readonly writer: TapeWriter | undefined
  /** Writes down what moves the machine; nothing while nothing is recorded. */
  note(input: Input): void
  /** Something came of what was noted last: it is written soon. */
  hurry(): void
  /** The machine's map was taken away. */
  retire(): void
}

/** What a tape asks of the recorder. */
export interface TapeKeeper {
  /** False while nothing can be written. */
  readonly isRecording: boolean
  /** @returns the number of the segment */
  begin(head: Omit<SegmentHead, 'map' | 'version'>, map: MachineMap | undefined): number
  /** Takes the last chunk of a segment that has ended; the tape does not keep it. */
  keepLast(chunk: TapeChunk): void
  forget(tape: MachineTape): void
  /** Something is to be written soon. */
  hurry(): void
}

/** The tape of one machine, segment behind segment. */
export class MachineTape implements Tape {
  readonly #map: MachineMap
  readonly #recorder: TapeKeeper
  #isMapWritten = false
  #beganMs = 0
  segment = 0
  isHurried = false
  writer: TapeWriter | undefined

  constructor(map: MachineMap, recorder: TapeKeeper) {
    this.#map = map
    this.#recorder = recorder
  }

  get machine(): string {
    return this.#map.machine
  }

  wantsBeginning({ monoMs }: Instant): boolean {
    if (!this.#recorder.isRecording) return false
    return this.writer === undefined || monoMs - this.#beganMs >= SEGMENT_MS
  }

  begin(snapshot: Snapshot, at: Instant): void {
    if (!this.#recorder.isRecording) return
    this.endWith('over')
    // Made anew when it is needed: kept, it would hold a second copy of each signal.
    const map = this.#isMapWritten ? undefined : recordedMap(this.#map)
    this.segment = this.#recorder.begin({ machine: this.machine, began: at, snapshot }, map)
    this.#isMapWritten = true
    this.#beganMs = at.monoMs
    this.writer = new TapeWriter(this.#map, at)
  }

  note(input: Input): void {
    const { writer } = this
    if (!writer) return
    writer.note(input)
    if (writer.length > WAITING_BYTES_MAX && !this.isHurried) this.hurry()
  }

  hurry(): void {
    this.isHurried = true
    this.#recorder.hurry()
  }

  retire(): void {
    this.endWith('retired')
    this.#recorder.forget(this)
  }

  endWith(how: 'over' | 'retired'): void {
    if (!this.writer) return
    this.writer.end(how)
    this.#recorder.keepLast({ segment: this.segment, bytes: this.writer.take() })
    this.writer = undefined
  }

  /** What was handed on last is lost: what follows could not be read without it. The next segment brings its map along again. */
  lose(): void {
    this.writer = undefined
    this.#isMapWritten = false
  }
}
