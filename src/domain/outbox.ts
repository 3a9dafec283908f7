/** The contract of the local log: appended once, numbered without gaps, read by named consumers, each with a cursor. */

import type { Durations } from './durations.ts'
import { EVENT_VERSION, type Event } from './events/event.ts'
import type { Instant } from './instant.ts'
import type { Owner } from './owner.ts'
import type { Recipient } from './recipient.ts'

/** One event of the log. `hash` is chained over all events before it. */
export interface StoredEvent {
  readonly seq: number
  readonly event: Event
  readonly capturedAtMs: number
  readonly hash: Uint8Array
}

/**
 * The kind of what a consumer reads in place of an event that an adoption left out for it, while another consumer still needed
 * the event. Number and hash are those of the event, so the stream of the consumer has no gap. No route takes this kind.
 */
export const LEFT_OUT = 'left-out'

/** What is read in place of an event that was left out. */
export function leftOutEvent({ at, subject }: Event): Event {
  return { v: EVENT_VERSION, kind: LEFT_OUT, at, subject }
}

/** Names one incarnation of a log. One begins with a new file or with an adoption, so no replaced disk is taken for the old one. */
export interface LogIdentity {
  readonly incarnation: string
  /** Counts incarnations of one gateway's stream in central; 1 for the first. */
  readonly epoch: number
}

/** A position in the log: an event's number, and the hash that proves it is the same log. Seq 0 is before the first event. */
export interface LogPosition {
  readonly seq: number
  readonly hash: Uint8Array
}

/** Events that a damaged log lost when another one replaced it: they could not be read, or their hashes did not prove them. */
export interface Loss {
  readonly id: number
  /** The damaged log, whose numbers these are; null where its name could not be read either. */
  readonly incarnation: string | null
  /** The first and the last event of the stretch. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** What was found damaged, in words. */
  readonly damage: string
  /** When the log was replaced, ms since 1970. */
  readonly atMs: number
}

/** The damage because of which a log was begun in place of another one. */
export interface ReplacedDamage {
  /** What was found, in words. */
  readonly damage: string
  /** When, ms since 1970. */
  readonly atMs: number
}

/**
 * `deliver`: holds back retention, counts as pending, and is asked by adoption and salvage;
 * `best-effort`: holds nothing back. What was removed before it came is gone for it, and counted.
 */
export type Delivery = 'deliver' | 'best-effort'

/** A reader of the log with a cursor of its own. */
export interface Consumer {
  readonly name: string
  readonly must: Delivery
  /**
   * What it must have is kept only while there is room: in a full log it gives way, so that nothing that may stay away for months,
   * such as a broker, can keep new events from being stored. What it then missed is counted.
   */
  readonly yields?: true
}

/** Events and the derivation state that produced them: stored together or not at all. */
export interface OutboxEntry {
  readonly at: Instant
  readonly events: readonly Event[]
  /** New state by owner; `null` forgets it. */
  readonly states: Readonly<Record<Owner, unknown>>
}

/** The local log as those see it who write to it and read from it. */
export interface Outbox extends AsyncDisposable {
  readonly identity: LogIdentity
  /**
   * Stores an entry. Entries are stored in the order of the calls; what arrives while a commit runs goes into the next one.
   * Resolves when the entry is durable. Waits, never drops, while the disk is full or slow.
   */
  append(entry: OutboxEntry): Promise<void>
  /** Entries handed in and not yet durable. The pipeline holds its sources back above a bound. */
  readonly uncommitted: number
  /** All saved states by owner, as the last commit left them. */
  states(): Promise<Readonly<Record<Owner, unknown>>>

  /** What was lost with damaged logs before this one, as far as central has not been told of it yet; in the order of the losses. */
  losses(): Promise<readonly Loss[]>
  /** Notes that central has been told of these, by their ids. */
  lossesTold(ids: readonly number[]): Promise<void>
  /** Why this log was begun in place of a damaged one; null where it was not, and from an adoption on. */
  replacedDamage(): Promise<ReplacedDamage | null>

  /** Whom a consumer delivers to; undefined where it never has, or an earlier version of this program did not note it. */
  recipient(consumer: string): Promise<Recipient | undefined>
  /** Notes whom a consumer delivers to from now on. */
  deliverTo(consumer: string, recipient: Recipient): Promise<void>

  /** The last event of the log. */
  tail(): Promise<LogPosition>
  /**
   * The position up to which a consumer has acknowledged. For one at best effort whose next events were removed, that is just
   * before the oldest kept event.
   */
  cursor(consumer: string): Promise<LogPosition>
  /** The hash of an event; undefined when it is no longer kept. That of the one just before the oldest kept one is known still. */
  hashAt(seq: number): Promise<Uint8Array | undefined>
  /** The oldest event still kept; 0 when the log is empty. */
  oldestKept(): Promise<number>
  /**
   * Up to `limit` events after a number, in order. For a consumer, those that were left out for it are of the kind
   * {@link LEFT_OUT}; without one, every event is given as it was stored.
   */
  read(afterSeq: number, limit: number, consumer?: string): Promise<readonly StoredEvent[]>
  /** Moves a consumer's cursor forward; acknowledged events may be removed once their retention is over. */
  acknowledge(consumer: string, seq: number): Promise<void>
  /** Moves a consumer's cursor back, because its destination was found behind. */
  rewind(consumer: string, seq: number): Promise<void>
  /** Calls back after each commit that stored events. Returns the way to stop. */
  onStored(listener: () => void): () => void
  stats(): Promise<OutboxStats>
}

/** How far one consumer has come. */
export interface ConsumerStats extends Consumer {
  /** Kept events that it has not acknowledged. */
  readonly pending: number
  /** When the oldest of these was captured, ms since 1970, or null. */
  readonly oldestPendingAtMs: number | null
  /** Events that were removed before it had read them, since it was first configured; only at best effort. */
  readonly missed: number
}

/** How full the log is, and how far it is delivered. */
export interface OutboxStats {
  readonly lastSeq: number
  /** Not yet acknowledged by the slowest consumer that must deliver; 0 where there is none. */
  readonly pending: number
  /** When the oldest of these was captured, ms since 1970, or null. */
  readonly oldestPendingAtMs: number | null
  readonly consumers: readonly ConsumerStats[]
  /** What is in use of the disk, in bytes, and the bound of that. */
  readonly bytes: number
  /** How much of that the file cannot be rid of, because another program holds it open for reading; normally 0. */
  readonly heldOpenBytes: number
  readonly maxBytes: number
  /** Why nothing can be stored right now, in words, or null. */
  readonly blocked: string | null
  /** Entries that wait in memory for the disk. */
  readonly uncommitted: number
  /** From handing a group of events to the disk until it is durable, by the gateway's start. */
  readonly commitTimes: Durations
}
