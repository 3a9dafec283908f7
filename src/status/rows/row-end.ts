/** The end of a row, or of a part of it: its stop, and its interval. */
import type { Mark } from '../../domain/events/event.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Draft } from '../draft.ts'
import { type EndedDowntime, intervalOf, stopOf } from '../state.ts'
import { endStop } from './downtime.ts'
import { closeInterval } from './intervals.ts'
import { keepLastStop } from './last-stop.ts'

/** What its two rows are marked with. */
export interface EndMarks {
  readonly stop: readonly Mark[]
  readonly interval: readonly Mark[]
}

/**
 * Ends first the stop, because one that was too short gives its interval a reason, and then the interval.
 * @returns the downtime that has ended with it
 */
export function endPart(draft: Draft, end: Instant, marks: EndMarks): EndedDowntime | null {
  const wasStop = stopOf(draft.state.phase) !== null
  const downtime = endStop(draft, end, marks.stop)
  const reason = intervalOf(draft.state.phase)?.reason
  const pieces = closeInterval(draft, end, marks.interval)
  if (wasStop && reason) keepLastStop(draft, { endedAt: end, reason, pieces, downtime })
  return downtime
}
