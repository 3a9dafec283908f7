/** Pushes the events of the outbox batch by batch, and reads the next batch while the last one is being pushed. */
import type { DestinationSession } from '../domain/destination.ts'
import type { LogPosition, StoredEvent } from '../domain/outbox.ts'
import { acknowledge } from './acknowledge.ts'
import { type BatchSize, type Gatherer, gather } from './batches.ts'
import { type Batch, type Pushed, push } from './push.ts'

/** What a drain works with, besides the session. */
export interface Drain extends Gatherer {
  /** Whether the route takes an event. */
  readonly takes: (event: StoredEvent) => boolean
  readonly size: BatchSize
  /** Called after each batch that has landed. */
  readonly landed: (pushed: Extract<Pushed, { kind: 'landed' }>) => void
}

/**
 * Drains from a position on, until `untilMs` on the monotonic clock, and only while `may` is true.
 * @returns how far the destination has come; undefined when it is not where it was thought to be
 * @throws DestinationError, StoreError
 */
export async function drain(
  { session, from }: { readonly session: DestinationSession; readonly from: LogPosition },
  parts: Drain,
  wait: { readonly untilMs: number; readonly may: () => boolean },
): Promise<LogPosition | undefined> {
  const { outbox, clock, consumer, size } = parts
  const goesOn = () => wait.may() && clock.now().monoMs < wait.untilMs
  let position = from
  // Events that waited for the destination are pushed at once. Later ones wait for more, so that a batch is worth its round trip.
  let ready = await outbox.read(position.seq, size.rows, consumer)
  /** Whether the local cursor still has to be moved up to `position`. */
  let behind = false
  while (goesOn()) {
    const batch = { afterSeq: position.seq, rows: size.rows }
    const events = ready.length > 0 ? ready : await gather(parts, batch, wait)
    const last = events.at(-1)
    if (!last) return position
    const sent = Promise.withResolvers<void>()
    const [pushed, next] = await Promise.all([
      pushFrom(position, { events, sent: sent.resolve }, session, parts).finally(sent.resolve),
      // Only once the rows are on their way, because reading keeps this thread busy.
      sent.promise.then(() => outbox.read(last.seq, size.rows, consumer)),
      behind ? acknowledge(parts, position.seq) : undefined,
    ])
    if (pushed.kind === 'moved') return undefined
    position = pushed.at
    ready = follows(next, position) && next.length >= size.rows ? next : []
    // During a backlog the cursor follows while the next batch is on its way.
    behind = ready.length > 0 && goesOn()
    if (!behind) await acknowledge(parts, position.seq)
    parts.landed(pushed)
  }
  return position
}

async function pushFrom(
  from: LogPosition,
  batch: Pick<Batch, 'events' | 'sent'>,
  session: DestinationSession,
  { outbox, takes, size }: Drain,
): Promise<Pushed> {
  // Retention has removed events that a refill still needed: both sides must be compared again, and the gap named.
  if (!follows(batch.events, from)) return { kind: 'moved' }
  try {
    const pushed = await push(session, { ...batch, takes, identity: outbox.identity, from })
    size.grow()
    return pushed
  } catch (error) {
    size.shrink()
    throw error
  }
}

function follows([first]: readonly StoredEvent[], position: LogPosition): boolean {
  return first?.seq === position.seq + 1
}
