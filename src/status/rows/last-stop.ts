/**
 * The stop that ended last and that somebody may still give a reason to. One at a time is kept: a downtime that nobody has named
 * goes before a short stop, and both before one that an operator has named, which can be corrected. A reason that the PLC gave stays.
 */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import { MICRO_STOP } from '../../domain/status.ts'
import { change, type Draft } from '../draft.ts'
import { intervalOf, type LastStop, type MachineState, type StopReason } from '../state.ts'
import { amendEndedStop, changeReason, moveCarry } from './downtime.ts'
import { amendEnded } from './intervals.ts'

/** So long after its end a stop can get a reason by a scan. What is older is edited in the MES. */
const NAMED_WITHIN_MS = 30 * 60_000

/** Keeps a stop that has just ended, unless an earlier one is rather meant. */
export function keepLastStop(draft: Draft, stop: LastStop): void {
  const rank = rankOf(stop)
  const before = lastStopAt(draft.state, stop.endedAt)
  if (rank === 0 || (before && rankOf(before) > rank)) return
  change(draft, { lastStop: stop })
}

/** The stop that may still get a reason at a moment. */
export function lastStopAt({ lastStop }: MachineState, at: Instant): LastStop | null {
  return lastStop && elapsedMs(lastStop.endedAt, at) <= NAMED_WITHIN_MS ? lastStop : null
}

/** Writes another reason into all parts of the last stop and its downtime. Minutes stay as they are. */
export function nameLastStop(draft: Draft, stop: LastStop, reason: StopReason): void {
  for (const piece of stop.pieces) amendEnded(draft, { ...piece, reason })
  if (stop.downtime) {
    amendEndedStop(draft, stop.downtime, reason)
    moveCarry(draft, stop.downtime, stop.reason, reason)
  }
  change(draft, { lastStop: { ...stop, reason } })
}

/**
 * The part of the open interval's stop that ended with the planned time, while no downtime of it is open; null where there is none
 * that may still get a reason.
 */
export function partBefore({ state, map }: Draft): LastStop | null {
  const interval = intervalOf(state.phase)
  const { lastStop } = state
  if (!interval || interval.unplanned === null || !lastStop) return null
  const isSame = map.eventsFor.includes(interval.status) && elapsedMs(interval.onset, lastStop.endedAt) > 0
  return isSame ? lastStop : null
}

/** A reason became known: of the stop that goes on, and of its part that ended with the planned time. */
export function learnOfStop(draft: Draft, reason: StopReason): void {
  const part = partBefore(draft)
  if (part && part.reason.by === null && part.reason.code !== reason.code) nameLastStop(draft, part, reason)
  changeReason(draft, reason)
}

function rankOf({ reason, downtime }: LastStop): number {
  if (reason.by !== null) return 1
  if (reason.code !== null && reason.code !== MICRO_STOP) return 0
  return downtime ? 3 : 2
}
