/**
 * The gateway's one audit trail: who changed what, when and from where, also what was refused; when the gateway was started and how
 * it ended; and what came into force, was lost or trusted. Whoever records does not wait for the disk. What the disk does not take is
 * tried again, and a trouble says so meanwhile.
 */
import { StoreError, withHint } from '../domain/errors.ts'
import type { Trouble } from '../domain/health.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { threadFile } from '../runtime/open-calls.ts'
import type { CalledThread, ThreadFault } from '../runtime/thread-link.ts'
import { within } from '../runtime/within.ts'
import { FileLink, filesThread } from '../sqlite/files-thread/file-link.ts'
import type { RunBegun, TrailCalls, TrailHeads, TrailQuestion, TrailSetup } from './messages.ts'
import type { NewRecord, TrailEvent, TrailRecord } from './records.ts'
import { RUN_ENDS, runEnded } from './run-begun.ts'
import { trailFileIn } from './trail-file.ts'

const AUDIT_TROUBLES = { trail: 'console-audit-trail' } as const
/** What the disk does not take. */
const CANNOT = {
  records: 'the audit trail cannot be written',
  heads:
    'the audit trail is written, but its last record cannot be noted beside it, by which a replaced trail is found out',
} as const
/** More are not kept in memory while the disk takes none. */
const WAITING_MAX = 1_000
/** Of callers who were not let in, between two writes. */
const UNKNOWN_WAITING_MAX = 50
/** Between two writes: a flood of calls must not take the disk from the log of the machines. */
const PAUSE_MS = 250
const TEXT_MAX = 500
const DETAILS_MAX = 4_000
const AGAIN_MS = 5_000
/** Where the thread of the trail was lost, another one has to be started first. */
const LAST_WRITE_MAX_MS = 2_000
/** A run of the gateway that goes on for so long lasts. */
const LASTING_MS = 60_000

interface TrailParts {
  readonly dataFolder: string
  readonly clock: Clock
  readonly log: Log
  /** Absent: one of its own. */
  readonly thread?: CalledThread | undefined
}

/** A call of the console that may change something. */
export interface AuditNote {
  /** Absent where nobody was let in. */
  readonly who: string | undefined
  readonly from: string
  readonly what: string
  readonly method: string
  readonly path: string
  /** Of HTTP. */
  readonly status: number
}

/** Something that the gateway itself did or found. */
export interface GatewayNote {
  readonly event: TrailEvent
  readonly what: string
  /** With a state: recorded only where it is another one than the last. */
  readonly about?: { readonly subject: string; readonly state: string }
  readonly details?: object
}

/** Disposing it writes what still waits, as far as the disk takes it within a moment. */
export class AuditTrail implements AsyncDisposable {
  readonly #parts: TrailParts
  readonly #link: TrailLink
  readonly #waiting: NewRecord[] = []
  #begun: RunBegun | undefined
  #isHeadToLog = false
  #step: keyof typeof CANNOT = 'records'
  #headsToKeep: { readonly isDue: boolean } | undefined
  #lost = 0
  #unknownWaiting = 0
  #unknownMore: { readonly record: NewRecord; readonly times: number } | undefined
  #writing: Promise<void> | undefined
  #trouble: Trouble | undefined
  readonly #over = new AbortController()

  constructor(parts: TrailParts) {
    this.#parts = parts
    this.#link = new TrailLink({ file: trailFileIn(parts.dataFolder) }, parts.thread)
  }

  /** What is wrong with it. */
  get troubles(): readonly Trouble[] {
    return this.#trouble ? [this.#trouble] : []
  }

  /** Records the start of the gateway, before everything else. */
  begin(run: Omit<RunBegun, 'atMs' | 'hasLasted'>): void {
    this.#begun = { ...run, atMs: this.#nowMs(), hasLasted: false }
    this.#writing ??= this.#write()
  }

  /** Records the end of the run. */
  end(failure?: string): void {
    this.#add(runEnded(this.#nowMs(), failure))
  }

  /** Records a call. Never throws, never waits. */
  note({ who, from, what, method, path, status }: AuditNote): void {
    const record: NewRecord = {
      ...{ atMs: this.#nowMs(), event: 'console-call', chain: who === undefined ? 'strangers' : 'gateway' },
      ...{ who: who ?? null, origin: from, what: bounded(what), subject: null, state: null },
      details: JSON.stringify({ method, path: bounded(path), status }),
    }
    if (who !== undefined) this.#add(record)
    else if (this.#unknownWaiting >= UNKNOWN_WAITING_MAX) this.#countUnknown(record)
    else {
      this.#unknownWaiting += 1
      this.#add(record)
    }
  }

  /** Records what the gateway did or found. Never throws, never waits. */
  noteOwn({ event, what, about, details = {} }: GatewayNote): void {
    const text = JSON.stringify(details)
    this.#add({
      ...{ atMs: this.#nowMs(), chain: 'gateway', event, who: null, origin: 'gateway', what: bounded(what) },
      ...{ subject: about?.subject ?? null, state: about?.state ?? null },
      details: text.length > DETAILS_MAX ? JSON.stringify({ left_out: text.length }) : text,
    })
  }

  /** @throws StoreError */
  records(question: TrailQuestion): Promise<readonly TrailRecord[]> {
    return this.#link.call('records', question)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await within(
      this.#writing ?? Promise.resolve(),
      { ...this.#parts, maxMs: LAST_WRITE_MAX_MS },
      () => undefined,
    )
    await this.#link[Symbol.asyncDispose]()
  }

  #nowMs(): number {
    return this.#parts.clock.now().wallMs
  }

