/**
 * Records what moves the machines. Whoever moves one only writes a few numbers; every few seconds they go to the thread that owns the
 * file. Polling and the outbox never wait for that: what the file cannot take is dropped, recording stops, says so in `status`, and
 * begins again later with what the machines then remember. What was not recorded in between is missing, and known to be.
 */
import type { Trouble } from '../domain/health.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Service } from '../runtime/service.ts'
import { MachineTape, type Tape, type TapeKeeper } from './machine-tape.ts'
import type { BegunSegment, RecordingCalls, TapeBatch, TapeChunk } from './messages.ts'
import { RECORDING_STOPPED } from './recording-link.ts'
import { SEGMENT_VERSION, type SegmentHead } from './segment.ts'

/** A kill costs what was recorded since the last writing, so at most this much. Writing more often wears the disk: each takes a page a machine. */
const FLUSH_MS = 10_000
/** What led to an event of a machine is on disk about this soon. */
const HURRY_MS = 1_000
/** A file that could not be written is tried again after this. */
const RETRY_MS = 60_000
/** Over all machines. More than this does not wait for a disk that takes nothing: it is dropped. */
const ALL_WAITING_BYTES_MAX = 10_000_000
/** A stop waits this long for the last writing. A question to the history that the same thread is answering has to end in it too. */
const LAST_FLUSH_MS = 1_500

/** The codes of what can be wrong with it. Alerts are named by it. */
const RECORDING_TROUBLES = { stopped: RECORDING_STOPPED } as const

interface RecorderParts {
  readonly link: RecordingFile
  readonly clock: Clock
  readonly log: Log
  /**
   * Resolves once all events that have come so far are on disk. What led to an event is written behind it, so that a power cut leaves
   * no recording of rows that nobody has.
   */
  readonly stored?: () => Promise<void>
}

/** Writes what is recorded. */
interface RecordingFile extends AsyncDisposable {
  call(name: 'write', batch: TapeBatch): Promise<ReturnType<RecordingCalls['write']>>
}

/** Records while it runs. */
export interface Recorder extends Service {
  /** A machine has a map, new or in place of another one, whose tape ends here. */
  tapeOf(map: MachineMap): Tape
  /** Hands on what has come so far; called by itself while it runs. */
  flush(): Promise<void>
  troubles(): readonly Trouble[]
}

/** Nothing is opened before it runs. */
export function createRecorder(parts: RecorderParts): Recorder {
  return new FileRecorder(parts)
}

interface Fault {
  readonly error: Error & { readonly hint?: string | undefined }
  readonly sinceMs: number
  /** By the monotonic clock. */
  retryAtMs: number
}

class FileRecorder implements Recorder, TapeKeeper {
  readonly name = 'recording'
  readonly #parts: RecorderParts
  readonly #link: RecordingFile
  readonly #tapes = new Map<string, MachineTape>()
  #begun: BegunSegment[] = []
  /** The last chunks of segments that have ended. They wait here, since their tapes have gone on to other segments. */
  #lastChunks: TapeChunk[] = []
  #lastSegment = 0
  #fault: Fault | undefined
  #isHurried = false
  #flushedAtMs = Number.NEGATIVE_INFINITY
  #wake: () => void = () => {}

  constructor(parts: RecorderParts) {
    this.#parts = parts
    this.#link = parts.link
  }

  get isRecording(): boolean {
    return this.#fault === undefined
  }

  tapeOf(map: MachineMap): Tape {
    const before = this.#tapes.get(map.machine)
    if (before) this.#replace(before)
    const tape = new MachineTape(map, this)
    this.#tapes.set(map.machine, tape)
    return tape
  }

  hurry(): void {
    this.#isHurried = true
    this.#wake()
  }

