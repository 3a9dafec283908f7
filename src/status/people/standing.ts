/** What a machine's station must know of it to judge a scan. */
import type { Instant } from '../../domain/instant.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { MachineStanding } from '../../domain/scan.ts'
import type { Draft } from '../draft.ts'
import { shownStatus } from '../rows/shown.ts'
import { workOrderNow } from '../seeing/work-order.ts'
import { intervalOf, type Memory } from '../state.ts'
import { byRowClock, followWallClock } from '../wall-clock.ts'
import { type ReasonTarget, reasonTarget } from './reason-target.ts'

const REASON_FOR: Readonly<Record<ReasonTarget['kind'], MachineStanding['reasonFor']>> = {
  open: 'current',
  shown: 'current',
  last: 'last',
}

/** As it is at a moment. What is said at the same moment finds it so. */
export function standingOf(map: MachineMap, { durable, view }: Memory, now: Instant): MachineStanding {
  if (!durable.isInService) return unknownStanding(map.machine)
  const draft: Draft = { map, state: durable, view, events: [] }
  followWallClock(draft, now)
  const target = reasonTarget(draft, byRowClock(draft, now))
  const { phase, said } = draft.state
  const interval = intervalOf(phase)
  return {
    machine: map.machine,
    status: interval && shownStatus(interval),
    workOrder: workOrderNow(draft),
    reasonFor: target && REASON_FOR[target.kind],
    declared: said.declared?.status ?? null,
  }
}

/** Of a machine that takes nothing in, because it does not know the time yet or is out of service, nothing can be promised. */
export function unknownStanding(machine: string): MachineStanding {
  return { machine, status: null, workOrder: null, reasonFor: null, declared: null }
}
