/** What the derivation remembers of one machine: a durable part, saved with the events it produced, and a live view. */

import type { Evidence } from '../domain/events/event.ts'
import type { StatusFindings } from '../domain/events/status.ts'
import { type Instant, rebase } from '../domain/instant.ts'
import type { Category, DerivedStatus } from '../domain/status.ts'
import { emptyView, type View } from './view.ts'

/** The version in which states are saved now. Version 0 had no `v`; `saved/version-0.ts` still reads it. */
export const STATE_VERSION = 1

/** Everything that is remembered of one machine. */
export interface Memory {
  readonly durable: MachineState
  readonly view: View
}

/** Saved as JSON in the transaction of the events that changed it. */
export interface MachineState {
  readonly v: typeof STATE_VERSION
  /** The boot in which the monotonic times below were taken. */
  readonly bootId: string
  readonly phase: Phase
  /** The last moment at which everything that decides the status was seen and good. */
  readonly lastSeen: Instant | null
  /** Stamp of the newest interval or marker, ms since 1970; stamps of a machine only ever grow. */
  readonly lastStampMs: number
  /** Milliseconds not yet written as whole minutes, by status, and by reason for downtimes. */
  readonly carryMs: Readonly<Record<string, number>>
  readonly downtimeCarryMs: Readonly<Record<string, number>>
  /** Last good value of each counter. */
  readonly counters: Readonly<Record<string, number>>
}

/** What is open for a machine. Only one phase allows each combination of interval, marker, stop and candidate. */
export type Phase = UnknownPhase | SeenPhase | HoldPhase | GapPhase

/** Nothing is open: no status has held long enough yet, or `buffer adopt` has ended whatever was. */
interface UnknownPhase {
  readonly kind: 'unknown'
  readonly candidate: Candidate | null
}

/** An interval is open and goes on, losses shorter than `on_comm_loss.after` included. */
interface SeenPhase {
  readonly kind: 'seen'
  readonly interval: OpenInterval
  /** The stop that the interval belongs to. */
  readonly stop: OpenStop | null
  /** A status that will end the interval if it holds. */
  readonly candidate: Candidate | null
}

/** The machine is lost, and its interval goes on by the policy `hold`. What is not seen cannot become a candidate. */
interface HoldPhase {
  readonly kind: 'hold'
  readonly interval: OpenInterval
  readonly stop: OpenStop | null
}

/** The machine is lost, its interval is closed, and a NO_DATA marker stands behind it until the machine is seen again. */
interface GapPhase {
  readonly kind: 'gap'
  readonly marker: Marker
}

/** The interval of a machine's status that has no end yet. */
export interface OpenInterval {
  readonly status: DerivedStatus
  /** Tells apart intervals of one status that different rules gave different reasons. */
  readonly key: string
  /** Its beginning as its events carry it in `at`, ms since 1970. */
  readonly stampMs: number
  /** Its beginning on both clocks, from which its duration is counted. */
  readonly since: Instant
  readonly reason: string | null
  readonly workOrder: string | null
  /** How long another status must hold before this one is left. */
  readonly releaseMs: number
  /** What was found when it began; each of its events repeats it. */
  readonly findings: StatusFindings
}

/** Says that nothing is seen. It has no duration, ever. */
interface Marker {
  readonly stampMs: number
  readonly since: Instant
}

/** A stretch of `down` or `setup`; goes on where its interval is split in two. */
export interface OpenStop {
  readonly status: DerivedStatus
  /** Its beginning as its events carry it in `at`, ms since 1970. */
  readonly stampMs: number
  readonly since: Instant
  readonly reason: StopReason
  readonly workOrder: string | null
  /** Whether `downtime.opened` has been written. */
  readonly recorded: boolean
}

/** Why a machine stands still, as far as that is known. */
export interface StopReason {
  /** `mechanical_failure`; null while unknown. */
  readonly code: string | null
  readonly category: Category | null
  /** The fault code that the PLC showed; null where the reason came from elsewhere. */
  readonly shown: string | null
  /** Fault codes that came later, bounded. */
  readonly later: readonly string[]
}

/** A status that its rule gives but that has not yet held long enough. */
export interface Candidate {
  readonly status: DerivedStatus
  readonly key: string
  readonly since: Instant
  readonly holdMs: number
  readonly releaseMs: number
  readonly cause: readonly Evidence[]
  readonly reason: StopReason
  readonly workOrder: string | null
}

/** Nothing is known yet. */
export const NO_REASON: StopReason = { code: null, category: null, shown: null, later: [] }

/** Whether an interval is open. */
export function isOpen(phase: Phase): phase is SeenPhase | HoldPhase {
  return phase.kind === 'seen' || phase.kind === 'hold'
}

/** The open interval, if any. A marker is none. */
export function intervalOf(phase: Phase): OpenInterval | null {
  return isOpen(phase) ? phase.interval : null
}

/** The open stop, if any. */
export function stopOf(phase: Phase): OpenStop | null {
  return isOpen(phase) ? phase.stop : null
}

/** The status that waits to be believed, if any. A machine that is lost has none. */
export function candidateOf(phase: Phase): Candidate | null {
  return phase.kind === 'unknown' || phase.kind === 'seen' ? phase.candidate : null
}

/** Of a machine that was never seen. `now` is on the clocks of the boot that `bootId` names. */
export function newMemory(bootId: string, now: Instant): Memory {
  const durable: MachineState = {
    v: STATE_VERSION,
    bootId,
    phase: { kind: 'unknown', candidate: null },
    lastSeen: null,
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
  const durable = saved.bootId === bootId ? saved : rebased(saved, bootId, now)
  return { durable, view: emptyView(now) }
}

function rebased(saved: MachineState, bootId: string, now: Instant): MachineState {
  const move = <Timed extends { readonly since: Instant }>(timed: Timed): Timed => ({
    ...timed,
    since: rebase(timed.since, now),
  })
  return {
    ...saved,
    bootId,
    phase: movedPhase(saved.phase, move),
    lastSeen: saved.lastSeen && rebase(saved.lastSeen, now),
  }
}

function movedPhase(
  phase: Phase,
  move: <Timed extends { readonly since: Instant }>(timed: Timed) => Timed,
): Phase {
  switch (phase.kind) {
    case 'unknown':
      return { ...phase, candidate: phase.candidate && move(phase.candidate) }
    case 'seen':
      return {
        ...phase,
        interval: move(phase.interval),
        stop: phase.stop && move(phase.stop),
        candidate: phase.candidate && move(phase.candidate),
      }
    case 'hold':
      return { ...phase, interval: move(phase.interval), stop: phase.stop && move(phase.stop) }
    case 'gap':
      return { ...phase, marker: move(phase.marker) }
  }
}
