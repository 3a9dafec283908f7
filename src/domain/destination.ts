/** The contract of a destination of events, as the uploader sees it: how far it has come, and one transaction. No SQL here. */
import type { Event } from './events/event.ts'
import type { Consumer, LogIdentity, LogPosition, StoredEvent } from './outbox.ts'

/** How far a destination has come in this gateway's stream: what was last applied, of which log. */
export interface StreamHead extends LogIdentity, LogPosition {}

/** Something that the people on both sides should learn of: a fence, a gap, a restore, an adoption, rows that were given up. */
export interface Incident {
  readonly kind: 'fence' | 'gap' | 'restore' | 'adoption' | 'discard'
  readonly detail: Readonly<Record<string, unknown>>
}

/** Names one row of the quarantine; rows are in order of incarnation, then of sequence. */
export interface QuarantineKey {
  readonly incarnation: string
  readonly seq: number
}

/** An event that the destination refused for itself, and why. */
export interface QuarantinedEvent extends QuarantineKey {
  readonly event: Event
  readonly reason: string
}

/** What a route puts its events into. */
export interface Destination {
  /**
   * Connects, proves that it may write there and for whom, and is ready to push.
   * @throws DestinationError `wait` when there is no way to push now; its message says why and what to do
   */
  connect(signal: AbortSignal): Promise<DestinationSession>
}

/** One connection. After any DestinationError but `row` it cannot be used any more: dispose it and connect again. */
export interface DestinationSession extends AsyncDisposable {
  /**
   * The destination's clock minus ours, in ms: the least that is proven, 0 where they may agree. Measured at connect, and again
   * with each {@link DestinationSession.head}.
   */
  readonly clockOffsetMs: number
  /** How far the stream has come, without locking it; undefined where the destination knows no stream of this gateway. */
  head(): Promise<StreamHead | undefined>
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
  /** Events set aside and not released, from the first, in the order of their keys. */
  quarantined(limit: number): Promise<readonly QuarantinedEvent[]>
}

/** What may be done while the stream is locked. */
export interface DestinationTransaction {
  /** The stream row as locked; undefined when there is none yet. */
  readonly head: StreamHead | undefined
  /** Begins the stream of a log, or takes it over for another one, at a position (seq 0 for a new log). */
  begin(identity: LogIdentity, at: LogPosition): Promise<void>
  /**
   * Applies events in order, all or none. With `guarded`, a refusal leaves the transaction usable; without, it ends it.
   * @throws DestinationError `row` when one of the rows is refused for itself
   */
  apply(events: readonly StoredEvent[], options: { readonly guarded: boolean }): Promise<void>
  /** Sets one refused event aside; its sequence number counts as consumed. */
  quarantine(
    event: StoredEvent,
    refusal: { readonly reason: string; readonly sqlstate: string | null },
  ): Promise<void>
  /**
   * Events set aside and not released, after a key (undefined: from the first), in key order. Read under the lock of the
   * stream, so that a late commit of an earlier session, a clone or the command line cannot release the same one twice.
   */
  quarantined(after: QuarantineKey | undefined, limit: number): Promise<readonly QuarantinedEvent[]>
  /** Marks a quarantined event as landed, or as given up where an incident says so. */
  release(incarnation: string, seq: number): Promise<void>
  /** Moves the stream to the position up to which everything is applied now. */
  advance(to: LogPosition): Promise<void>
  /** Writes an incident down at the destination. */
  record(incident: Incident): Promise<void>
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
  readonly destination: Destination
  readonly batch: BatchSettings
}
