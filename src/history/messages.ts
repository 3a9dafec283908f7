/** What is said between the main thread and the one that reads the log for the history. */
import type { TimeSums } from './availability.ts'
import type { StopSum } from './pareto.ts'
import type { HistoryRecord } from './records.ts'
import type { TimelineStretch, TimeSpan } from './timeline.ts'

/** Which files the thread works with. */
export interface HistoryFiles {
  /** The one that it owns. */
  readonly file: string
  /** The local log, which it only reads. */
  readonly log: string
}

/** A machine that is asked about, and up to when it was seen: ms since 1970, or null while nobody looks at it. */
export interface AskedMachine {
  readonly machine: string
  readonly seenToMs: number | null
}

/** Machines in a span of time. */
export interface HistoryQuestion extends TimeSpan {
  readonly machines: readonly AskedMachine[]
  readonly nowMs: number
}

/** How far the history has come. */
export interface HistoryReach {
  /** Before this the log keeps nothing, in ms since 1970; null: it holds no event yet. */
  readonly keptFromMs: number | null
  /** Events of the log that are not taken in yet: a few at most, but after an update. */
  readonly missing: number
  /** Why it does not go on, in words; null: it does. */
  readonly halted: string | null
}

/** One machine's day. */
export interface MachineTimeline {
  readonly machine: string
  readonly stretches: readonly TimelineStretch[]
}

/** What a span came to for one machine. */
export interface MachineSums {
  readonly machine: string
  readonly time: TimeSums
  readonly stops: readonly StopSum[]
}

/** What the thread answers. */
export interface HistoryCalls {
  /** Takes in what is new in the log, a part at a time. */
  follow(): HistoryReach
  timelines(question: HistoryQuestion): readonly MachineTimeline[]
  sums(question: HistoryQuestion): readonly MachineSums[]
  /** The last records of a machine, the newest first. @param beforeMs those that began before */
  lastRecords(machine: string, limit: number, beforeMs: number): readonly HistoryRecord[]
}
