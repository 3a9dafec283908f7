/**
 * What only the machine knows of signals that are good for their device: heartbeats that stand still, and values that its map has
 * no meaning for. All of them, whether or not the rules come as far as these now.
 */
import { valueConditions } from '../domain/conditions.ts'
import { elapsedMs } from '../domain/instant.ts'
import type { MachineMap, ValueCondition } from '../domain/machine-map.ts'
import { expectationOf, holds } from './judging/value-test.ts'
import type { View } from './view.ts'
import { type Obstacle, stillHeartbeat, unmeantDetail } from './why-unseen.ts'

/** What keeps one signal from being of use to its machine. */
export interface OwnObstacle extends Obstacle {
  readonly why: 'stale' | 'unmeant'
  readonly device: string
  readonly signal: string
}

/** All that are there now, of the devices that are in contact. */
export function ownObstacles(map: MachineMap, view: View): readonly OwnObstacle[] {
  return [...stillHeartbeats(map, view), ...unmeantValues(map, view)]
}

/** A heartbeat has a while to beat after it was first read: until then nothing is wrong. */
function stillHeartbeats(map: MachineMap, view: View): readonly OwnObstacle[] {
  return map.heartbeats.flatMap(({ signal, staleAfterMs }) => {
    const [held, beat] = [view.values[signal], view.beats[signal]]
    const contact = held && view.contacts[held.device]
    if (!contact || !beat || held.quality !== 'good') return []
    if (elapsedMs(beat.at ?? beat.readAt, contact) <= staleAfterMs) return []
    return [{ ...stillHeartbeat(map, signal, beat), why: 'stale', device: held.device, signal }]
  })
}

/** A value that no condition can mean, of all that read the signal. */
function unmeantValues({ rules }: MachineMap, { values, contacts }: View): readonly OwnObstacle[] {
  return [...conditionsBySignal(rules)].flatMap(([signal, conditions]) => {
    const held = values[signal]
    const [first] = conditions
    if (!held || !first || held.quality !== 'good' || held.value === null || !contacts[held.device]) return []
    const { value, device, since } = held
    if (conditions.some(({ test, meaning }) => holds(test, value, meaning) !== 'unknown')) return []
    const detail = unmeantDetail(value, expectationOf(first.test, first.meaning), held.detail)
    return [{ why: 'unmeant', device, signal, detail, since }]
  })
}

/** Of the rules of each map: every machine is asked for every two seconds. */
const known = new WeakMap<MachineMap['rules'], ReadonlyMap<string, readonly ValueCondition[]>>()

/** All conditions on each signal that the rules read. */
function conditionsBySignal(rules: MachineMap['rules']): ReadonlyMap<string, readonly ValueCondition[]> {
  const found = known.get(rules)
  if (found) return found
  const conditions = rules.flatMap(({ when }) => valueConditions(when))
  const bySignal = Map.groupBy(conditions, ({ signal }) => signal)
  known.set(rules, bySignal)
  return bySignal
}
