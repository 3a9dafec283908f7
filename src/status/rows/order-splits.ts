/**
 * A run in which another work order was scanned continues from that moment in a row of its own. So does a machine that needs an
 * order, and does not run: before, or from then on, it has none.
 */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import { change, type Draft } from '../draft.ts'
import type { ScannedOrder } from '../people/said.ts'
import { passOrder } from '../planned/turn-row.ts'
import { intervalOf } from '../state.ts'
import { bookPart, splitAtClock, splitInterval } from './intervals.ts'

/** Splits the open row where orders were scanned before a moment up to which everything is certain. */
export function splitAtOrders(draft: Draft, upTo: Instant): void {
  const { orders } = draft.state.said
  orders.forEach((order, index) => {
    const interval = intervalOf(draft.state.phase)
    const isSplit = interval?.status === 'running' || draft.map.needsOrder
    if (!interval || !isSplit || elapsedMs(order.since, upTo) <= 0) return
    if (interval.workOrder !== order.workOrder) begin(draft, order, interval.since)
    if (index > 0) change(draft, { said: { ...draft.state.said, orders: orders.slice(index) } })
  })
}

function begin(draft: Draft, { workOrder, since }: ScannedOrder, rowSince: Instant): void {
  if (elapsedMs(rowSince, since) <= 0) {
    bookPart(draft, workOrder)
    return
  }
  if (intervalOf(draft.state.phase)?.status !== 'running') {
    passOrder(draft, since, workOrder)
    return
  }
  splitAtClock(draft, since)
  splitInterval(draft, since, { workOrder })
}
