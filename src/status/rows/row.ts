/** A row as a whole: its interval, and the stop that the interval may be. */
import type { Mark } from '../../domain/events/event.ts'
import type { Instant } from '../../domain/instant.ts'
import { change, type Draft, see } from '../draft.ts'
import { isOrderUnread, workOrderNow } from '../seeing/work-order.ts'
import { type Candidate, intervalOf, isOpen, type OpenInterval, type StopReason, stopOf } from '../state.ts'
import type { Obstacle } from '../why-unseen.ts'
import { beginStop, endStop } from './downtime.ts'
import { closeInterval, openInterval, openMarker } from './intervals.ts'
import { keepLastStop } from './last-stop.ts'
import { splitAtOrders } from './order-splits.ts'

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
  const declared = draft.state.said.declared && { declaredBy: draft.state.said.declared.operator }
  const findings = { cause, countedUnseen, rule: draft.map.version, marks: [], ...declared }
  const interval = openInterval(draft, { status, key, since, reason, workOrder, releaseMs, findings })
  change(draft, { phase: { kind: 'seen', interval, stop: null, unsettled: null } })
  change(draft, { orderAwaitedBy: awaitsOrder ? interval.stampMs : null })
  forgetWrittenOrders(draft)
  see(draft, { countedUnseen: 0, away: null })
  beginStop(draft, interval)
}

/** Begins a row again behind a marker that interrupted it. */
export function resumeRow(draft: Draft, interval: OpenInterval, since: Instant): void {
  const findings = { ...interval.findings, countedUnseen: null, marks: [] }
  const workOrder = draft.state.said.orders.length > 0 ? workOrderNow(draft) : interval.workOrder
  const resumed = openInterval(draft, { ...interval, workOrder, since, findings })
  change(draft, { phase: { kind: 'seen', interval: resumed, stop: null, unsettled: null } })
  forgetWrittenOrders(draft)
  beginStop(draft, resumed)
}

/** Ends the open stop, and begins another one of the same status with a reason of its own. */
export function splitStop(draft: Draft, at: Instant, reason: StopReason): void {
  const { phase } = draft.state
  if (!isOpen(phase)) return
  endRow(draft, at)
  const findings = { ...phase.interval.findings, countedUnseen: null, marks: [] }
  const workOrder = workOrderNow(draft)
  const interval = openInterval(draft, { ...phase.interval, since: at, reason, workOrder, findings })
  change(draft, { phase: { ...phase, interval, stop: null } })
  forgetWrittenOrders(draft)
  beginStop(draft, interval)
}

/** The row that has just begun has the order that was scanned last. */
function forgetWrittenOrders(draft: Draft): void {
  const { said } = draft.state
  if (said.orders.length > 1) change(draft, { said: { ...said, orders: said.orders.slice(-1) } })
}

/** Ends whatever is open: first the stop, because one that was too short gives its interval a reason, and then the interval. */
export function endRow(
  draft: Draft,
  end: Instant,
  marks: { readonly stop: readonly Mark[]; readonly interval: readonly Mark[] } = { stop: [], interval: [] },
): void {
  splitAtOrders(draft, end)
  const wasStop = stopOf(draft.state.phase) !== null
  const downtime = endStop(draft, end, marks.stop)
  const reason = intervalOf(draft.state.phase)?.reason
  const pieces = closeInterval(draft, end, marks.interval)
  if (wasStop && reason) keepLastStop(draft, { endedAt: end, reason, pieces, downtime })
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
