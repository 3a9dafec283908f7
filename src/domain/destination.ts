/** The contract of a destination of events, as the uploader sees it: how far it has come, and one transaction. No SQL here. */
import type { Event } from './events/event.ts'
import type { GatewayReport } from './gateway-report.ts'
import type { RefusedRows, Trouble } from './health.ts'
import type { Consumer, LogIdentity, LogPosition, StoredEvent } from './outbox.ts'
import type { Recipient, RecipientNames } from './recipient.ts'

/** How far a destination has come in this gateway's stream: what was last applied, of which log. */
export interface StreamHead extends LogIdentity, LogPosition {}

/**
 * Something that the people on both sides should learn of: a fence, a gap, a restore, an adoption, rows that were given up or sent
 * again, events that were lost with a damaged log, a machine that another gateway has as well.
 */
export interface Incident {
  readonly kind:
    | 'fence'
    | 'gap'
    | 'restore'
    | 'adoption'
    | 'discard'
    | 'resend'
    | 'loss'
    | 'claim'
    | 'superseded'
  readonly detail: Readonly<Record<string, unknown>>
}

/** An incident as it was written down. */
export interface RecordedIncident {
  /** One of those of {@link Incident}, or of another version of this program. */
  readonly kind: string
  /** By the destination's clock, ms since 1970. */
  readonly atMs: number
  readonly detail: unknown
}

/** Names one row of the quarantine; rows are in order of incarnation, then of sequence. */
export interface QuarantineKey {
  readonly incarnation: string
  readonly seq: number
}

/** An event that is refused for itself, and why. */
export interface RefusedEvent {
  readonly event: StoredEvent
  /** In words, with what to do about it: whoever reads the quarantine has nothing else to go by. */
  readonly reason: string
  readonly sqlstate: string | null
}

/** How much is set aside and not released. */
export interface QuarantineSummary {
  readonly count: number
  /** By machine and reason, the first few in the order in which they came. */
  readonly refused: readonly RefusedRows[]
}

/** An event that was set aside, and why. */
export interface QuarantinedEvent extends QuarantineKey {
  readonly event: Event
  /** When the event was stored, ms since 1970; 0 where an earlier version set it aside, which did not keep that. */
  readonly capturedAtMs: number
  readonly reason: string
}

/** What a route puts its events into. */
export interface Destination {
  /**
   * Connects, proves that it may write there and for whom, and is ready to push.
   * @param last whom the log was delivered to last: a server of the time before that one became the primary is passed over
   * @throws DestinationError `wait` when there is no way to push now; its message says why and what to do
   */
  connect(signal: AbortSignal, last?: Recipient): Promise<DestinationSession>
}

/** One connection. After a DestinationError that is not about rows it cannot be used any more: dispose it and connect again. */
export interface DestinationSession extends AsyncDisposable {
  /**
   * The destination's clock minus ours, in ms: the least that is proven, 0 where they may agree. Measured at connect, and again
   * with each {@link DestinationSession.head}.
   */
  readonly clockOffsetMs: number
  /** For whom events are taken; absent where a destination knows no organizations. */
  readonly recipient?: Recipient
  /** Until when the certificate is valid that the destination showed, ms since 1970; absent without TLS. */
  readonly certificateEndsMs?: number | undefined
  /** How far the stream has come, without locking it; undefined where the destination knows no stream of this gateway. */
  head(): Promise<StreamHead | undefined>
  /**
   * These events will probably be applied next, as this very list: what can be made of them without the destination is made now, and
   * not while the stream is locked. Absent where that is nothing.
   */
  prepare?(events: readonly StoredEvent[]): void
  /**
   * Runs `work` in one transaction that has the stream row locked, and commits.
   * @throws DestinationError `unknown` when the outcome of the commit is not known
   */
  transaction<T>(work: (transaction: DestinationTransaction) => Promise<T>): Promise<T>
  /**
   * Whether anything of these events is there, applied or set aside. It tells a destination that was restored to an older
   * state from one whose stream row somebody deleted.
   */
  holdsAny(events: readonly Event[]): Promise<boolean>
  /** What is set aside and not released. `kinds`: how many machines and reasons are told apart. */
  quarantineSummary(kinds: number): Promise<QuarantineSummary>
  /** What was written down of this gateway, the newest first: for people, and never for the uploader. Absent where it cannot be read. */
  incidents?(limit: number): Promise<readonly RecordedIncident[]>
  /**
   * Writes down how this gateway is, in a transaction of its own. Absent where the destination keeps no such thing.
   * @param dueS after how many seconds at most the next one comes
   * @returns why it was not taken, and what to do; undefined where it was. The session can be used further either way.
   */
  report?(report: GatewayReport, dueS: number): Promise<string | undefined>
  /** What fails beside the events and holds none of them up. */
  readonly troubles: readonly Trouble[]
  /**
   * Aborted, with a DestinationError as its reason, once the connection is lost: also while no event comes by which anybody would
   * notice. Absent where only a question can find that out.
   */
  readonly broken?: AbortSignal
  /**
   * The stream is kept beside the log, in the same data folder: one that is not of this log is of the one before it, and no sign of
   * another gateway. Then it is begun again, and whoever listens knows repetitions. Absent where a fence says that.
   */
  readonly isBesideLog?: true
}

