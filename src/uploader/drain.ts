/** Pushes the events of the outbox batch by batch, and reads what follows while the last page is on its way. */
import type { DestinationSession, Landed } from '../domain/destination.ts'
import { DestinationError } from '../domain/errors.ts'
import type { LogPosition, StoredEvent } from '../domain/outbox.ts'
import { acknowledge } from './acknowledge.ts'
import { type BatchSize, type Gatherer, gather } from './batches.ts'
import type { Judge } from './blame.ts'
import { follows, GrowingBatch, type ReadPage } from './growing-batch.ts'
import { type Pushed, push, pushAround } from './push.ts'
import type { PushTally } from './push-tally.ts'
import type { Stride } from './search.ts'

/** A refused batch is searched together with events behind it, at least so many in all: they show whether the table is to blame. */
const SEARCH_ROWS_MIN = 500
/** And at most so many. */
export const SEARCH_ROWS_MAX = 2_000

/** What a drain works with, besides the session. */
export interface DrainParts extends Gatherer {
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

/**
 * Drains from a position on, until `untilMs` on the monotonic clock, and only while `may` is true.
 * @returns how far the destination has come; undefined when it is not where it was thought to be
 * @throws DestinationError, StoreError
 */
export async function drain(
  { session, from }: { readonly session: DestinationSession; readonly from: LogPosition },
  parts: DrainParts,
  wait: { readonly untilMs: number; readonly may: () => boolean },
): Promise<LogPosition | undefined> {
  const { outbox, clock, consumer, size, judge } = parts
  const goesOn = () => wait.may() && clock.now().monoMs < wait.untilMs
  let position = from
  const pageOf = (events: readonly StoredEvent[]): ReadPage => {
    const wanted = events.filter(parts.takes)
    if (wanted.length > 0) session.prepare?.(wanted)
    return { events, wanted }
  }
  const readFull = async (afterSeq: number) => {
    const rows = size.pageRows
    const events = await outbox.read(afterSeq, rows, consumer)
    return events.length < rows ? undefined : pageOf(events)
  }
  const isSuspect = (event: StoredEvent) => judge.isSuspect(event)
  // Events that waited for the destination are pushed at once. Later ones wait for more, so that a batch is worth its round trip.
  let ready: ReadPage | undefined = pageOf(await outbox.read(position.seq, size.pageRows, consumer))
  /** The local cursor still has to be moved up to `position`. */
  let isCursorBehind = false
  while (goesOn()) {
    const asked = { afterSeq: position.seq, rows: size.pageRows }
    const first: ReadPage = ready?.events.length ? ready : pageOf(await gather(parts, asked, wait))
    const ridden = parts.ridden()
    if (ridden && ridden.seq > position.seq) {
      // Another route has brought these along. Where it has not, the lock of the stream shows it at the next push.
      position = ridden
      ready = undefined
      await acknowledge(parts, position.seq)
      continue
    }
    if (first.events.length === 0) return position
    const batch = new GrowingBatch(first, { outbox, size, read: readFull, goesOn, isSuspect })
    const [pushed] = await Promise.all([
      pushFrom(position, batch, session, parts),
      isCursorBehind ? acknowledge(parts, position.seq) : undefined,
    ])
    if (pushed.kind === 'moved') return undefined
    position = pushed.at
    parts.landed(pushed)
    ready = await batch.rest(position)
    // Where the next batch need not wait for events, the cursor follows while it is on its way.
    isCursorBehind = (ready !== undefined || (await isWaiting(parts, position))) && goesOn()
    if (!isCursorBehind) await acknowledge(parts, position.seq)
  }
  return position
}

/** Whether there are events behind a position that are pushed without waiting for more. */
async function isWaiting({ outbox, lingerMs }: DrainParts, { seq }: LogPosition): Promise<boolean> {
  return lingerMs <= 0 && (await outbox.stats()).lastSeq > seq
}

async function pushFrom(
  from: LogPosition,
  batch: GrowingBatch,
  session: DestinationSession,
  parts: DrainParts,
): Promise<Pushed> {
  const beganMs = parts.clock.now().monoMs
  const pushed = await pushOrSearch(from, batch, session, parts)
  const tookMs = parts.clock.now().monoMs - beganMs
  if (pushed.kind === 'landed') parts.tally.landed(pushed.at.seq - from.seq, tookMs)
  return pushed
}

async function pushOrSearch(
  from: LogPosition,
  batch: GrowingBatch,
  session: DestinationSession,
  parts: DrainParts,
): Promise<Pushed> {
  const { outbox, size, judge, clock } = parts
  const first = await batch.first()
  // Retention has removed events that a refill still needed: both sides must be compared again, and the gap named.
  if (!follows(first.events, from)) return { kind: 'moved' }
  // As a whole it would only be refused once more.
  if (first.events.some((event) => judge.isSuspect(event))) return searchFrom(from, session, parts)
  const beganMs = clock.now().monoMs
  try {
    const pushed = await push(session, { first, more: batch.more, identity: outbox.identity, from })
    size.grow(clock.now().monoMs - beganMs)
    if (pushed.kind === 'landed') judge.landed(landedOf(batch.events, pushed))
    return pushed
  } catch (error) {
    if (!(error instanceof DestinationError && error.isAboutRows)) {
      size.shrink(batch.events.length)
      throw error
    }
    size.toOnePage()
    return searchFrom(from, session, parts)
  }
}

/** Pushes all but what is refused, reading enough events behind it to see whose fault that is. */
async function searchFrom(
  from: LogPosition,
  session: DestinationSession,
  { outbox, consumer, takes, size, ...tools }: DrainParts,
): Promise<Pushed> {
  const rows = Math.min(Math.max(size.rows, SEARCH_ROWS_MIN), SEARCH_ROWS_MAX)
  const events = await outbox.read(from.seq, rows, consumer)
  if (!follows(events, from)) return { kind: 'moved' }
  return pushAround(session, { events, takes, identity: outbox.identity, from }, tools)
}

/** Those that landed: not those that were set aside, nor the last pages where the destination has left them to the next batch. */
function landedOf(events: readonly StoredEvent[], { at, setAside }: Landed): readonly StoredEvent[] {
  const left = new Set(setAside.map(({ event }) => event))
  return events.filter((event) => event.seq <= at.seq && !left.has(event))
}
