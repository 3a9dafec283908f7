/**
 * A subject is what events are about and whose state is kept: a machine or a station. It turns what sources bring into events.
 *
 * It is pure but for its own memory: no clock, no disk. What it returns is stored in one transaction with the state that
 * produced it, so that after a crash both are there or neither is.
 */
import type { Event } from './events/event.ts'
import type { Health } from './health.ts'
import type { Instant } from './instant.ts'
import type { Owner } from './owner.ts'
import type { SaidInMes } from './reference-data.ts'
import type { Category, DerivedStatus } from './status.ts'

/** Whatever a source brings. The pipeline only looks whom it is for; a subject ignores kinds that it does not know. */
export interface Message {
  readonly kind: string
  readonly subject: Owner
}

/** Time has passed without a message. */
export interface Tick {
  readonly kind: 'tick'
  readonly at: Instant
}

/** The gateway itself stood still between two moments, so that nothing could be seen in between. */
export interface Stall {
  readonly kind: 'stall'
  readonly from: Instant
  readonly to: Instant
}

/** What one subject learnt about another: the operator at a machine, its work order, the reason of its stop. */
export interface Context extends Message {
  readonly kind: 'context'
  readonly at: Instant
  /** `users.id` of who works there. Absent: nothing was said of it; null: there is none any more. Likewise the rest. */
  readonly operator?: number | null
  /** By its number. */
  readonly workOrder?: string | null
  /** The order is the one of before a scan that was taken back: nobody has begun or ended it now. */
  readonly isTakenBack?: true
  readonly reason?: GivenReason
  /** Null: the machine is released for production. */
  readonly declared?: Declared | null
}

/** Whether the MES has a machine in service. For one that people have decommissioned or switched off there nothing is written. */
export interface ServiceMessage extends Message {
  readonly kind: 'service'
  readonly at: Instant
  readonly isInService: boolean
}

/**
 * What `machines.status` says of a machine in central, and what this gateway said there last: where the two differ, people have
 * set it in the MES.
 */
export interface MesStatusMessage extends Message {
  readonly kind: 'mes-status'
  readonly at: Instant
  readonly status: string | null
  readonly said: SaidInMes
}

/** The reason of a stop, as an operator gave it. */
export interface GivenReason {
  readonly code: string
  readonly category: Category | null
  /** `users.id` */
  readonly operator: number
  /** A new stop begins with it; the one until now keeps its own reason. */
  readonly isNewStop: boolean
}

/** A status that somebody declared, such as a changeover. */
export interface Declared {
  readonly status: DerivedStatus
  readonly reason: string
  /** `users.id`; null where it was set in the MES. */
  readonly operator: number | null
}

/**
 * The answer to whoever scanned, given once everything that came of the scan is on disk. `good`: it is stored; `bad`: nothing of it is,
 * or what was kept for it so far was given up; `held`: it waits for what belongs to it, and there is no answer yet.
 */
export interface Answer {
  readonly verdict: 'good' | 'bad' | 'held'
  /** In words, for `status` and the log; never anything of a badge. */
  readonly why: string | null
}

/** What came of one input. */
export interface Taken {
  readonly events: readonly Event[]
  /** The state that a restart must know of; absent where it did not change in such a way. */
  readonly state?: object
  /** For other subjects, which take it in within the same transaction. A context that they give in turn is passed over. */
  readonly context?: readonly Context[]
  /** For what waited until now and is given up, before the answer to what came. Absent where nothing is. */
  readonly givenUp?: Answer
  /** Absent where nobody waits for one. */
  readonly answer?: Answer
}

/** A machine or a station while the gateway runs. */
export interface Subject {
  readonly owner: Owner
  take(input: Message | Tick | Stall): Taken
  /** When it wants a tick even if nothing comes, on the monotonic clock in ms; undefined if never. */
  readonly wakeAtMs: number | undefined
  /** The state for the subject that takes its place. */
  readonly state: object
  /**
   * The state, where a restart should know of more than was given out with events: when it was last seen, how far counters
   * went. Asked for every few seconds; undefined where nothing of the kind has changed since.
   */
  checkpoint(): object | undefined
  /** What `status` shows of it, and what is wrong with it. */
  health(): Health
  /** It is taken out of service: what is open ends where it was last seen. The state is for the day on which it comes back. */
  retire(): Taken
}

/** What is known of a subject when it is put in place. */
export interface Remembered {
  /** Its saved state as JSON gave it; undefined for one that was never here. */
  readonly state: unknown
  /** When it was last seen, where an earlier version of the gateway noted that apart from the states. */
  readonly lastSeen: Instant | undefined
  /** Whose place it takes, where that one was running until now: the gateway did not restart. */
  readonly before: Subject | undefined
  /** When a gateway was last running before this start; undefined where none noted that. */
  readonly aliveAt?: Instant | undefined
  readonly now: Instant
}

/** What became of a message that was handed in. */
export interface Receipt {
  /** Resolves once whatever came of it is on disk; at once where nothing had to be stored. A scanner's beep waits for it. */
  readonly durable: Promise<void>
  /** Too much waits for the disk: a source that can wait must wait for `durable` before it brings more. */
  readonly crowded: boolean
}
