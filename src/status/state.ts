/** What the derivation remembers of one machine: a durable part, saved with the events it produced, and a live view. */
import type { DowntimeAmended } from '../domain/events/downtime.ts'
import type { Ending, Evidence } from '../domain/events/event.ts'
import type { StatusFindings } from '../domain/events/status.ts'
import type { Instant } from '../domain/instant.ts'
import type { PlannedTime } from '../domain/planned-time.ts'
import type { Category, DerivedStatus, Unplanned } from '../domain/status.ts'
import { NOTHING_SAID, type SaidAtMachine } from './people/said.ts'
import type { Course } from './seeing/perceived/course.ts'
import type { View } from './view.ts'

/** The version in which states are saved now. Version 0 had no `v`. The files of `saved/` read the older ones. */
export const STATE_VERSION = 4

/** Everything that is remembered of one machine. */
export interface Memory {
  readonly durable: MachineState
  readonly view: View
}

/** Saved as JSON in the transaction of the events that changed it. */
export interface MachineState {
  readonly v: typeof STATE_VERSION
  readonly phase: Phase
  /** The last moment at which everything that decides the status was seen and good. All moments of a state are of one boot. */
  readonly lastSeen: Instant | null
  /** By how much the computer's clock showed more than the one that the rows go by, while that was doubted, in ms. */
  readonly doubtedMs: number
  /** Stamp of the newest interval or marker, ms since 1970; stamps of a machine only ever grow. */
  readonly lastStampMs: number
  /** Milliseconds not yet written as whole minutes, by status, and by reason for downtimes. */
  readonly carryMs: Readonly<Record<string, number>>
  readonly downtimeCarryMs: Readonly<Record<string, number>>
  /** Last good value of each counter that is believed. */
  readonly counters: Readonly<Record<string, number>>
  /** What counters showed last that was too far off to be believed at once. */
  readonly doubtedCounts: Readonly<Record<string, number>>
  /** Stamp of the open interval where no work order could be read when it began. */
  readonly orderAwaitedBy: number | null
  /** Since when the machine has shown nothing but transient states; null where it has shown another one last. */
  readonly transientSince: Instant | null
  /** What each fault signal last showed, and since when. */
  readonly codes: readonly CodeAge[]
  /** How far the course of each perceived signal is known. */
  readonly courses: readonly Course[]
  /** What people said at the machine. */
  readonly said: SaidAtMachine
  /** The stop that ended last, as long as somebody may still say why it was. */
  readonly lastStop: LastStop | null
  /** Whether the MES has the machine in service. If not, it is watched, and nothing is written. */
  readonly isInService: boolean
  /** When the plant means to produce, from the beginning of what is open on. */
  readonly planned: PlannedTime
}

/** What is open for a machine. Only one phase allows each combination of interval, marker, stop and unsettled status. */
export type Phase = UnknownPhase | SeenPhase | HoldPhase | GapPhase

/** Nothing is open: no status has held long enough yet, or `buffer adopt` has ended whatever was. */
interface UnknownPhase {
  readonly kind: 'unknown'
  readonly unsettled: Unsettled | null
}

/** An interval is open and goes on, losses shorter than `on_comm_loss.after` included. */
interface SeenPhase {
  readonly kind: 'seen'
  readonly interval: OpenInterval
  /** The stop that the interval belongs to. */
  readonly stop: OpenStop | null
  readonly unsettled: Unsettled | null
}

/** The machine is lost, and its interval goes on by the policy `hold`. What is not seen cannot settle. */
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
  readonly reason: StopReason
  readonly workOrder: string | null
  /** How long its condition must be gone before this status is left. */
  readonly releaseMs: number
  /** What was found when it began; each of its events repeats it. */
  readonly findings: StatusFindings
  /** When the status began: earlier than `since` where it was split. */
  readonly onset: Instant
  /**
   * Why this part of it is time in which the machine is not meant to run: then its row says `available` with this reason, whatever
   * `status` and `reason` are. Null where its row says what the machine shows.
   */
  readonly unplanned: Unplanned | null
  /** A maintenance that people have set, which goes on whether time is planned or not. */
  readonly isKept: boolean
  /** Whether a part of it that lies before an unplanned time has a downtime of its own. */
  readonly continues: boolean
  /** The parts of it that a split has ended, oldest first, bounded: what is learnt late is written into them as well. */
  readonly pieces: readonly Piece[]
}

