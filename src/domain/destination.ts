/** The contract of a destination of events, as the uploader sees it: how far it has come, and one transaction. No SQL here. */
import type { Event } from './events/event.ts'
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
  readonly kind: 'fence' | 'gap' | 'restore' | 'adoption' | 'discard' | 'resend' | 'loss' | 'claim'
  readonly detail: Readonly<Record<string, unknown>>
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
  /** What is set aside and not released. `kinds`: how many machines and reasons are told apart. */
  quarantineSummary(kinds: number): Promise<QuarantineSummary>
  /** What fails beside the events and holds none of them up. */
  readonly troubles: readonly Trouble[]
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
  /** Moves the stream to the position up to which everything is applied now. */
  advance(to: LogPosition): Promise<void>
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
  /** For whom it is configured; absent where its destination knows no organizations. */
  readonly recipient?: RecipientNames
  readonly destination: Destination
  readonly batch: BatchSettings
}
