/**
 * Group commit: whatever arrives while one group is being stored goes into the next, in the order of the calls.
 *
 * A group that cannot be stored is tried again until it can, and everything behind it waits: nothing is dropped, nothing
 * overtakes. An entry's promise never resolves before its commit.
 */
import { StoreError } from '../domain/errors.ts'
import type { OutboxEntry } from '../domain/outbox.ts'
import { backoff } from '../runtime/backoff.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { GrowingGroup, packEntry } from './growing-group.ts'
import type { Group } from './messages.ts'

const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 5_000
/** A disk that is busy this long with one group counts as blocked. */
const SLOW_AFTER_MS = 5_000
/** A group this large is stored at once; a smaller one waits for the rest of its tick, so that a tick costs one commit. */
const EVENTS_WORTH_STARTING = 200

export interface GroupCommitOptions {
  /** @throws StoreError, retryable where the same group should be tried again */
  readonly store: (group: Group) => Promise<void>
  /** Called after each commit that stored events. */
  readonly onStored: () => void
  readonly bootId: string
  readonly clock: Clock
  readonly log: Log
}

export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #abort = new AbortController()
  readonly #queue: GrowingGroup[] = []
  #storing: Promise<void> | undefined
  #storingSinceMs = 0
  #uncommitted = 0
  #blocked: string | null = null
  #isScheduled = false
  #isClosed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Entries not yet stored. */
  get uncommitted(): number {
    return this.#uncommitted
  }

  /** Why nothing is being stored, in words, or null. */
  get blocked(): string | null {
    if (this.#blocked !== null || !this.#storing) return this.#blocked
    const busyMs = this.#options.clock.now().monoMs - this.#storingSinceMs
    if (busyMs < SLOW_AFTER_MS) return null
    return `the disk has been busy with one write for ${Math.round(busyMs / 1000)} s`
  }

  append(entry: OutboxEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closed()
      const packed = packEntry(entry)
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

  /** Stores what is queued, for at most `maxMs`; what is left then is refused. */
  async close(maxMs: number): Promise<void> {
    this.#isClosed = true
    this.#storeNext()
    const callOff = this.#options.clock.after(maxMs, () => this.#abort.abort())
    while (this.#storing) await this.#storing
    callOff()
  }

  #schedule(group: GrowingGroup): void {
    if (group.payloads.length >= EVENTS_WORTH_STARTING) this.#storeNext()
    else if (!this.#storing && !this.#isScheduled) {
      this.#isScheduled = true
      queueMicrotask(() => {
        this.#isScheduled = false
        this.#storeNext()
      })
    }
  }

  #storeNext(): void {
    if (this.#storing) return
    const group = this.#queue.shift()
    if (group) this.#storing = this.#settle(group)
  }

  async #settle(group: GrowingGroup): Promise<void> {
    const failure = await this.#storeAtLast(group.asMessage())
    this.#uncommitted -= group.callers.length
    // The disk goes on with the next group while this one's callers are told.
    this.#storing = undefined
    this.#storeNext()
    for (const { resolve, reject } of group.callers) {
      if (failure) reject(failure)
      else resolve()
    }
    if (!failure && group.payloads.length > 0) this.#options.onStored()
  }

  /** @returns why the group will never be stored; undefined when it is */
  async #storeAtLast(group: Group): Promise<StoreError | undefined> {
    const { clock } = this.#options
    const delays = backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random: () => 1 })
    this.#storingSinceMs = clock.now().monoMs
    for (;;) {
      const failure = await this.#storeOnce(group)
      this.#setBlocked(failure)
      if (!failure?.retryable) return failure
      await clock.sleep(delays.next(), this.#abort.signal)
    }
  }

  async #storeOnce(group: Group): Promise<StoreError | undefined> {
    const { signal } = this.#abort
    // A later, smaller group might still fit on a full disk: after giving up on one, none behind it may be stored.
    if (signal.aborted) return closed()
    try {
      await unlessAborted(this.#options.store(group), signal)
      return undefined
    } catch (error) {
      if (error instanceof StoreError) return error
      return new StoreError('store', `buffer: ${String(error)}`, { retryable: false, cause: error })
    }
  }

  #setBlocked(failure: StoreError | undefined): void {
    const { log } = this.#options
    const reason = failure ? [failure.message, failure.hint].filter(Boolean).join('; ') : null
    if (reason !== null && this.#blocked === null) {
      log.error({ reason, uncommitted: this.#uncommitted }, 'buffer: nothing can be stored; events wait')
    }
    if (reason === null && this.#blocked !== null) log.info({}, 'buffer: events are stored again')
    this.#blocked = reason
  }
}

function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = () => reject(closed())
    signal.addEventListener('abort', refuse, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', refuse))
  })
}

function closed(): StoreError {
  return new StoreError('buffer-closed', 'the buffer was closed before this entry was stored', {
    retryable: false,
  })
}
