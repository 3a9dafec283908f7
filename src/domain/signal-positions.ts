/** Where each signal stands among those of its device: whoever keeps something of every signal looks it up here, for each sample. */
import type { SignalSpec } from './signal.ts'

const known = new WeakMap<readonly SignalSpec[], ReadonlyMap<string, number>>()

/** By the names of the signals, from 0 on. Made once for each list, of tens of thousands of signals in all; a list never changes. */
export function positionsOf(signals: readonly SignalSpec[]): ReadonlyMap<string, number> {
  const positions = known.get(signals) ?? new Map(signals.map(({ name }, position) => [name, position]))
  known.set(signals, positions)
  return positions
}
