/**
 * Group commit: whatever arrives while one group is being stored goes into the next, in the order of the calls.
 *
 * A group that cannot be stored is tried again until it can, and everything behind it waits: nothing is dropped, nothing
 * overtakes. Where trying again does not help, the log has failed: nothing more is stored, so that no later group ever stands
 * behind a hole. An entry's promise never resolves before its commit. On a quick disk the next group is sent before the answer to
 * the first has come, so that the disk does not wait for messages between the threads. Each group carries a turn number,
 * and the other thread refuses group n + 1 as long as group n is not stored.
 */
import type { Durations } from '../domain/durations.ts'
import { StoreError } from '../domain/errors.ts'
import type { EventCodec } from '../domain/events/codec.ts'
import type { OutboxEntry } from '../domain/outbox.ts'
import { type Backoff, backoff } from '../runtime/backoff.ts'
import type { Clock } from '../runtime/clock.ts'
import { DurationTally } from '../runtime/duration-tally.ts'
import type { Log } from '../runtime/log.ts'
import { within } from '../runtime/within.ts'
import { isUnknownFault } from '../sqlite/store-fault.ts'
import { GrowingGroup, packEntry } from './growing-group.ts'
import { BUFFER_TROUBLES } from './health.ts'
import { type Group, OUT_OF_TURN } from './messages.ts'

const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 5_000
/** A disk that is busy this long with one group counts as blocked. */
const SLOW_AFTER_MS = 5_000
/**
 * While no commit runs, a group this large is stored at once. A smaller one waits until the code that runs now has ended, so
 * that all entries of one poll become one commit.
 */
const EVENTS_WORTH_STARTING = 200
/**
 * A commit quicker than this takes hardly longer than the messages between the threads, so the next group is sent ahead. On a
 * slower disk that would only make entries wait for two commits.
 */
const QUICK_COMMIT_MS = 5
/**
 * A fault that nobody has thought of is waited out this many times, which is some three minutes. Then a new process has better
 * prospects: it begins with what is on disk.
 */
const UNKNOWN_ATTEMPTS_MAX = 40
/** There is no room, and an acknowledged event may be removed to make some. */
const NO_ROOM: ReadonlySet<string> = new Set(['buffer-full', 'buffer-disk-full'])
/** From a quick SSD to a card that is at its end. */
const COMMIT_BOUNDS_MS = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000]
const SENT_MAX_QUICK = 2
const SENT_MAX_SLOW = 1

/** How groups are stored, and who is to know. */
export interface GroupCommitOptions {
  /** @throws StoreError, retryable where the same group should be tried again */
  readonly store: (turn: number, group: Group) => Promise<void>
  /** Called after each commit that stored events. */
  readonly onStored: () => void
  /** Called once, when nothing can be stored any more. */
  readonly onFailed: (failure: StoreError) => void
  readonly encode: EventCodec['encode']
  readonly bootId: string
  readonly clock: Clock
  readonly log: Log
}

