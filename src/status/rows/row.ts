/** A row as a whole: its interval, and the stop that the interval may be. */
import type { Mark } from '../../domain/events/event.ts'
import type { Instant } from '../../domain/instant.ts'
import { change, type Draft, see } from '../draft.ts'
import { isOrderUnread, workOrderNow } from '../seeing/work-order.ts'
import type { Candidate, OpenInterval } from '../state.ts'
import type { Obstacle } from '../why-unseen.ts'
import { beginStop, endStop } from './downtime.ts'
import { closeInterval, openInterval, openMarker } from './intervals.ts'

/**
 * Begins the row of a status that has become certain. What it carries is what is known now, and not when it was first seen: a
 * work order that came while it was waiting to be believed is its own.
 */
export function beginRow(draft: Draft, candidate: Candidate, since: Instant): void {
  const { status, key, reason, releaseMs, cause } = candidate
  const workOrder = workOrderNow(draft)
  const awaitsOrder = workOrder === null && isOrderUnread(draft)
  // What a counter's `rollover` does not fit can make the sum negative, which says nothing.
  const countedUnseen = draft.view.countedUnseen > 0 ? draft.view.countedUnseen : null
  const findings = { cause, countedUnseen, rule: draft.map.version, marks: [] }
  const interval = openInterval(draft, { status, key, since, reason, workOrder, releaseMs, findings })
  change(draft, { phase: { kind: 'seen', interval, stop: null, unsettled: null } })
  change(draft, { orderAwaitedBy: awaitsOrder ? interval.stampMs : null })
  see(draft, { countedUnseen: 0, away: null })
  beginStop(draft, interval)
}

/** Begins a row again behind a marker that interrupted it. */
export function resumeRow(draft: Draft, interval: OpenInterval, since: Instant): void {
  const findings = { ...interval.findings, countedUnseen: null, marks: [] }
  const resumed = openInterval(draft, { ...interval, since, findings })
  change(draft, { phase: { kind: 'seen', interval: resumed, stop: null, unsettled: null } })
  beginStop(draft, resumed)
}

/** Ends whatever is open: first the stop, because one that was too short gives its interval a reason, and then the interval. */
export function endRow(
  draft: Draft,
  end: Instant,
  marks: { readonly stop: readonly Mark[]; readonly interval: readonly Mark[] } = { stop: [], interval: [] },
): void {
  endStop(draft, end, marks.stop)
  closeInterval(draft, end, marks.interval)
}

/**
 * Ends whatever is open, and sets a marker behind it: from there on nothing was seen.
 * @param obstacle why, where that is known
 */
export function markGap(draft: Draft, at: Instant, obstacle: Obstacle | undefined): void {
  endRow(draft, at, { stop: ['no_data'], interval: [] })
  openMarker(draft, at, obstacle)
  see(draft, { away: null })
}
