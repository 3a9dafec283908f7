/** Which signals of a map decide anything. The rest is for looking at, and costs the derivation nothing. */
import type { Condition, MachineMap } from '../../domain/machine-map.ts'
import type { Sample } from '../../domain/signal.ts'

const known = new WeakMap<MachineMap, ReadonlySet<string>>()

/** The samples that matter, in order; the same array when all do. */
export function relevantOf(map: MachineMap, samples: readonly Sample[]): readonly Sample[] {
  if (samples.length === 0) return samples
  const signals = signalsThatMatter(map)
  return samples.every(({ signal }) => signals.has(signal))
    ? samples
    : samples.filter(({ signal }) => signals.has(signal))
}

function signalsThatMatter(map: MachineMap): ReadonlySet<string> {
  const before = known.get(map)
  if (before) return before
  const signals = new Set<string>()
  for (const rule of map.rules) {
    addSignals(rule.when, signals)
    if (rule.reason?.kind === 'from') signals.add(rule.reason.signal)
  }
  for (const { signal } of [...map.faults, ...map.heartbeats, ...map.counters]) signals.add(signal)
  if (map.transient) signals.add(map.transient.signal)
  if (map.workOrderSignal !== undefined) signals.add(map.workOrderSignal)
  known.set(map, signals)
  return signals
}

function addSignals(condition: Condition, signals: Set<string>): void {
  if (condition.kind === 'value') signals.add(condition.signal)
  else if (condition.kind === 'not') addSignals(condition.of, signals)
  else if (condition.kind !== 'else') for (const part of condition.of) addSignals(part, signals)
}
