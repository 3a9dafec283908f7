/**
 * Keeps a gateway of a pair from writing rows of machines that the other one writes: whether it holds the lease is read in the very
 * transaction that writes, and the row of the lease stays as it is until that transaction has ended.
 */
import { escapeLiteral, type QueryResult } from 'pg'
import { DestinationError } from '../../domain/errors.ts'
import type { Event } from '../../domain/events/event.ts'
import { isMachineEvent } from '../../domain/events/machine.ts'
import type { Fence, MovableFence } from '../../domain/lease.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { settingsText } from '../../postgres/begin.ts'
import type { MesTarget } from './target.ts'

/** Why a row that was set aside is not tried again. */
const STANDS_BY = 'this gateway stands by; its rows are tried again when it is the active one of its pair'

/** The fence that a pair moves, and that every link of its route follows. It stands by until it is moved. */
export function createFence(pair: string, idleMaxMs: number): MovableFence {
  const listeners = new Set<() => void>()
  return {
    pair,
    idleMaxMs,
    epoch: null,
    historySeq: 0,
    doubt: () => {
      for (const listener of listeners) listener()
    },
    onDoubt: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The fence of one link. */
export class PairFence {
  readonly #fence: Fence
  readonly #target: MesTarget
  #isHeld = false
  /** Events that were set aside, as they were read in the transaction that is open. */
  #setAside: ReadonlySet<Event> = new Set()

  constructor(fence: Fence, target: MesTarget) {
    this.#fence = fence
    this.#target = target
  }

  /** Statements for the beginning of a transaction. Several may share the lock; whoever takes over must have it alone. */
  get text(): string {
    const { pair, idleMaxMs } = this.#fence
    const limit = settingsText({ idle_in_transaction_session_timeout: `${idleMaxMs}ms` })
    return `${limit}; SELECT holder, epoch::text FROM edge_gateway.lease
      WHERE organization_id = ${this.#target.organizationId} AND pair = ${escapeLiteral(pair)} FOR KEY SHARE`
  }

  /** Takes the answer to the last of those statements. */
  take(answer: QueryResult | undefined): void {
    const lease: { readonly holder: string; readonly epoch: string } | undefined = answer?.rows[0]
    const { epoch } = this.#fence
    this.#isHeld = lease?.holder === this.#target.gateway && epoch !== null && lease.epoch === String(epoch)
    this.#setAside = new Set()
  }

  /** These were set aside once, and are about to be tried again. */
  retried<Kept extends { readonly event: Event }>(rows: readonly Kept[]): readonly Kept[] {
    this.#setAside = new Set(rows.map(({ event }) => event))
    return rows
  }

  /**
   * Lets events pass that this gateway may write.
   * @returns those that have to stay aside, and why
   * @throws DestinationError `wait` where others among them are not its own to write
   */
  judge(stored: readonly StoredEvent[]): ReadonlyMap<StoredEvent, string> {
    const stay = new Map<StoredEvent, string>()
    if (this.#isHeld) return stay
    for (const one of stored) {
      if (!isMachineEvent(one.event)) continue
      if (this.#setAside.has(one.event)) stay.set(one, STANDS_BY)
      else if (one.seq > this.#fence.historySeq) throw this.#notHeld()
    }
    return stay
  }

  #notHeld(): DestinationError {
    const { name, where } = this.#target.link.peer
    const message = `this gateway does not hold the lease of pair "${this.#fence.pair}" in ${name} at ${where}`
    return new DestinationError(`${name}-pair`, message, {
      refusal: 'wait',
      hint: 'nothing to do: what was recorded meanwhile is delivered once it holds it, or is superseded by the other gateway',
    })
  }
}
