/** The plant's planned time: when it means to produce, as a list of the moments at which that changes. */
import type { Instant } from './instant.ts'
import type { Message } from './subject.ts'

/** From this moment on, until the next turn, the plant's time is planned or not. */
export interface PlannedTurn {
  /** Ms since 1970. */
  readonly atMs: number
  /** Null: it is planned. */
  readonly unplanned: 'NO_SHIFT' | 'BREAK' | null
  /** Name of the shift; of shifts that overlap, the one that began last. Null outside of all shifts. */
  readonly shift: string | null
}

/**
 * Turns in the order of time. Before the first one nothing is known, and from the last one on nothing more: there all time counts
 * as planned, as it does where there is no turn at all, because no shift is defined for the plant.
 */
export type PlannedTime = readonly PlannedTurn[]

/** A time of each day by the plant's clocks, such as a break; it may go on over midnight. */
export interface DaySpan {
  /** `HH:MM:SS` */
  readonly start: string
  readonly end: string
}

/** What is known of the planned time of a machine. */
export interface PlannedMessage extends Message {
  readonly kind: 'planned'
  readonly at: Instant
  readonly planned: PlannedTime
}
