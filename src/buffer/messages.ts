/** What passes between the main thread and the one that owns the file. Events travel as the JSON text that is stored. */
import type { MessagePort } from 'node:worker_threads'
import type {
  Consumer,
  ConsumerStats,
  LogIdentity,
  LogPosition,
  Loss,
  ReplacedDamage,
} from '../domain/outbox.ts'
import type { Recipient } from '../domain/recipient.ts'
import type { LogFields } from '../runtime/log.ts'
import type { CallOutcome } from '../runtime/open-calls.ts'
import type { ChainRow } from './chain.ts'

/** The code of the error with which a group is refused that came before its turn. */
export const OUT_OF_TURN = 'buffer-out-of-turn'

/** Everything that one transaction stores. Of the three lists, the entries at one index belong to one event. */
export interface Group {
  readonly bootId: string
  readonly payloads: readonly string[]
  readonly capturedAtMs: readonly number[]
  readonly monoMs: readonly number[]
  /** The last state of each owner as JSON text; `null` forgets it. */
  readonly states: ReadonlyMap<string, string | null>
}

/** An event as it is stored. */
export interface StoredRow extends ChainRow {
  /** Set where it was left out for the consumer that asks. */
  readonly isLeftOut?: boolean
}

/** Events that follow each other without a gap, as they travel. */
export interface StoredPage {
  /** The number of the first. */
  readonly firstSeq: number
  readonly payloads: readonly string[]
  readonly capturedAtMs: readonly number[]
  /** One behind the other. */
  readonly hashes: Uint8Array
  /** Numbers of those that an adoption left out for the consumer that asks. */
  readonly leftOut: ReadonlySet<number>
}

/** What checking one page of the chain has found. */
export interface ChainPage {
  /** The last event that is what was stored. */
  readonly upTo: LogPosition
  readonly done: boolean
  /** What is wrong with the event after `upTo`, or null. */
  readonly fault: string | null
}

/** What the main thread knows of the log without asking: comes with every answer, so that `status` never waits for a slow disk. */
export interface LogSnapshot {
  readonly identity: LogIdentity
  readonly lastSeq: number
  readonly consumers: readonly ConsumerStats[]
  readonly bytes: number
  readonly heldOpenBytes: number
  /** The last event that may be removed where there is no room. */
  readonly removableUpTo: number
}

/** Events that an adoption leaves out for one consumer: it has them already, or they would contradict what it has. */
export interface LeaveOut {
  readonly consumer: string
  readonly seqs: readonly number[]
}

/** What can be asked of the thread that owns the file; each call is one message there and one back, in order. */
export interface LogCalls {
  /**
   * Stores a group. Groups have turns, counted from 1: one that comes before those ahead of it are stored, because they
   * failed, is refused as `buffer-out-of-turn`.
   */
  store(turn: number, group: Group): void
  states(): readonly (readonly [string, string])[]
  losses(): readonly Loss[]
  lossesTold(ids: readonly number[]): void
  replacedDamage(): ReplacedDamage | null
  /** From now on these read the log, and no others; what they hold back is held back from this call on. */
  configure(consumers: readonly Consumer[]): void
  recipient(consumer: string): Recipient | undefined
  deliverTo(consumer: string, recipient: Recipient): void
  tail(): LogPosition
  cursor(consumer: string): LogPosition
  hashAt(seq: number): Uint8Array | undefined
  oldestKept(): number
  read(afterSeq: number, limit: number, consumer: string | undefined): StoredPage
  acknowledge(consumer: string, seq: number): void
  rewind(consumer: string, seq: number): void
  leaveOut(seqs: readonly number[]): void
  /**
   * Removes one chunk of events that no consumer needs and that are older than the retention. True when there is more to remove.
   * @param ranMs how long this process has run on the log, by the monotonic clock
   */
  trim(ranMs: number, retentionMs: number): boolean
  /** Checks one stretch of the chain after a position; from the oldest kept event on when `after` is undefined. */
  verify(after: LogPosition | undefined): ChainPage
  beginIncarnation(
    epoch: number,
    leaveOut: LeaveOut | undefined,
    recipients: Readonly<Record<string, Recipient>>,
  ): void
  close(): void
}

/** The first thing that the thread is told once it runs: which file to open, and with which bounds. */
export interface WorkerSetup {
  readonly file: string
  readonly consumers: readonly Consumer[]
  readonly maxBytes: number
  /** Size of the file that is deleted when the disk is full; 0 for none. */
  readonly reserveBytes: number
}

/** A line over which the thread answers calls to files of other rooms as well. It may come at any time. */
export interface FilesLine {
  readonly files: MessagePort
}

/** A call of one of {@link LogCalls}, as it travels. */
export interface Call {
  readonly id: number
  readonly name: keyof LogCalls
  readonly args: readonly unknown[]
}

/** Something that the main thread writes into its log. */
export interface Notice {
  readonly kind: 'notice'
  readonly level: 'info' | 'warn' | 'error'
  readonly fields: LogFields
  readonly message: string
}

/** What came of a call. */
export interface CallAnswer {
  readonly kind: 'answer'
  /** The call's id; 0 for the outcome of opening the file. */
  readonly id: number
  readonly outcome: CallOutcome<CallFault>
  readonly snapshot: LogSnapshot | undefined
}

/** A StoreError on its way between threads. */
export interface CallFault {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly retryable: boolean
}
