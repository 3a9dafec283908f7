/**
 * A machine that has a saved state and no map that can be used. Nothing of it is read, so that it is lost like a machine whose
 * device is away: its row ends where it was last seen, or is held as long as a map may hold it.
 */
import type { MachineMap } from '../domain/machine-map.ts'

/** What the keys of a map are where it does not write them: nobody can say what this one wrote. */
const DEFAULTS: Omit<MachineMap, 'machine' | 'file'> = {
  version: 'none',
  devices: [],
  rules: [],
  stops: { ignoreStopBelowMs: 0, ignoreRunBelowMs: 10_000, microStopBelowMs: 120_000 },
  faults: [],
  heartbeats: [],
  counters: [],
  perceived: [],
  relevantSignals: [],
  eventsFor: ['down', 'setup'],
  onCommLoss: {
    afterMs: 30_000,
    holdMaxMs: 12 * 3_600_000,
    byStatus: {
      available: 'gap',
      running: 'gap',
      idle: 'gap',
      down: 'hold',
      setup: 'hold',
      maintenance: 'hold',
    },
  },
}

/** @param file what has to be mended, as named to the user; empty where there is none */
export function mapOfNothing(machine: string, file: string): MachineMap {
  return { ...DEFAULTS, machine, file }
}