/** A part of an interval that has ended while its status goes on. */
export interface Piece {
  readonly stampMs: number
  readonly workOrder: string | null
  readonly findings: StatusFindings
  readonly ended: Ending
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
  readonly workOrder: string | null
  /** Whether `downtime.opened` has been written. */
  readonly recorded: boolean
  /** It is the rest of a stop whose downtime ended with the planned time: it is written at once. */
  readonly continues: boolean
  /** `users.id` of who started or released the machine in this stop; null: nobody has so far. */
  readonly startedBy: number | null
}

/** Why a machine is in its status, as far as that is known. */
export interface StopReason {
  /** `mechanical_failure`; null while unknown. */
  readonly code: string | null
  readonly category: Category | null
  /** The fault code that the PLC showed; null where the reason came from elsewhere. */
  readonly shown: string | null
  /** Fault codes that came later, bounded. */
  readonly later: readonly string[]
  /** `users.id` of who gave it; null where nobody did. */
  readonly by: number | null
  /** Reasons that stood here before somebody named another one, oldest first, bounded. */
  readonly correctedFrom: readonly string[]
}

/** A stop that has ended. */
export interface LastStop {
  readonly endedAt: Instant
  readonly reason: StopReason
  /** All parts of its interval. */
  readonly pieces: readonly Piece[]
  /** Null where it was too short to become one. */
  readonly downtime: EndedDowntime | null
}

/** The downtime of a stop that has ended. */
export interface EndedDowntime {
  readonly stampMs: number
  readonly workOrder: string | null
  /** `users.id` of who ended it; null where nobody did. */
  readonly resolvedBy: number | null
  readonly continues: boolean
  /** Version of the map whose rule decided. */
  readonly rule: string
  readonly ended: NonNullable<DowntimeAmended['ended']>
}

/**
 * What a machine has shown since the condition of its open interval was last seen, and that is not believed yet. It is settled
 * by one of the candidates, or by the open status coming back.
 */
export interface Unsettled {
  /** The first moment at which the open interval's condition was gone; where nothing is open, the first moment of all. */
  readonly since: Instant
  /** The last moment at which the open interval's condition was seen; earlier than `since` after an interruption. */
  readonly openSeen: Instant | null
  /** Version of the map whose rules gave the candidates; null where an earlier version of the gateway did not note it. */
  readonly judgedBy: string | null
  /** Each status that was shown since then, once; the one that is shown now is the last. */
  readonly candidates: readonly Candidate[]
}

/** A status that a rule gives but that has not yet held long enough. */
export interface Candidate {
  readonly status: DerivedStatus
  readonly key: string
  /** When the machine first showed it since the open status was gone. */
  readonly first: Instant
  /** When the machine last began to show it. */
  readonly since: Instant
  /** For how long it had shown it before that, since the open status was gone. */
  readonly shownMs: number
  readonly forMs: number
  readonly releaseMs: number
  readonly cause: readonly Evidence[]
  readonly reason: StopReason
}

/** What a fault signal last showed while its value was good. */
export interface CodeAge {
  readonly signal: string
  /** The value as a text: JSON has no whole numbers of 64 bits. */
  readonly shown: string
  readonly since: Instant
  /** Since when each of its bits has been set. */
  readonly bits: readonly { readonly bit: number; readonly since: Instant }[]
}

/** Nothing is known yet. */
export const NO_REASON: StopReason = {
  code: null,
  category: null,
  shown: null,
  later: [],
  by: null,
  correctedFrom: [],
}

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

/** What waits to be believed, if anything. A machine that is lost has nothing of the kind. */
export function unsettledOf(phase: Phase): Unsettled | null {
  return phase.kind === 'unknown' || phase.kind === 'seen' ? phase.unsettled : null
}

/** The state of a machine that was never seen. */
export function newState(): MachineState {
  return {
    v: STATE_VERSION,
    phase: { kind: 'unknown', unsettled: null },
    lastSeen: null,
    doubtedMs: 0,
    lastStampMs: 0,
    carryMs: {},
    downtimeCarryMs: {},
    counters: {},
    doubtedCounts: {},
    orderAwaitedBy: null,
    transientSince: null,
    codes: [],
    courses: [],
    said: NOTHING_SAID,
    lastStop: null,
    isInService: true,
    planned: [],
  }
}

/** The state without what waits to be believed. The open status was last seen when it was still shown. */
export function withoutUnsettled(state: MachineState): MachineState {
  const { phase, lastSeen } = state
  if (phase.kind === 'hold' || phase.kind === 'gap' || !phase.unsettled) return state
  return { ...state, phase: { ...phase, unsettled: null }, lastSeen: phase.unsettled.openSeen ?? lastSeen }
}