/** Takes entries, and stores them in groups. */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #abort = new AbortController()
  readonly #queue: GrowingGroup[] = []
  #sent = 0
  #lastTurn = 0
  #lastSettled: Promise<void> = Promise.resolve()
  /** Since when the disk has been busy with the oldest group that was sent. */
  #busySinceMs = 0
  #lastCommitMs = Number.POSITIVE_INFINITY
  readonly #commitTimes = new DurationTally(COMMIT_BOUNDS_MS)
  #uncommitted = 0
  #blocked: string | null = null
  /** Ends the pause before the next try, while a group waits for room. */
  #waitsForRoom: { readonly made: AbortController; readonly notBeforeMs: number } | undefined
  #isScheduled = false
  #isClosed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Entries not yet stored. */
  get uncommitted(): number {
    return this.#uncommitted
  }

  /** How long the disk took for each group that it has stored. */
  get commitTimes(): Durations {
    return this.#commitTimes.soFar
  }

  /** Why nothing is being stored, in words, or null. */
  get blocked(): string | null {
    if (this.#blocked !== null || this.#sent === 0) return this.#blocked
    const busyMs = this.#nowMs() - this.#busySinceMs
    if (busyMs < SLOW_AFTER_MS) return null
    return `the disk has been busy with one write for ${Math.round(busyMs / 1000)} s`
  }

  /**
   * Resolves when the entry is stored.
   * @throws StoreError when it never will be, or after the close; TypeError for what JSON cannot say
   */
  append(entry: OutboxEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closed()
      const packed = packEntry(entry, this.#options.encode)
      let group = this.#queue.at(-1)
      if (!group?.fits(packed)) {
        group = new GrowingGroup(this.#options.bootId)
        this.#queue.push(group)
      }
      group.add(packed, { resolve, reject })
      this.#uncommitted += 1
      this.#schedule(group)
    })
  }

  /** A consumer has acknowledged something, so that there may be room: a group that waits for some is tried again soon. */
  roomMayBeMade(): void {
    const waiting = this.#waitsForRoom
    if (!waiting) return
    const leftMs = waiting.notBeforeMs - this.#nowMs()
    if (leftMs <= 0) waiting.made.abort()
    else this.#options.clock.after(leftMs, () => waiting.made.abort())
  }

  /** Stores what is queued, for at most `maxMs`; what is left then is refused. */
  async close(maxMs: number): Promise<void> {
    this.#isClosed = true
    this.#sendNext()
    const callOff = this.#options.clock.after(maxMs, () => this.#abort.abort())
    while (this.#sent > 0) await this.#lastSettled
    callOff()
  }

  #schedule(group: GrowingGroup): void {
    if (this.#sent === 0 && group.payloads.length >= EVENTS_WORTH_STARTING) this.#sendNext()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      queueMicrotask(() => {
        this.#isScheduled = false
        this.#sendNext()
      })
    }
  }

  #sendNext(): void {
    const sentMax = this.#lastCommitMs < QUICK_COMMIT_MS ? SENT_MAX_QUICK : SENT_MAX_SLOW
    while (this.#sent < sentMax) {
      const group = this.#queue.shift()
      if (!group) return
      if (this.#sent === 0) this.#busySinceMs = this.#nowMs()
      this.#sent += 1
      this.#lastTurn += 1
      this.#lastSettled = this.#settle(this.#lastTurn, group, this.#lastSettled)
    }
  }

  async #settle(turn: number, group: GrowingGroup, before: Promise<void>): Promise<void> {
    const failure = await this.#storeUntilDone(turn, group.asMessage(), before)
    this.#uncommitted -= group.callers.length
    this.#sent -= 1
    this.#lastCommitMs = this.#nowMs() - this.#busySinceMs
    this.#busySinceMs += this.#lastCommitMs
    if (!failure) this.#commitTimes.add(this.#lastCommitMs)
    // The disk begins with the next group before this one's callers go on.
    this.#sendNext()
    for (const { resolve, reject } of group.callers) {
      if (failure) reject(failure)
      else resolve()
    }
    if (!failure && group.payloads.length > 0) this.#options.onStored()
  }

  /** @returns why the group will never be stored by this process; undefined when it is */
  async #storeUntilDone(turn: number, group: Group, before: Promise<void>): Promise<StoreError | undefined> {
    const delays = backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random: () => 1 })
    for (let unknownFaults = 0; ; ) {
      const triedAtMs = this.#nowMs()
      const failure = await this.#storeOnce(turn, group)
      if (failure?.code === OUT_OF_TURN) {
        await before
        continue
      }
      this.#setBlocked(failure)
      if (!failure || this.#abort.signal.aborted) return failure
      unknownFaults = isUnknownFault(failure) ? unknownFaults + 1 : 0
      if (!failure.retryable || unknownFaults === UNKNOWN_ATTEMPTS_MAX) return this.#fail(failure)
      await this.#pause(failure, delays, this.#nowMs() - triedAtMs)
    }
  }

  /** Acknowledgements come by the dozen each second: however often, the thread has as long for those who read as for each try. */
  async #pause({ code }: StoreError, delays: Backoff, tookMs: number): Promise<void> {
    const roomMade = new AbortController()
    if (NO_ROOM.has(code)) this.#waitsForRoom = { made: roomMade, notBeforeMs: this.#nowMs() + tookMs }
    await this.#options.clock.sleep(delays.next(), AbortSignal.any([this.#abort.signal, roomMade.signal]))
    this.#waitsForRoom = undefined
    // Where that was not enough yet, more of it follows soon.
    if (roomMade.signal.aborted) delays.reset()
  }

  async #storeOnce(turn: number, group: Group): Promise<StoreError | undefined> {
    const { signal } = this.#abort
    // A later, smaller group might still fit on a full disk: after giving up on one, none behind it may be stored.
    if (signal.aborted) return closed()
    try {
      const stored = this.#options.store(turn, group).then(() => undefined)
      return await within(stored, { clock: this.#options.clock, signal }, closed)
    } catch (error) {
      if (error instanceof StoreError) return error
      return new StoreError('buffer-fault', `buffer: ${String(error)}`, { retryable: false, cause: error })
    }
  }

  #fail(failure: StoreError): StoreError {
    this.#isClosed = true
    this.#abort.abort()
    this.#options.onFailed(failure)
    return failure
  }

  #nowMs(): number {
    return this.#options.clock.now().monoMs
  }

  #setBlocked(failure: StoreError | undefined): void {
    const { log } = this.#options
    const reason = failure ? [failure.message, failure.hint].filter(Boolean).join('; ') : null
    if (reason !== null && this.#blocked === null) {
      const fields = { code: BUFFER_TROUBLES.blocked, cause: reason, uncommitted: this.#uncommitted }
      log.error({ event: 'trouble-began', ...fields }, 'buffer: nothing can be stored; events wait')
    }
    if (reason === null && this.#blocked !== null)
      log.info({ event: 'trouble-over', code: BUFFER_TROUBLES.blocked }, 'buffer: events are stored again')
    this.#blocked = reason
  }
}

function closed(): StoreError {
  return new StoreError('buffer-closed', 'the buffer was closed before this entry was stored', {
    retryable: false,
  })
}
