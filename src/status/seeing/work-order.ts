/** The work order at a machine: what a signal of its map shows, or else what was scanned. */
import type { SignalValue } from '../../domain/signal.ts'
import { change, type Draft } from '../draft.ts'
import type { ScannedOrder } from '../people/said.ts'
import { intervalOf } from '../state.ts'
import type { Held } from '../view.ts'

/** Nobody scans more of them between two polls. */
const ORDERS_MAX = 8

/** Whether the work order cannot be read now, though the map names a signal for it. */
export function isOrderUnread({ map, view }: Draft): boolean {
  return map.workOrderSignal !== undefined && view.values[map.workOrderSignal]?.quality !== 'good'
}

/**
 * The work order that the machine shows. While it cannot be seen, or there is no signal for it, the one that was scanned last, and
 * without any that of the open interval.
 */
export function workOrderNow(draft: Draft): string | null {
  const shown = shownOrder(draft)
  if (shown) return workOrderText(shown.value)
  const { phase, said } = draft.state
  const scanned = said.orders.at(-1)
  return scanned ? scanned.workOrder : (intervalOf(phase)?.workOrder ?? null)
}

/** Whether the work order is one that somebody scanned. */
export function isOrderScanned(draft: Draft): boolean {
  return draft.state.said.orders.length > 0 && !shownOrder(draft)
}

/** What the machine itself shows overtakes what was scanned before. */
export function overtakeScannedOrder(draft: Draft): void {
  const { said } = draft.state
  if (said.orders.length > 0 && shownOrder(draft)) change(draft, { said: { ...said, orders: [] } })
}

/** Somebody began a work order at the machine, or ended the one that it had. A machine that shows one itself knows better. */
export function takeScannedOrder(draft: Draft, order: ScannedOrder): void {
  const { said, phase } = draft.state
  if (shownOrder(draft) || said.orders.at(-1)?.workOrder === order.workOrder) return
  const isSplit = intervalOf(phase)?.status === 'running' || draft.map.needsOrder
  const orders = isSplit ? [...said.orders, order].slice(-ORDERS_MAX) : [order]
  change(draft, { said: { ...said, orders } })
  if (order.workOrder !== null) change(draft, { orderAwaitedBy: null })
}

function shownOrder({ map, view }: Draft): Held | undefined {
  const held = map.workOrderSignal === undefined ? undefined : view.values[map.workOrderSignal]
  return held?.quality === 'good' ? held : undefined
}

/** Nothing, an empty text and zero mean: no work order. */
function workOrderText(value: SignalValue): string | null {
  const text = value === null ? '' : String(value).trim()
  return text === '' || text === '0' ? null : text
}
