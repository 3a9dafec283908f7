/** Questions to the planned time of a machine, and what becomes of it when other shifts are learnt. */
import { elapsedMs, type Instant, shift } from '../../domain/instant.ts'
import type { PlannedTime, PlannedTurn } from '../../domain/planned-time.ts'
import type { Unplanned } from '../../domain/status.ts'
import type { Draft } from '../draft.ts'
import type { OpenInterval } from '../state.ts'

/** What is so at a moment; undefined where nothing is known of it. */
export function turnAt(planned: PlannedTime, atMs: number): PlannedTurn | undefined {
  return planned.findLast((turn) => turn.atMs <= atMs)
}

/** When planned time turns strictly between two moments, in order, on the clocks of the later one. */
export function turnsBetween(planned: PlannedTime, from: Instant, to: Instant): readonly Instant[] {
  const within = planned.filter(({ atMs }) => atMs > from.wallMs && atMs < to.wallMs)
  return within.map(({ atMs }) => shift(to, atMs - to.wallMs)).filter((at) => elapsedMs(from, at) > 0)
}

/** What a row is like for which planned time is asked. */
type PlannedRow = Pick<OpenInterval, 'status' | 'isKept'> & {
  /** Whether the machine is known to have no work order. */
  readonly lacksOrder: boolean
}

/**
 * Why a machine in this status is not meant to run at a moment; null where it is. What runs, runs, and a maintenance that people
 * have set goes on until they end it.
 */
export function unplannedAt({ map, state }: Draft, row: PlannedRow, at: Instant): Unplanned | null {
  if (row.status === 'running' || row.isKept) return null
  const unplanned = turnAt(state.planned, at.wallMs)?.unplanned ?? null
  if (unplanned !== null) return unplanned
  return map.needsOrder && row.lacksOrder ? 'NO_ORDER' : null
}

/** The planned time from now on, behind what was known of the time before: what has been written by it stays true. */
export function withNews(
  before: PlannedTime,
  news: PlannedTime,
  { nowMs, neededFromMs }: { readonly nowMs: number; readonly neededFromMs: number },
): PlannedTime {
  const fromMs = Math.round(Math.min(nowMs, before.at(-1)?.atMs ?? nowMs))
  const past = before.filter(({ atMs }) => atMs < fromMs)
  const now = turnAt(news, fromMs) ?? PLANNED
  const isTurn = !isAlike(past.at(-1) ?? PLANNED, now)
  const turns = [
    ...past,
    ...(isTurn ? [{ ...now, atMs: fromMs }] : []),
    ...news.filter(({ atMs }) => atMs > fromMs),
  ]
  const needed = turns.findLastIndex(({ atMs }) => atMs <= neededFromMs)
  const kept = turns.slice(Math.max(0, needed))
  return kept.every((turn) => isAlike(turn, PLANNED)) ? [] : kept
}

/** What is so where nothing is known. */
const PLANNED = { unplanned: null, shift: null } as const

function isAlike(a: Omit<PlannedTurn, 'atMs'>, b: Omit<PlannedTurn, 'atMs'>): boolean {
  return a.unplanned === b.unplanned && a.shift === b.shift
}
