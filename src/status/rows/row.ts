/** A row as a whole: its interval, and the stop that the interval may be. */
import type { Instant } from '../../domain/instant.ts'
import { change, type Draft, see } from '../draft.ts'
import { unplannedAt } from '../planned/planned-time.ts'
import { passTurns } from '../planned/settle-row.ts'
import { isOrderUnread, workOrderNow } from '../seeing/work-order.ts'
import { type Candidate, intervalOf, isOpen, type OpenInterval, type StopReason } from '../state.ts'
import type { Obstacle } from '../why-unseen.ts'
import { beginStop } from './downtime.ts'
import { openInterval, openMarker } from './intervals.ts'
import { splitAtOrders } from './order-splits.ts'
import { type EndMarks, endPart } from './row-end.ts'

/**
 * Begins the row of a status that has become certain. What it carries is what is known now, and not when it was first seen: a
 * work order that came while it was waiting to be believed is its own.
 */
export function beginRow(draft: Draft, candidate: Candidate, since: Instant): void {
  const { cause } = candidate
  const row = rowOf(draft, candidate, since)
  const awaitsOrder = row.workOrder === null && isOrderUnread(draft)
  // What a counter's `rollover` does not fit can make the sum negative, which says nothing.
  const countedUnseen = draft.view.countedUnseen > 0 ? draft.view.countedUnseen : null
  const declaredBy = draft.state.said.declared?.operator ?? undefined
  const findings = {
    cause,
    countedUnseen,
    rule: draft.map.version,
    marks: [],
    ...(declaredBy !== undefined && { declaredBy }),
  }
  const interval = openInterval(draft, { ...row, since, findings })
  change(draft, { phase: { kind: 'seen', interval, stop: null, unsettled: null } })
  change(draft, { orderAwaitedBy: awaitsOrder ? interval.stampMs : null })
  forgetWrittenOrders(draft)
  see(draft, { countedUnseen: 0, away: null })
  beginStop(draft, interval)
}

/** What the candidate's row is like if it begins at a moment. */
function rowOf(draft: Draft, { status, key, reason, releaseMs }: Candidate, since: Instant) {
  const workOrder = workOrderNow(draft)
  const lacksOrder = workOrder === null && !isOrderUnread(draft)
  const isKept = status === 'maintenance' && draft.state.said.declared?.status === status
  const unplanned = unplannedAt(draft, { status, isKept, lacksOrder }, since)
  return { status, key, reason, releaseMs, workOrder, isKept, unplanned, continues: false }
}

/**
 * Whether the open row goes on though the machine shows another status from a moment on: while time is not planned, that makes
 * no difference to it. What the machine shows is remembered, for the time that is planned again.
 */
export function goesOnUnplanned(draft: Draft, candidate: Candidate, since: Instant): boolean {
  passTurns(draft, since)
  const { phase } = draft.state
  const open = intervalOf(phase)
  if (!open || open.unplanned === null) return false
  const { workOrder: _, ...row } = rowOf(draft, candidate, since)
  if (row.unplanned !== open.unplanned) return false
  const interval = { ...open, ...row, onset: since }
  change(draft, { phase: { kind: 'seen', interval, stop: null, unsettled: null } })
  return true
}

/** Begins a row again behind a marker that interrupted it. */
export function resumeRow(draft: Draft, interval: OpenInterval, since: Instant): void {
  const findings = { ...interval.findings, countedUnseen: null, marks: [] }
  const workOrder = draft.state.said.orders.length > 0 ? workOrderNow(draft) : interval.workOrder
  const unplanned = unplannedAt(draft, { ...interval, lacksOrder: workOrder === null }, since)
  const resumed = openInterval(draft, {
    ...interval,
    workOrder,
    since,
    findings,
    unplanned,
    continues: false,
  })
  change(draft, { phase: { kind: 'seen', interval: resumed, stop: null, unsettled: null } })
  forgetWrittenOrders(draft)
  beginStop(draft, resumed)
}

/** Ends the open stop, and begins another one of the same status with a reason of its own. */
export function splitStop(draft: Draft, at: Instant, reason: StopReason): void {
  passTurns(draft, at)
  const { phase } = draft.state
  if (!isOpen(phase)) return
  const { interval: before } = phase
  if (before.unplanned !== null) {
    // There is no downtime now: the one that comes with the planned time is of the new stop.
    change(draft, { phase: { ...phase, interval: { ...before, reason, onset: at, continues: false } } })
    return
  }
  endRow(draft, at)
  const findings = { ...before.findings, countedUnseen: null, marks: [] }
  const workOrder = workOrderNow(draft)
  const next = { ...before, since: at, reason, workOrder, findings, continues: false }
  const interval = openInterval(draft, next)
  change(draft, { phase: { ...phase, interval, stop: null } })
  forgetWrittenOrders(draft)
  beginStop(draft, interval)
}

/** The row that has just begun has the order that was scanned last. */
function forgetWrittenOrders(draft: Draft): void {
  const { said } = draft.state
  if (said.orders.length > 1) change(draft, { said: { ...said, orders: said.orders.slice(-1) } })
}

/** Ends whatever is open. */
export function endRow(draft: Draft, end: Instant, marks: EndMarks = { stop: [], interval: [] }): void {
  passTurns(draft, end)
  splitAtOrders(draft, end)
  endPart(draft, end, marks)
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
