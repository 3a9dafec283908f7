/** The work order at a machine, where its map names a signal that carries the number. */
import type { SignalValue } from '../../domain/signal.ts'
import type { Draft } from '../draft.ts'
import { intervalOf } from '../state.ts'

/** Whether the work order cannot be read now, though the map names a signal for it. */
export function isOrderUnread({ map, view }: Draft): boolean {
  return map.workOrderSignal !== undefined && view.values[map.workOrderSignal]?.quality !== 'good'
}

/** The work order that the machine shows; while it cannot be seen, that of the open interval. */
export function workOrderNow({ map, view, state }: Draft): string | null {
  const held = map.workOrderSignal === undefined ? undefined : view.values[map.workOrderSignal]
  if (held?.quality !== 'good') return intervalOf(state.phase)?.workOrder ?? null
  return workOrderText(held.value)
}

/** Nothing, an empty text and zero mean: no work order. */
function workOrderText(value: SignalValue): string | null {
  const text = value === null ? '' : String(value).trim()
  return text === '' || text === '0' ? null : text
}
