/**
 * Pushes one batch in one transaction. Under the lock of the stream, the destination must have come exactly up to the batch;
 * else nothing is done. Events that it refuses for themselves go into quarantine in that same transaction.
 */
import type { DestinationSession, StreamHead } from '../domain/destination.ts'
import type { LogIdentity, LogPosition, StoredEvent } from '../domain/outbox.ts'
import { applyAround, isRowRefusal, type SetAside } from './quarantine.ts'
import { standsAt } from './resync.ts'

/**
 * Rows of a batch that is searched for refused ones. If all are refused (a machine that it does not know), this
 * bounds the statements of one transaction to three times as many. The rest of the batch is pushed next.
 */
const CAREFUL_ROWS_MAX = 200

/** Events to push, and where they begin. */
export interface Batch {
  readonly identity: LogIdentity
  /** How far the destination had come when last seen: just before the first of the events. */
  readonly from: LogPosition
  /** In order, without gaps, at least one. */
  readonly events: readonly StoredEvent[]
  /** Which of them the route takes; the others' numbers count as delivered. */
  readonly takes: (event: StoredEvent) => boolean
  /** Called when the rows are on their way, long before the answer comes. */
  readonly sent?: () => void
}

/** `moved`: the destination is not where the batch begins, and nothing was written. */
export type Pushed =
  | { readonly kind: 'landed'; readonly at: LogPosition; readonly setAside: readonly SetAside[] }
  | { readonly kind: 'moved' }

/**
 * Pushes a batch; where an event of it is refused for itself, its first events are pushed without those that are refused.
 * @throws DestinationError when the batch did not land, or its outcome is not known
 */
export async function push(session: DestinationSession, batch: Batch): Promise<Pushed> {
  try {
    return await pushWhole(session, batch)
  } catch (error) {
    if (!isRowRefusal(error)) throw error
    return pushCarefully(session, { ...batch, events: batch.events.slice(0, CAREFUL_ROWS_MAX) })
  }
}

function pushWhole(session: DestinationSession, batch: Batch): Promise<Pushed> {
  return session.transaction(async (transaction) => {
    if (!isBefore(transaction.head, batch)) return { kind: 'moved' }
    const applying = transaction.apply(batch.events.filter(batch.takes), { guarded: false })
    batch.sent?.()
    await applying
    const at = endOf(batch)
    await transaction.advance(at)
    return { kind: 'landed', at, setAside: [] }
  })
}

function pushCarefully(session: DestinationSession, batch: Batch): Promise<Pushed> {
  return session.transaction(async (transaction) => {
    if (!isBefore(transaction.head, batch)) return { kind: 'moved' }
    const setAside = await applyAround(transaction, batch.events.filter(batch.takes))
    const at = endOf(batch)
    await transaction.advance(at)
    return { kind: 'landed', at, setAside }
  })
}

function isBefore(head: StreamHead | undefined, { identity, from }: Batch): boolean {
  return standsAt(head, identity, from)
}

function endOf({ events, from }: Batch): LogPosition {
  const { seq, hash } = events.at(-1) ?? from
  return { seq, hash }
}