  #add(record: NewRecord): void {
    if (this.#waiting.length >= WAITING_MAX) this.#lost += 1
    else this.#waiting.push(record)
    this.#writing ??= this.#write()
  }

  /** The last one stands for those before it. */
  #countUnknown(record: NewRecord): void {
    const times = (this.#unknownMore?.times ?? 0) + 1
    this.#unknownMore = { record, times }
  }

  async #write(): Promise<void> {
    while (this.#isAnythingLeft) {
      try {
        await this.#writeAll()
        this.#written()
        await this.#parts.clock.sleep(PAUSE_MS, this.#over.signal)
      } catch (error) {
        this.#found(error)
        if (this.#over.signal.aborted) break
        await this.#parts.clock.sleep(AGAIN_MS, this.#over.signal)
      }
    }
    this.#writing = undefined
  }

  get #isAnythingLeft(): boolean {
    const isToRecord =
      this.#begun !== undefined || this.#waiting.length > 0 || this.#unknownMore !== undefined
    return isToRecord || this.#isHeadToLog || this.#headsToKeep !== undefined
  }

  /** Each step that is done is over: where a later one fails, it is not done again with that one. */
  async #writeAll(): Promise<void> {
    this.#step = 'records'
    if (this.#begun) await this.#writeBeginning(this.#begun)
    if (this.#isHeadToLog) this.#logHead(await this.#link.call('heads'))
    this.#isHeadToLog = false
    await this.#writeWaiting()
    if (!this.#headsToKeep) return
    this.#step = 'heads'
    await this.#link.call('keepHeads', this.#headsToKeep.isDue)
    this.#headsToKeep = undefined
  }

  async #writeBeginning(begun: RunBegun): Promise<void> {
    const isRecorded = await this.#link.call('begin', begun)
    if (!isRecorded) void this.#beginOnceLasting(begun)
    this.#begun = undefined
    this.#isHeadToLog = true
    this.#headsToKeep = { isDue: false }
  }

  async #writeWaiting(): Promise<void> {
    this.#takeUnknownMore()
    const records = this.#waiting.slice()
    if (records.length === 0) return
    await this.#link.call('add', records)
    this.#waiting.splice(0, records.length)
    this.#unknownWaiting = 0
    // After the end of a run there is mostly nothing more to record.
    this.#headsToKeep = { isDue: records.some(({ event }) => RUN_ENDS.has(event)) }
  }

  /** A gateway that falls again and again does not come so far. */
  async #beginOnceLasting(begun: RunBegun): Promise<void> {
    await this.#parts.clock.sleep(LASTING_MS, this.#over.signal)
    if (this.#over.signal.aborted) return
    this.#begun = { ...begun, hasLasted: true }
    this.#writing ??= this.#write()
  }

  /** Not while the disk takes none: with each try one more would wait. */
  #takeUnknownMore(): void {
    if (!this.#unknownMore || this.#trouble) return
    const { record, times } = this.#unknownMore
    this.#unknownMore = undefined
    this.#waiting.push({
      ...record,
      what: `${record.what}, the last of ${times} more calls of callers who were not let in`,
    })
  }

  /** Where the log is kept elsewhere, it proves later that the trail was not made again as a whole. */
  #logHead({ gateway: { seq, hash } }: TrailHeads): void {
    this.#parts.log.info(
      { event: 'audit-trail-head', seq, hash },
      `the audit trail has ${seq} records: ${hash}`,
    )
  }

  #found(error: unknown): void {
    if (!(error instanceof StoreError)) throw error
    const { clock, log } = this.#parts
    const before = this.#trouble
    const what = `${CANNOT[this.#step]}: ${error.message}`
    const hint = error.hint ?? 'check the disk; what is done meanwhile is written once it can be'
    this.#trouble = {
      ...{ code: AUDIT_TROUBLES.trail, what, hint },
      sinceMs: before?.sinceMs ?? clock.now().wallMs,
    }
    if (!before) log.warn({ event: 'trouble-began', code: AUDIT_TROUBLES.trail }, withHint(what, hint))
  }

  #written(): void {
    if (!this.#trouble) return
    this.#trouble = undefined
    const { log } = this.#parts
    const lost = this.#lost === 0 ? '' : `; ${this.#lost} records could not be kept`
    this.#lost = 0
    log.info({ event: 'trouble-over', code: AUDIT_TROUBLES.trail }, `over: the audit trail is written${lost}`)
  }
}

class TrailLink extends FileLink<TrailCalls, TrailSetup> {
  constructor(setup: TrailSetup, thread: CalledThread = filesThread('audit trail')) {
    const module = threadFile(import.meta.url, './own')
    super({ thread, module, setup, owned: 'the audit trail', errorOf: trailError })
  }
}

function trailError({ message, hint }: ThreadFault): StoreError {
  return new StoreError(AUDIT_TROUBLES.trail, message, {
    retryable: true,
    ...(hint !== undefined && { hint }),
  })
}

function bounded(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text
}