/** Events that follow each other without a gap, at least one: as many as are read and sent at a time. */
export interface Page {
  /** All of them, also those that the route does not take. */
  readonly events: readonly StoredEvent[]
  /** Those that it takes: the very list that the destination was told to prepare, where it was. */
  readonly wanted: readonly StoredEvent[]
  /** Whether it is known that no other page follows in the same transaction. */
  readonly isLast: boolean
}

/**
 * Gives the page behind the last one, if it is to land in the same transaction. To be called each time that a page is on its way, also the
 * last one: reading the next keeps the main thread busy.
 */
export type NextPage = () => Promise<Page | undefined>

/** How far a transaction has come, and what of it was set aside. */
export interface Landed {
  readonly at: LogPosition
  readonly setAside: readonly RefusedEvent[]
}

/** What may be done while the stream is locked. */
export interface DestinationTransaction {
  /** The stream row as locked; undefined when there is none yet. */
  readonly head: StreamHead | undefined
  /** Begins the stream of a log, or takes it over for another one, at a position (seq 0 for a new log). */
  begin(identity: LogIdentity, at: LogPosition): Promise<void>
  /**
   * Applies events in order. Those of which it is proven that they cannot be written (their machine is unknown, the row that they
   * amend is not there) are left out and returned; of the others all are applied, or none. With `guarded`, a refusal leaves the
   * transaction usable, and nobody's lock is waited for long; without, it ends the transaction. `landedBefore` says that all of them
   * landed once: they go back to where they were.
   * @throws DestinationError
   */
  apply(
    events: readonly StoredEvent[],
    options: { readonly guarded: boolean; readonly landedBefore?: boolean },
  ): Promise<readonly RefusedEvent[]>
  /** Sets refused events aside; their sequence numbers count as consumed. */
  quarantine(refused: readonly RefusedEvent[]): Promise<void>
  /**
   * Events set aside and not released, after a key (undefined: from the first), in key order. Read under the lock of the
   * stream, so that a late commit of an earlier session, a clone or the command line cannot release the same one twice.
   */
  quarantined(after: QuarantineKey | undefined, limit: number): Promise<readonly QuarantinedEvent[]>
  /** Marks quarantined events as landed, or as given up where an incident says so. */
  release(rows: readonly QuarantineKey[]): Promise<void>
  /**
   * Moves the stream to the position up to which everything is applied now.
   * @param passed every event up to there since the transaction began, those included that this route does not take; given only where
   * none of them was refused
   */
  advance(to: LogPosition, passed?: readonly StoredEvent[]): Promise<void>
  /**
   * Does what {@link apply} without `guarded`, {@link quarantine} of what it leaves out, and {@link advance} do one after the other, and
   * waits for fewer answers. Absent where nothing would be saved by that.
   * @param more what follows; a page that comes only once all rows are answered is left to the next transaction, because no transaction
   * is kept open for want of events
   * @throws DestinationError; then none of the pages has landed
   */
  land?(first: Page, more: NextPage): Promise<Landed>
  /** Writes an incident down at the destination; with `once`, only where the same is not written down already. */
  record(incident: Incident, options?: { readonly once: boolean }): Promise<void>
}

/** How large a batch becomes, and how long it waits for that. */
export interface BatchSettings {
  /** The most events in one batch. */
  readonly rows: number
  /** How long the first event of a batch waits for others, in ms. */
  readonly lingerMs: number
}

/** A destination as a consumer of the outbox: its name, which is also its cursor's, and which events it takes. */
export interface Route extends Consumer {
  /** Kinds that it does not take are passed over; their numbers count as delivered. */
  takes(kind: string): boolean
  /**
   * Of the kinds that it takes: whether anything becomes of this event. One of which nothing does is passed over as well, so that it is
   * no proof that the tables are sound. Absent where something becomes of all of them.
   */
  wants?(event: StoredEvent): boolean
  /**
   * What becomes of an event, as a word: that one was written is a proof for others of its sort alone that the tables take such rows.
   * Absent where that is the kind of the event.
   */
  readonly sortOf?: (event: StoredEvent) => string
  /**
   * How far its stream was moved in transactions of another route, as far as they are known to be committed. Absent where none ever
   * does that.
   */
  ridden?(): LogPosition | undefined
  /** For whom it is configured; absent where its destination knows no organizations. */
  readonly recipient?: RecipientNames
  readonly destination: Destination
  readonly batch: BatchSettings
}
