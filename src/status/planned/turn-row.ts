/**
 * The row of an interval turns where planned time ends or begins: at that very moment, though no sample came then. The status that
 * the machine shows goes on; only what its rows say of it changes.
 */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import type { Unplanned } from '../../domain/status.ts'
import { change, changeOpen, type Draft, see } from '../draft.ts'
import { beginStop } from '../rows/downtime.ts'
import { openInterval, splitAtClock, splitInterval } from '../rows/intervals.ts'
import { endPart } from '../rows/row-end.ts'
import { intervalOf, type OpenInterval } from '../state.ts'
import { unplannedAt } from './planned-time.ts'

/** A shift or a break begins or ends. */
export function passTurn(draft: Draft, at: Instant): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval || followPlan(draft, interval, at) || draft.map.split !== 'shift') return
  splitAtClock(draft, at)
  splitInterval(draft, at)
}

/**
 * The row says at a moment what the plan says then. It does already, unless the plan was another one when it began: a clock was set
 * to the other side of a turn, or the map did not ask for a work order before.
 */
export function keepToPlan(draft: Draft, at: Instant): void {
  const interval = intervalOf(draft.state.phase)
  if (interval && elapsedMs(interval.since, at) > 0) followPlan(draft, interval, at)
}

/** Turns the row where the plan says something else than it does. @returns whether it does */
function followPlan(draft: Draft, interval: OpenInterval, at: Instant): boolean {
  const unplanned = unplannedAt(draft, { ...interval, lacksOrder: lacksOrder(draft, interval) }, at)
  if (unplanned === interval.unplanned) return false
  turnRow(draft, at, { unplanned })
  return true
}

/** The machine of the open interval has another work order from a moment on, or none: where it needs one, that may turn the row. */
export function passOrder(draft: Draft, at: Instant, workOrder: string | null): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval || !draft.map.needsOrder || interval.status === 'running') return
  const unplanned = unplannedAt(draft, { ...interval, lacksOrder: workOrder === null }, at)
  if (unplanned !== interval.unplanned) turnRow(draft, at, { unplanned, workOrder })
  // An order that comes or goes while there is no shift says from when on the next shift has one.
  else if (interval.unplanned !== null) changeOpen(draft, { interval: { ...interval, workOrder } })
}

/** Where it could not be read whether there is an order, nobody says that there is none. */
function lacksOrder({ state }: Draft, { workOrder, stampMs }: OpenInterval): boolean {
  return workOrder === null && state.orderAwaitedBy !== stampMs
}

function turnRow(
  draft: Draft,
  at: Instant,
  changes: { readonly unplanned: Unplanned | null; readonly workOrder?: string | null },
): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval) return
  const downtime = endPart(draft, at, { stop: ['unplanned'], interval: [] })
  const { findings, onset, stampMs } = interval
  const next = openInterval(draft, {
    ...interval,
    ...changes,
    since: at,
    continues: interval.continues || downtime !== null,
    findings: { ...findings, countedUnseen: null, marks: [] },
  })
  const turned = { ...next, onset }
  changeOpen(draft, { interval: turned })
  if (draft.state.orderAwaitedBy === stampMs) change(draft, { orderAwaitedBy: turned.stampMs })
  see(draft, { away: null })
  beginStop(draft, turned)
}
