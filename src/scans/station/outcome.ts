/** What comes of judging one scan, before it is given out. */
import type { StationEvent } from '../../domain/events/scan.ts'
import type { Instant } from '../../domain/instant.ts'
import type { MachineStanding } from '../../domain/scan.ts'
import type { StationMap } from '../../domain/station-map.ts'
import type { Answer, Context } from '../../domain/subject.ts'
import { SCAN_REFUSALS, type ScanRefusal } from './refusals.ts'
import type { StationState, TakenScan } from './station-state.ts'

/** One scan, and all that is needed to judge it. */
export interface Turn {
  readonly map: StationMap
  readonly state: StationState
  readonly scan: TakenScan
  /** `users.id` of whose scan it is. */
  readonly operator: number
  readonly machine: MachineStanding | null
  /** Now: a scan that had to wait was made earlier. */
  readonly now: Instant
}

/** What the machine learns. */
export type ContextChange = Pick<Context, 'operator' | 'workOrder' | 'isTakenBack' | 'reason' | 'declared'>

/** The answer to one scan, and what follows from it. */
export interface Outcome extends Answer {
  readonly state: StationState
  readonly events: readonly StationEvent[]
  readonly said: readonly ContextChange[]
  /** Why nothing of it is stored; absent unless the verdict is bad. */
  readonly refusal?: ScanRefusal
}

/** Something was done, and nothing had to be stored for it. */
export function done(
  state: StationState,
  said: readonly ContextChange[] = [],
  why: string | null = null,
): Outcome {
  return { verdict: 'good', why, state, events: [], said }
}

/** It waits for what belongs to it. */
export function held(state: StationState, why: string): Outcome {
  return { verdict: 'held', why, state, events: [], said: [] }
}

/** Nothing of it is stored, and that is counted. */
export function refused(state: StationState, refusal: ScanRefusal, at: Instant, why?: string): Outcome {
  return {
    verdict: 'bad',
    why: why ?? SCAN_REFUSALS[refusal],
    state: countRefused(state, refusal, at),
    events: [],
    said: [],
    refusal,
  }
}

/** Notes that scans were not stored. Only when and how many: never what they held. */
export function countRefused(
  state: StationState,
  refusal: ScanRefusal,
  at: Instant,
  scans = 1,
): StationState {
  if (scans === 0) return state
  const count = (state.refused[refusal]?.count ?? 0) + scans
  return { ...state, refused: { ...state.refused, [refusal]: { count, lastMs: at.wallMs } } }
}
