/** What waited for too long is given up. */
import type { Instant } from '../../domain/instant.ts'
import type { StationMap } from '../../domain/station-map.ts'
import { type ContextChange, countRefused } from './outcome.ts'
import { labelLeftMs } from './parts.ts'
import { SCAN_REFUSALS, type ScanRefusal } from './refusals.ts'
import { endSession, sessionLeftMs } from './session.ts'
import { sinceMs } from './since.ts'
import { heldCount, type StationState, type TakenScan } from './station-state.ts'
import { waitsMs } from './take-scan.ts'

/** What time alone brings about. */
interface Lapse {
  readonly state: StationState
  readonly said: readonly ContextChange[]
  /** Why scans that waited will never be stored; undefined: none had to be given up. */
  readonly why: string | undefined
}

/** Gives up what has waited for too long, and ends a session that has had its time. */
export function lapse(map: StationMap, state: StationState, now: Instant): Lapse {
  let rest = state
  let why: string | undefined
  const giveUp = (refusal: ScanRefusal, scans: number, left: Partial<StationState>) => {
    if (scans === 0) return
    rest = { ...countRefused(rest, refusal, now, scans), ...left }
    why ??= SCAN_REFUSALS[refusal]
  }
  const isOver = (leftMs: number | undefined) => leftMs !== undefined && leftMs <= 0
  const waiting = state.waiting.filter((scan) => !isOver(badgeLeftMs(map, scan, now)))
  giveUp('badge_late', state.waiting.length - waiting.length, { waiting })
  if (isOver(stepLeftMs(map, state.command, now))) giveUp('order_late', 1, { command: null })
  if (isOver(stepLeftMs(map, state.split, now))) giveUp('reason_late', 1, { split: null })
  const { label } = state
  if (isOver(labelLeftMs(label, now))) {
    if (label?.isRepeat) rest = { ...rest, label: null }
    else giveUp('label_late', label?.parts.length ?? 0, { label: null })
  }
  if (!isOver(sessionLeftMs(map, rest, now))) return { state: rest, said: [], why }
  if (heldCount(rest) > 0) why ??= SCAN_REFUSALS.session_over
  return { state: endSession(rest, now), said: [{ operator: null }], why }
}

/** How long until something lapses if nothing comes; undefined where nothing will. */
export function lapsesInMs(map: StationMap, state: StationState, now: Instant): number | undefined {
  const left = [
    ...state.waiting.map((scan) => badgeLeftMs(map, scan, now)),
    stepLeftMs(map, state.command, now),
    stepLeftMs(map, state.split, now),
    labelLeftMs(state.label, now),
    sessionLeftMs(map, state, now),
  ].filter((ms) => ms !== undefined)
  return left.length === 0 ? undefined : Math.min(...left)
}

function badgeLeftMs(map: StationMap, scan: TakenScan, now: Instant): number {
  return waitsMs(map, scan) - sinceMs(scan.at, now)
}

function stepLeftMs({ steps }: StationMap, scan: TakenScan | null, now: Instant): number | undefined {
  return scan ? steps.withinMs - sinceMs(scan.at, now) : undefined
}
