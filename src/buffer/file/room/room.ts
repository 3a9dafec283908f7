/**
 * Keeps room for new events: by age, by size, and when the disk itself is full. It never removes what a consumer that must
 * deliver has not acknowledged, unless that one yields and there is no other way to make room.
 */
import { StoreError } from '../../../domain/errors.ts'
import { checkpoint, type DatabaseHandle } from '../../../sqlite/database.ts'
import { isDiskFull } from '../../../sqlite/store-fault.ts'
import { BUFFER_TROUBLES, heldOpenText } from '../../health.ts'
import type { Notice, WorkerSetup } from '../../messages.ts'
import type { Cursors } from '../cursors.ts'
import type { EventLog } from '../event-log.ts'
import { Reserve } from './reserve.ts'
import { CHUNK_ROWS_MAX, removeOldest } from './retention.ts'
import type { UsedSpace } from './used-space.ts'

/** Chunks that one commit may remove before its time when the buffer is at its bound; then the commit is tried again later. */
const EARLY_CHUNKS_MAX = 8
/** Below this share of its bound the buffer counts as roomy again, and the next early removal is logged again. */
const ROOMY_SHARE = 0.8

interface Store {
  readonly db: DatabaseHandle
  readonly log: EventLog
  readonly cursors: Cursors
  readonly used: UsedSpace
}

/** Whether there is room for a group, and how to make some. */
export class Room {
  readonly #store: Store
  readonly #setup: WorkerSetup
  readonly #notify: (notice: Omit<Notice, 'kind'>) => void
  readonly #reserve: Reserve
  #saidEarly = false
  #saidYielding = false
  #saidNoReserve = false

  constructor(store: Store, setup: WorkerSetup, notify: (notice: Omit<Notice, 'kind'>) => void) {
    this.#store = store
    this.#setup = setup
    this.#notify = notify
    this.#reserve = reserveOf(setup)
  }

  /** @throws StoreError when the buffer is full of events that are not delivered yet */
  beforeStoring(): void {
    for (let chunk = 0; chunk < EARLY_CHUNKS_MAX && this.#isFull(); chunk += 1) {
      if (this.#removeEarly('the buffer is at its bound') === 0) break
    }
    if (!this.#isFull()) return
    const { used, cursors } = this.#store
    throw used.heldOpenBytes > 0
      ? bufferHeldOpen(this.#setup, used.heldOpenBytes)
      : bufferFull(this.#setup, cursors.holdingBack)
  }

  /** On a full disk: gives up the reserve, empties the write-ahead log, then removes the oldest acknowledged events. */
  afterFailure(error: unknown): void {
    if (!isDiskFull(error)) return
    if (this.#reserve.release()) this.#notify(reserveGivenUp(this.#setup))
    try {
      checkpoint(this.#store.db)
      this.#removeEarly('the disk is full')
    } catch (secondError) {
      // All of this takes some room too. The caller's failure is the one to report, and storing is tried again.
      if (!isDiskFull(secondError)) throw secondError
    }
  }

  /** Does something that needs space on the disk; where there is none, once more after making some. @throws what it throws then */
  makeFor(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (!isDiskFull(error)) throw error
      this.afterFailure(error)
      work()
    }
  }

  /**
   * Removes one chunk of the events whose retention is over, as far as no consumer needs them.
   * @param upToSeq the last event whose retention is over
   * @returns whether there may be more to remove
   */
  trim(upToSeq: number): boolean {
    const { used } = this.#store
    used.forget()
    if (used.bytes < this.#setup.maxBytes * ROOMY_SHARE) {
      this.#saidEarly = false
      this.#saidYielding = false
    }
    const removed = this.#remove(Math.min(upToSeq, this.#store.cursors.removableUpTo()))
    if (removed === 0) this.#restoreReserve()
    return removed === CHUNK_ROWS_MAX
  }

  /** Without a reserve everything goes on; it is tried again with the next look. */
  #restoreReserve(): void {
    try {
      this.#reserve.restore()
      this.#saidNoReserve = false
    } catch (error) {
      if (this.#saidNoReserve) return
      this.#saidNoReserve = true
      this.#notify({
        level: 'warn',
        fields: { event: 'buffer-reserve-missing', error: String(error) },
        message: 'buffer: the reserve was not made',
      })
    }
  }

  #isFull(): boolean {
    return this.#store.used.bytes >= this.#setup.maxBytes
  }

  #removeEarly(reason: string): number {
    const { cursors } = this.#store
    const removed = this.#remove(cursors.removableUpTo())
    if (removed === 0) return this.#removeUnread(reason)
    if (!this.#saidEarly) {
      this.#saidEarly = true
      const message = `buffer: ${reason}, so acknowledged events go before their retention is over, oldest first`
      this.#notify({
        level: 'warn',
        fields: { event: 'buffer-removed-early', upToSeq: this.#store.log.pruned.seq },
        message,
      })
    }
    return removed
  }

  /** Removes events that were read by all but consumers that yield. @returns how many */
  #removeUnread(reason: string): number {
    const { log, cursors } = this.#store
    const removed = this.#remove(cursors.removableInNeed())
    if (removed > 0 && !this.#saidYielding) {
      this.#saidYielding = true
      const names = cursors.deprived.join(' and ')
      const message = `buffer: ${reason}, so the oldest events go although ${names} has not got them`
      this.#notify({ level: 'error', fields: { event: 'buffer-yielded', upToSeq: log.pruned.seq }, message })
    }
    return removed
  }

  #remove(upToSeq: number): number {
    const { db, log, cursors, used } = this.#store
    cursors.save()
    const removed = removeOldest(db, log, upToSeq)
    if (removed > 0) used.forget()
    return removed
  }
}

export function reserveOf({ file, reserveBytes }: WorkerSetup): Reserve {
  return new Reserve(`${file}.reserve`, reserveBytes)
}

export function reserveGivenUp({ reserveBytes }: WorkerSetup): Omit<Notice, 'kind'> {
  const message = `buffer: the disk is full; the reserve of ${reserveBytes} bytes was given up for it`
  return { level: 'error', fields: { event: 'buffer-reserve-given-up' }, message }
}

function bufferHeldOpen({ file, maxBytes }: WorkerSetup, heldOpenBytes: number): StoreError {
  const { what, hint } = heldOpenText(heldOpenBytes)
  const message = `buffer ${file} has reached its ${maxBytes} bytes: ${what}`
  return new StoreError(BUFFER_TROUBLES.heldOpen, message, { retryable: true, hint })
}

function bufferFull({ file, maxBytes }: WorkerSetup, holdingBack: readonly string[]): StoreError {
  const names = holdingBack.join(' and ')
  return new StoreError(
    'buffer-full',
    `buffer ${file} holds its ${maxBytes} bytes of events that are not acknowledged yet by ${names}`,
    { retryable: true, hint: `bring ${names} back, or raise buffer.max_size` },
  )
}
