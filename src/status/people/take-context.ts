/** What people said at a machine, as its station hands it on. */
import type { Instant } from '../../domain/instant.ts'
import type { Context, Declared, GivenReason } from '../../domain/subject.ts'
import { change, changeOpen, type Draft } from '../draft.ts'
import { takeScannedOrder } from '../seeing/work-order.ts'
import { intervalOf, stopOf } from '../state.ts'
import { declare, release } from './declare.ts'
import { giveReason } from './give-reason.ts'

/** Takes in what was said at a moment by the clock of the rows. */
export function takeContext(draft: Draft, context: Context, at: Instant): void {
  const { operator, workOrder, reason, declared } = context
  if (operator !== undefined) takeOperator(draft, operator)
  if (workOrder !== undefined) takeScannedOrder(draft, { workOrder, since: at })
  noteStart(draft, context)
  if (declared) {
    if (reason && isMeant(draft, reason, declared)) giveReason(draft, reason, at)
    declare(draft, declared, reason?.category ?? null, at)
  } else if (reason) giveReason(draft, reason, at)
  if (declared === null) release(draft, at)
}

function takeOperator(draft: Draft, operator: number | null): void {
  const { said } = draft.state
  if (said.operator !== operator) change(draft, { said: { ...said, operator } })
}

/**
 * Who begins a work order at the machine, or releases it for production, ends its stop as soon as it runs. Who ends the order
 * again, or takes the beginning back, does not.
 */
function noteStart(draft: Draft, { workOrder, isTakenBack, declared }: Context): void {
  const stop = stopOf(draft.state.phase)
  if (!stop || (workOrder === undefined && declared !== null)) return
  const isStart = (typeof workOrder === 'string' && !isTakenBack) || declared === null
  const startedBy = isStart ? draft.state.said.operator : null
  if (startedBy !== stop.startedBy) changeOpen(draft, { stop: { ...stop, startedBy } })
}

/**
 * Whether the reason of a declared status is also for the stop until now: where that has none. Behind `SPLIT` it is not, because the
 * status itself begins a new stop, unless the machine was in it already. A stop that has ended is not meant.
 */
function isMeant({ state: { phase } }: Draft, { isNewStop }: GivenReason, { status }: Declared): boolean {
  if (!stopOf(phase)) return false
  const interval = intervalOf(phase)
  return isNewStop ? interval?.status === status : interval?.reason.code === null
}
