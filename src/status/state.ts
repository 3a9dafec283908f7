/** What the derivation remembers of one machine: a durable part, saved with the events it produced, and a live view. */
import type { Instant } from '../domain/instant.ts'
import type { StatusRule } from '../domain/machine-map.ts'
import type { Quality, SignalValue } from '../domain/signal.ts'
import type { Category, DerivedStatus, Status } from '../domain/status.ts'

export interface Memory {
  readonly durable: MachineState
  readonly view: View
}

/** Saved as JSON in the transaction of the events that changed it. */
export interface MachineState {
  /** The boot in which the monotonic times below were taken. */
  readonly bootId: string
  readonly open: OpenInterval | null
  readonly stop: OpenStop | null
  readonly candidate: Candidate | null
  /** The last moment at which everything that decides the status was seen and good. */
  readonly lastSeen: Instant | null
  /** `gap`: the open row is a NO_DATA marker; `hold`: nothing is seen, and the status goes on by policy. */
  readonly dark: 'gap' | 'hold' | null
  /** Stamp of the newest row, ms since 1970; stamps of a machine only ever grow. */
  readonly lastStampMs: number
  /** Milliseconds not yet written as whole minutes, by status, and by reason for downtimes. */
  readonly carryMs: Readonly<Record<string, number>>
  readonly downtimeCarryMs: Readonly<Record<string, number>>
  readonly counters: Readonly<Record<string, number>>
}

/** The row of `machine_status_history` that is being lived through. */
export interface OpenInterval {
  readonly status: Status
  /** Tells apart intervals of one status that different rules gave different reasons. */
  readonly key: string
  readonly previous: Status | null
  readonly changedAtMs: number
  readonly since: Instant
  readonly reason: string | null
  readonly workOrder: string | null
  readonly releaseMs: number
  /** Notes that were fixed when it began: cause, rule version, marks. */
  readonly notes: readonly string[]
}

/** A stretch of `down` or `setup`; survives splits of its rows. */
export interface OpenStop {
  readonly status: DerivedStatus
  readonly startedAtMs: number
  readonly since: Instant
  readonly reason: StopReason
  readonly workOrder: string | null
  /** Whether its row of `downtime_events` has been opened. */
  readonly recorded: boolean
}

export interface StopReason {
  readonly code: string | null
  readonly category: Category | null
  /** What the PLC showed, for the notes. */
  readonly shown: string | null
  /** Codes that came later, bounded. */
  readonly later: readonly string[]
}

/** A status that its rule gives but that has not yet held long enough. */
export interface Candidate {
  readonly status: DerivedStatus
  readonly key: string
  readonly since: Instant
  readonly holdMs: number
  readonly releaseMs: number
  readonly cause: string
  readonly reason: StopReason
  readonly workOrder: string | null
}

/** What is seen right now. Never saved: after a start everything has to be seen anew. */
export interface View {
  readonly values: Readonly<Record<string, Held>>
  /** Last contact with each device of the machine that is up. */
  readonly contacts: Readonly<Record<string, Instant>>
  /** Contact was interrupted (or the gateway restarted) and not everything has been seen since. */
  readonly interrupted: 'link' | 'restart' | null
  /** The rule that matches now; `transient` while an acting state passes; null while it cannot be decided. */
  readonly verdict: StatusRule | 'transient' | null
  /** When the present transient state began, if the machine is in one. */
  readonly transientSince: Instant | null
  /** Parts that counters went on by while nothing was seen. */
  readonly countedUnseen: number
  /** When a loss may be declared even though nothing was ever seen: a restart grants the devices time to answer. */
  readonly watchFrom: Instant
}

export interface Held {
  readonly value: SignalValue
  readonly quality: Quality
  /** When it got this value. */
  readonly since: Instant
}

export const NO_REASON: StopReason = { code: null, category: null, shown: null, later: [] }

export function newMemory(bootId: string, now: Instant): Memory {
  const durable: MachineState = {
    bootId,
    open: null,
    stop: null,
    candidate: null,
    lastSeen: null,
    dark: null,
    lastStampMs: 0,
    carryMs: {},
    downtimeCarryMs: {},
    counters: {},
  }
  return { durable, view: emptyView(now) }
}

/**
 * Takes up a saved state after a restart. Monotonic times of another boot are moved onto this boot's clock by way of
 * the wall clock, the only one that both boots share.
 */
export function resumeMemory(saved: MachineState, bootId: string, now: Instant): Memory {
  const durable = saved.bootId === bootId ? saved : rebase(saved, bootId, now)
  return { durable, view: emptyView(now) }
}

function emptyView(now: Instant): View {
  return {
    values: {},
    contacts: {},
    interrupted: 'restart',
    verdict: null,
    transientSince: null,
    countedUnseen: 0,
    watchFrom: now,
  }
}

function rebase(saved: MachineState, bootId: string, now: Instant): MachineState {
  const move = (at: Instant): Instant => ({
    wallMs: at.wallMs,
    monoMs: now.monoMs - (now.wallMs - at.wallMs),
  })
  return {
    ...saved,
    bootId,
    open: saved.open && { ...saved.open, since: move(saved.open.since) },
    stop: saved.stop && { ...saved.stop, since: move(saved.stop.since) },
    candidate: saved.candidate && { ...saved.candidate, since: move(saved.candidate.since) },
    lastSeen: saved.lastSeen && move(saved.lastSeen),
  }
}
