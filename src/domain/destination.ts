/** The contract of a destination of events, as the uploader sees it: where it stands, and one transaction. No SQL here. */
import type { Event } from './events/event.ts'
import type { Consumer, LogIdentity, LogPosition, StoredEvent } from './outbox.ts'

/** Where a destination stands in this gateway's stream. */
export interface StreamHead extends LogIdentity, LogPosition {}

/** Something that both sides should learn of: a fence, a gap, a restore, an adoption. */
export interface Incident {
  readonly kind: 'fence' | 'gap' | 'restore' | 'adoption'
  readonly detail: Readonly<Record<string, unknown>>
}

/** Names one row of the quarantine; rows are in order of incarnation, then of sequence. */
export interface QuarantineKey {
  readonly incarnation: string
  readonly seq: number
}

export interface QuarantinedEvent extends QuarantineKey {
  readonly event: Event
  readonly reason: string
}

export interface Destination {
  /**
   * Connects to a primary, proves the organization, and is ready to push.
   * @throws DestinationError `wait` when there is no way to push now; its message says why and what to do
   */
  connect(signal: AbortSignal): Promise<DestinationSession>
}

/** One connection. After any DestinationError but `row` it is spent: dispose it and connect anew. */
export interface DestinationSession extends AsyncDisposable {
  /** Central's clock minus ours, in ms, as measured at connect. */
  readonly clockOffsetMs: number
  /** Where central stands, without locking; undefined when it has never heard of this gateway. */
  head(): Promise<StreamHead | undefined>
  /**
   * Runs `work` in one transaction that has the stream row locked, and commits.
   * @throws DestinationError `unknown` when the outcome of the commit is not known
   */
  transaction<T>(work: (transaction: DestinationTransaction) => Promise<T>): Promise<T>
  /** Whether any of these events' rows are in central's tables: tells a restored central from a stream row that somebody deleted. */
  holdsAny(events: readonly Event[]): Promise<boolean>
  /** Rows set aside and not released, in the order of their sequence. */
  quarantined(limit: number): Promise<readonly QuarantinedEvent[]>
}

export interface DestinationTransaction {
  /** The stream row as locked; undefined when there is none yet. */
  readonly head: StreamHead | undefined
  /** Begins the stream, at a place (seq 0 for a new one). */
  begin(identity: LogIdentity, at: LogPosition): Promise<void>
  /**
   * Applies events, all or none, in order: opens and amends rows, keeps machines.status current.
   * With `guarded`, a refusal leaves the transaction usable (savepoint); without, the transaction is spent.
   * @throws DestinationError `row` when one of the rows is refused for itself
   */
  apply(events: readonly StoredEvent[], options: { readonly guarded: boolean }): Promise<void>
  /** Sets one refused event aside; its sequence number counts as consumed. */
  quarantine(
    event: StoredEvent,
    refusal: { readonly reason: string; readonly sqlstate: string | null },
  ): Promise<void>
  /**
   * Rows set aside and not released, after a key (undefined: from the first), in key order. Read under the lock of the stream
   * row, so that a late commit of an earlier session, a clone or the command line cannot release the same row twice.
   */
  quarantined(after: QuarantineKey | undefined, limit: number): Promise<readonly QuarantinedEvent[]>
  /** Marks a quarantined event as landed. */
  release(incarnation: string, seq: number): Promise<void>
  /** Moves the stream to a place that is now applied. */
  advance(to: LogPosition): Promise<void>
  record(incident: Incident): Promise<void>
}

export interface BatchSettings {
  /** The most events in one batch. */
  readonly rows: number
  /** How long the first event of a batch waits for others. */
  readonly lingerMs: number
}

/** A destination with its place in the outbox: a name, which is its cursor's, and which events it takes. */
export interface Route extends Consumer {
  /** Kinds that it does not take are passed over; their numbers count as delivered. */
  takes(kind: string): boolean
  readonly destination: Destination
  readonly batch: BatchSettings
}
