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
import type { Group } from './messages.ts'
import { groupOf, type PackedEntry, packEntry, takeGroup } from './packing.ts'

const RETRY_MIN_MS = 50
const RETRY_MAX_MS = 5_000
/** A disk that is busy this long with one group counts as blocked. */
const SLOW_AFTER_MS = 5_000

export interface GroupCommitOptions {
  /** @throws StoreError, retryable where the same group should be tried again */
  readonly store: (group: Group) => Promise<void>
  readonly onStored: () => void
  readonly bootId: string
  readonly clock: Clock
  readonly log: Log
}

interface Waiting extends PackedEntry {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #abort = new AbortController()
  #queue: Waiting[] = []
  #storing: readonly Waiting[] = []
  #storingSinceMs = 0
  #running: Promise<void> | undefined
  #blocked: string | null = null
  #isClosed = false

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Entries not yet stored. */
  get uncommitted(): number {
    return this.#queue.length + this.#storing.length
  }

  /** Why nothing is being stored, in words, or null. */
  get blocked(): string | null {
    if (this.#blocked !== null || this.#storing.length === 0) return this.#blocked
    const busyMs = this.#options.clock.now().monoMs - this.#storingSinceMs
    if (busyMs < SLOW_AFTER_MS) return null
    return `the disk has been busy with one write for ${Math.round(busyMs / 1000)} s`
  }

  /** Packs at once, so that what the caller changes afterwards does not matter. */
  async append(entry: OutboxEntry): Promise<void> {
    if (this.#isClosed) throw closed()
    const packed = packEntry(entry)
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...packed, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Stores what is queued, for at most `maxMs`; what is left then is refused. */
  async close(maxMs: number): Promise<void> {
    this.#isClosed = true
    const callOff = this.#options.clock.after(maxMs, () => this.#abort.abort())
    await this.#running
    callOff()
  }

  async #run(): Promise<void> {
    // One turn later, so that all of one tick's entries make one group.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      this.#storing = takeGroup(this.#queue)
      await this.#settle(this.#storing)
      this.#storing = []
    }
    this.#running = undefined
  }

  async #settle(entries: readonly Waiting[]): Promise<void> {
    try {
      await this.#storeAtLast(groupOf(entries, this.#options.bootId))
    } catch (error) {
      for (const entry of entries) entry.reject(error as Error)
      return
    }
    for (const entry of entries) entry.resolve()
    if (entries.some((entry) => entry.payloads.length > 0)) this.#options.onStored()
  }

  async #storeAtLast(group: Group): Promise<void> {
    const { clock, store } = this.#options
    const delays = backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS, random: () => 1 })
    this.#storingSinceMs = clock.now().monoMs
    for (;;) {
      try {
        await unlessAborted(store(group), this.#abort.signal)
        this.#setBlocked(null)
        return
      } catch (error) {
        if (!(error instanceof StoreError && error.retryable) || this.#abort.signal.aborted) throw error
        this.#setBlocked(error.hint ? `${error.message}; ${error.hint}` : error.message)
        await clock.sleep(delays.next(), this.#abort.signal)
      }
    }
  }

  #setBlocked(reason: string | null): void {
    const { log } = this.#options
    if (reason !== null && this.#blocked === null) {
      log.error({ reason, uncommitted: this.uncommitted }, 'buffer: nothing can be stored; events wait')
    }
    if (reason === null && this.#blocked !== null) log.info({}, 'buffer: events are stored again')
    this.#blocked = reason
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  if (signal.aborted) reject(closed())
  const refuse = () => reject(closed())
  signal.addEventListener('abort', refuse, { once: true })
  return Promise.race([work, promise]).finally(() => signal.removeEventListener('abort', refuse))
}

function closed(): StoreError {
  return new StoreError('buffer-closed', 'the buffer was closed before this entry was stored', {
    retryable: false,
  })
}
