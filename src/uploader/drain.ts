/** Pushes the events of the outbox batch by batch, and reads the next batch while the last one is being pushed. */
import type { DestinationSession, RefusedEvent } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { LogPosition, StoredEvent } from '../domain/outbox.ts'
import { acknowledge } from './acknowledge.ts'
import { type BatchSize, type Gatherer, gather } from './batches.ts'
import type { Judge } from './blame.ts'
import { type Batch, type Pushed, push, pushAround } from './push.ts'
import type { PushTally } from './push-tally.ts'
import type { Stride } from './search.ts'

/** Events that a batch is searched with at least: what is behind a refused event shows whether the table is to blame. */
const SEARCH_ROWS_MIN = 500
/** A refused batch is searched with at most so many. */
export const SEARCH_ROWS_MAX = 2_000

/** What a drain works with, besides the session. */
export interface Drain extends Gatherer {
  /** Whether the route takes an event. */
  readonly takes: (event: StoredEvent) => boolean
  readonly size: BatchSize
  /** What is known of refusals, from one batch to the next. */
  readonly judge: Judge
  readonly stride: Stride
  /** How far others have moved the stream; see `Route.ridden`. */
  readonly ridden: () => LogPosition | undefined
  /** Counts what lands. */
  readonly tally: PushTally
  /** Called after each batch that has landed. */
  readonly landed: (pushed: Extract<Pushed, { kind: 'landed' }>) => void
}

/** Events that were read, and those among them that the route takes. */
type Page = Pick<Batch, 'events' | 'wanted'>

const NO_PAGE: Page = { events: [], wanted: [] }

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
  const pageOf = (events: readonly StoredEvent[]): Page => {
    const wanted = events.filter(parts.takes)
    if (wanted.length > 0) session.prepare?.(wanted)
    return { events, wanted }
  }
  // Events that waited for the destination are pushed at once. Later ones wait for more, so that a batch is worth its round trip.
  let ready = pageOf(await outbox.read(position.seq, size.rows, consumer))
  /** Whether the local cursor still has to be moved up to `position`. */
  let behind = false
  while (goesOn()) {
    const batch = { afterSeq: position.seq, rows: size.rows }
    const { events, wanted } = ready.events.length > 0 ? ready : pageOf(await gather(parts, batch, wait))
    const ridden = parts.ridden()
    if (ridden && ridden.seq > position.seq) {
      // Another route has brought these along. Where it has not, the lock of the stream shows it at the next push.
      position = ridden
      ready = NO_PAGE
      await acknowledge(parts, position.seq)
      continue
    }
    const last = events.at(-1)
    if (!last) return position
    const sent = Promise.withResolvers<void>()
    const beganMs = clock.now().monoMs
    const [pushed, next] = await Promise.all([
      pushFrom(position, { events, wanted, sent: sent.resolve }, session, parts)
        .then((outcome) => counted(outcome, { position, beganMs }, parts))
        .finally(sent.resolve),
      // Only once the rows are on their way, because reading keeps this thread busy.
      sent.promise.then(async () => {
        const ahead = await outbox.read(last.seq, size.rows, consumer)
        // Less than a full one is read again together with what comes until then.
        return ahead.length >= size.rows ? pageOf(ahead) : NO_PAGE
      }),
      behind ? acknowledge(parts, position.seq) : undefined,
    ])
    if (pushed.kind === 'moved') return undefined
    position = pushed.at
    ready = follows(next.events, position) && next.events.length >= size.rows ? next : NO_PAGE
    // Where the next batch need not wait for events, the cursor follows while it is on its way.
    behind = (ready.events.length > 0 || (await isWaiting(parts, position))) && goesOn()
    if (!behind) await acknowledge(parts, position.seq)
    parts.landed(pushed)
  }
  return position
}

/** Whether there are events behind a position that are pushed without waiting for more. */
async function isWaiting({ outbox, lingerMs }: Drain, { seq }: LogPosition): Promise<boolean> {
  return lingerMs <= 0 && (await outbox.stats()).lastSeq > seq
}

function counted(
  pushed: Pushed,
  { position, beganMs }: { readonly position: LogPosition; readonly beganMs: number },
  { tally, clock }: Drain,
): Pushed {
  if (pushed.kind === 'landed') tally.landed(pushed.at.seq - position.seq, clock.now().monoMs - beganMs)
  return pushed
}

async function pushFrom(
  from: LogPosition,
  batch: Pick<Batch, 'events' | 'wanted' | 'sent'>,
  session: DestinationSession,
  parts: Drain,
): Promise<Pushed> {
  const { outbox, takes, size, judge } = parts
  // Retention has removed events that a refill still needed: both sides must be compared again, and the gap named.
  if (!follows(batch.events, from)) return { kind: 'moved' }
  // As a whole it would only be refused once more.
  if (batch.events.some((event) => judge.isSuspect(event))) return searchFrom(from, session, parts)
  try {
    const pushed = await push(session, { ...batch, takes, identity: outbox.identity, from })
    size.grow()
    if (pushed.kind === 'landed') judge.landed(without(batch.events, pushed.setAside))
    return pushed
  } catch (error) {
    if (error instanceof DestinationError && error.isAboutRows) return searchFrom(from, session, parts)
    size.shrink(batch.events.length)
    throw error
  }
}

/** Pushes around what is refused, with enough events behind it to see whose fault that is. */
async function searchFrom(
  from: LogPosition,
  session: DestinationSession,
  { outbox, consumer, takes, size, ...tools }: Drain,
): Promise<Pushed> {
  const rows = Math.min(Math.max(size.rows, SEARCH_ROWS_MIN), SEARCH_ROWS_MAX)
  const events = await outbox.read(from.seq, rows, consumer)
  if (!follows(events, from)) return { kind: 'moved' }
  return pushAround(session, { events, takes, identity: outbox.identity, from }, tools)
}

function without(events: readonly StoredEvent[], refused: readonly RefusedEvent[]): readonly StoredEvent[] {
  if (refused.length === 0) return events
  const left = new Set(refused.map(({ event }) => event))
  return events.filter((event) => !left.has(event))
}

function follows([first]: readonly StoredEvent[], position: LogPosition): boolean {
  return first?.seq === position.seq + 1
}