  troubles(): readonly Trouble[] {
    if (!this.#fault) return []
    const { error, sinceMs } = this.#fault
    const rest = 'machines and events are not affected; it is tried again every minute'
    const hint = [error.hint, rest].filter(Boolean).join('; ')
    const what = `what the devices show is not recorded: ${error.message}`
    return [{ code: RECORDING_TROUBLES.stopped, what, hint, sinceMs }]
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    while (!signal.aborted) {
      await this.#pause(signal)
      if (!signal.aborted) await this.#flushDue()
    }
    for (const { writer } of this.#tapes.values()) writer?.stop(clock.now())
    await Promise.race([this.flush(), clock.sleep(LAST_FLUSH_MS)])
    await this.#link[Symbol.asyncDispose]()
  }

  begin(head: Omit<SegmentHead, 'map' | 'version'>, map: MachineMap | undefined): number {
    this.#lastSegment += 1
    // Otherwise nothing would show that a gateway which is ended within seconds has run at all.
    this.hurry()
    this.#begun.push({ id: this.#lastSegment, head: { version: SEGMENT_VERSION, ...head }, map })
    return this.#lastSegment
  }

  keepLast(chunk: TapeChunk): void {
    this.#lastChunks.push(chunk)
  }

  forget(tape: MachineTape): void {
    if (this.#tapes.get(tape.machine) === tape) this.#tapes.delete(tape.machine)
  }

  /** Hands on what has come. Nothing more is handed on while the file is at work. */
  async flush(): Promise<void> {
    this.#flushedAtMs = this.#parts.clock.now().monoMs
    await this.#handOn([...this.#tapes.values()])
  }

  /** All tapes now and then, and meanwhile only those of machines with events. */
  async #flushDue(): Promise<void> {
    if (this.#parts.clock.now().monoMs - this.#flushedAtMs >= FLUSH_MS - HURRY_MS) await this.flush()
    else await this.#handOn([...this.#tapes.values()].filter(({ isHurried }) => isHurried))
  }

  async #handOn(tapes: readonly MachineTape[]): Promise<void> {
    const now = this.#parts.clock.now()
    if (this.#fault && this.#fault.retryAtMs > now.monoMs) return
    const { begun, chunks } = this.#takeFrom(tapes)
    if (begun.length + chunks.length === 0 && !this.#fault) return
    try {
      await this.#whileBounded(this.#write({ begun, chunks, lasting: this.#lasting(), nowMs: now.wallMs }))
      this.#noteSuccess()
    } catch (error) {
      this.#noteFailure(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Whatever has come since the last time, of these tapes and of segments that have ended. */
  #takeFrom(tapes: readonly MachineTape[]): Pick<TapeBatch, 'begun' | 'chunks'> {
    const begun = this.#begun
    this.#begun = []
    const chunks = this.#lastChunks
    this.#lastChunks = []
    for (const tape of tapes) {
      tape.isHurried = false
      if (tape.writer && tape.writer.length > 0)
        chunks.push({ segment: tape.segment, bytes: tape.writer.take() })
    }
    return { begun, chunks }
  }

  #lasting(): readonly number[] {
    return [...this.#tapes.values()].filter(({ writer }) => writer).map(({ segment }) => segment)
  }

  async #write(batch: TapeBatch): Promise<void> {
    const { stored } = this.#parts
    if (stored) await stored()
    await this.#link.call('write', batch)
  }

  /** Gives up waiting once too much has piled up meanwhile. */
  async #whileBounded(written: Promise<void>): Promise<void> {
    let isWritten = false
    const over = written.finally(() => {
      isWritten = true
    })
    while (!isWritten) {
      const pause = new AbortController()
      await Promise.race([over, this.#parts.clock.sleep(HURRY_MS, pause.signal)])
      pause.abort()
      const waiting = [...this.#tapes.values()].reduce((sum, { writer }) => sum + (writer?.length ?? 0), 0)
      if (!isWritten && waiting > ALL_WAITING_BYTES_MAX) {
        over.catch(() => {})
        throw new Error('the disk takes what is recorded too slowly')
      }
    }
    await over
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    if (!this.#isHurried) await clock.sleep(FLUSH_MS - HURRY_MS, AbortSignal.any([signal, woken.signal]))
    this.#wake = () => {}
    await clock.sleep(HURRY_MS, signal)
    this.#isHurried = false
  }

  #noteSuccess(): void {
    if (!this.#fault) return
    this.#fault = undefined
    this.#parts.log.info(
      { event: 'trouble-over', code: RECORDING_TROUBLES.stopped },
      'over: what the devices show is recorded again',
    )
  }

  #noteFailure(error: Error): void {
    const now = this.#parts.clock.now()
    const isNews = this.#fault === undefined
    this.#fault = { error, sinceMs: this.#fault?.sinceMs ?? now.wallMs, retryAtMs: now.monoMs + RETRY_MS }
    this.#begun = []
    this.#lastChunks = []
    for (const tape of this.#tapes.values()) tape.lose()
    if (isNews)
      this.#parts.log.warn(
        { event: 'trouble-began', code: RECORDING_TROUBLES.stopped, error },
        `what the devices show is not recorded: ${error.message}`,
      )
  }

  #replace(tape: MachineTape): void {
    tape.endWith('over')
    this.#tapes.delete(tape.machine)
  }
}
