/**
 * One connection of a feed: events go to the broker, and the position is written in the book once all of them are acknowledged.
 * A broker that is lost in between gets them again: consumers know a repetition by its id.
 */
import type {
  DestinationSession,
  DestinationTransaction,
  QuarantinedEvent,
  RefusedEvent,
  StreamHead,
} from '../../domain/destination.ts'
import { DestinationError } from '../../domain/errors.ts'
import { isUnreadable } from '../../domain/events/event.ts'
import { eventCodec } from '../../domain/events/index.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { quarantineSummaryOf } from '../../domain/quarantine-summary.ts'
import type { BookLink } from './book/book-link.ts'
import type { BookChange, SetAside } from './book/messages.ts'
import type { FeedContext } from './context.ts'
import type { FeedPublisher } from './format.ts'

interface SessionParts extends Pick<FeedContext, 'now'> {
  readonly book: BookLink
  readonly publisher: Pick<FeedPublisher, 'publish' | 'refresh' | 'troubles'>
  /** Aborted with a DestinationError once the connection is lost. */
  readonly broken: AbortSignal
  /**
   * Of events that the broker has, and whose position is not in the book: a search, or a later session, that tries them again must not
   * repeat them. Events behind one that everybody waits for would be published anew at each try.
   */
  readonly landed: Set<string>
  /** Until when the broker's certificate is valid, ms since 1970; undefined without TLS. */
  readonly certificateEndsMs: number | undefined
  /** Ends the connection. */
  readonly close: () => Promise<void>
}

/** The session; disposing it says goodbye to the broker. */
export function createFeedSession(parts: SessionParts): DestinationSession {
  const { book, publisher, broken, landed, certificateEndsMs, close } = parts
  return {
    clockOffsetMs: 0,
    certificateEndsMs,
    broken,
    isBesideLog: true,
    head: async () => {
      broken.throwIfAborted()
      await publisher.refresh()
      return book.call('head')
    },
    transaction: async (work) => {
      const head = await book.call('head')
      const changes: BookChange[] = []
      const asked: StoredEvent[] = []
      const result = await work(createTransaction(parts, { head, changes, asked }))
      const isWritten = await book.call('write', head, changes, parts.now().wallMs)
      if (!isWritten) throw bookHasMoved()
      for (const event of asked) landed.delete(nameOf(event))
      return result
    },
    // A broker keeps nothing that could be asked for. A book that was lost is begun again, and everything is published once more.
    holdsAny: () => Promise.resolve(false),
    quarantineSummary: async (limit) => quarantineSummaryOf(await book.call('quarantineKinds', limit)),
    incidents: async (limit) =>
      (await book.call('incidents', limit)).map((row) => ({ ...row, detail: JSON.parse(row.detail) })),
    get troubles() {
      return publisher.troubles
    },
    [Symbol.asyncDispose]: close,
  }
}

function bookHasMoved(): DestinationError {
  const message = 'the book of the feed was changed meanwhile by another program'
  return new DestinationError('feed-book', message, { refusal: 'unknown' })
}

interface OpenTransaction {
  readonly head: StreamHead | undefined
  /** What is written once all of it is decided. */
  readonly changes: BookChange[]
  /** All that was to be published. */
  readonly asked: StoredEvent[]
}

function createTransaction(
  { book, publisher, landed }: SessionParts,
  { head, changes, asked }: OpenTransaction,
): DestinationTransaction {
  const note = (change: BookChange): Promise<void> => {
    changes.push(change)
    return Promise.resolve()
  }
  return {
    head,
    begin: (identity, at) => note({ kind: 'begin', identity, at }),
    apply: async (events) => {
      asked.push(...events)
      const refused = await publishNew(publisher, events.filter(isReadable), landed)
      return [...events.flatMap(asUnreadable), ...refused].toSorted(bySeq)
    },
    quarantine: (refused) => note({ kind: 'set aside', rows: refused.map(rowOf) }),
    quarantined: async (after, limit) => (await book.call('quarantined', after, limit)).map(eventOf),
    release: (rows) =>
      note({ kind: 'release', rows: rows.map(({ incarnation, seq }) => ({ incarnation, seq })) }),
    advance: (to) => note({ kind: 'advance', to }),
    record: (incident, { once } = { once: false }) => note({ kind: 'record', incident, once }),
  }
}

function isReadable({ event }: StoredEvent): boolean {
  return !isUnreadable(event)
}

/** Nobody can be told what is in it; a later version of the gateway reads it out of the quarantine. */
function asUnreadable(stored: StoredEvent): readonly RefusedEvent[] {
  const { event } = stored
  if (!isUnreadable(event)) return []
  return [{ event: stored, reason: `the event cannot be read: ${event.why}`, sqlstate: null }]
}

function bySeq(one: RefusedEvent, other: RefusedEvent): number {
  return one.event.seq - other.event.seq
}

/** @returns events of which it is proven that the broker takes them never @throws DestinationError for what may be otherwise later */
async function publishNew(
  publisher: Pick<FeedPublisher, 'publish'>,
  events: readonly StoredEvent[],
  landed: Set<string>,
): Promise<readonly RefusedEvent[]> {
  const fresh = events.filter((event) => !landed.has(nameOf(event)))
  const refusals = await publisher.publish(fresh)
  const refused = new Set(refusals.map(({ event }) => event))
  for (const event of fresh) if (!refused.has(event)) landed.add(nameOf(event))
  const open = refusals.find(({ error }) => error.refusal !== 'row')
  if (open) throw open.error
  return refusals.map(({ event, error: { message, hint, sqlstate } }) => ({
    event,
    reason: hint === undefined ? message : `${message}; ${hint}`,
    sqlstate,
  }))
}

/** Numbers alone do not tell events of two incarnations apart. */
function nameOf({ seq, event: { kind, subject, at } }: StoredEvent): string {
  return `${seq} ${kind} ${subject} ${at}`
}

function rowOf({
  event: { seq, event, capturedAtMs },
  reason,
  sqlstate,
}: RefusedEvent): Omit<SetAside, 'incarnation'> {
  const { subject } = event
  return { seq, payload: eventCodec.encode(event), subject, capturedAtMs, reason, answer: sqlstate }
}

function eventOf({ payload, incarnation, seq, capturedAtMs, reason }: SetAside): QuarantinedEvent {
  return { incarnation, seq, event: eventCodec.decode(payload), capturedAtMs, reason }
}
