/** Writes what has become certain of the open row: where planned time turned it, that it is a stop, and where it is split. */
import type { Instant } from '../../domain/instant.ts'
import type { Draft } from '../draft.ts'
import { isUnclassed, recordStop } from '../rows/downtime.ts'
import { splitAtClock } from '../rows/intervals.ts'
import { splitAtOrders } from '../rows/order-splits.ts'
import { intervalOf } from '../state.ts'
import { turnsBetween } from './planned-time.ts'
import { keepToPlan, passTurn } from './turn-row.ts'

/** Everything is known of the open row up to a moment. */
export function settleRowTo(draft: Draft, upTo: Instant): void {
  passTurns(draft, upTo)
  keepToPlan(draft, upTo)
  recordStop(draft, upTo)
  splitAtOrders(draft, upTo)
  // All parts of an interval have one status, so that it is split by the clock only once that is known.
  if (!isUnclassed(draft)) splitAtClock(draft, upTo)
}

/** Turns the open row wherever planned time ended or began before a moment. */
export function passTurns(draft: Draft, upTo: Instant): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval) return
  for (const at of turnsBetween(draft.state.planned, interval.since, upTo)) {
    splitAtOrders(draft, at)
    passTurn(draft, at)
  }
}
