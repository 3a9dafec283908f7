/** Which signals of a map decide anything. The rest is for people to look at, and costs the derivation nothing. */
import { valueConditions } from '../../../domain/conditions.ts'
import type { MachineMap } from '../../../domain/machine-map.ts'

type DecisiveParts = Pick<
  MachineMap,
  'rules' | 'transient' | 'faults' | 'heartbeats' | 'counters' | 'workOrderSignal'
>

/** The names of the signals that decide anything, each once. */
export function relevantSignals(map: DecisiveParts): readonly string[] {
  const names = [
    ...map.rules.flatMap(({ when }) => valueConditions(when).map(({ signal }) => signal)),
    ...map.rules.flatMap(({ reason }) => (reason?.kind === 'from' ? reason.signals : [])),
    ...[...map.faults, ...map.heartbeats, ...map.counters].map(({ signal }) => signal),
    ...(map.transient ? [map.transient.signal] : []),
    ...(map.workOrderSignal === undefined ? [] : [map.workOrderSignal]),
  ]
  return [...new Set(names)]
}
