/** The map of a machine of which only a counter of its cycles is read, as the compiler makes it. */
import type { MachineMap } from '../../src/domain/machine-map.ts'
import { device, press } from './press.ts'

const CYCLES = { signal: 'cycles', rollover: 2 ** 32, partsPerCycle: 4 }

/** A cycle takes 12 s; above 20.4 s it is slow, and above 36 s the machine stands, which is a downtime from 2 minutes on. */
export function pulseMachine(changes: Partial<MachineMap> = {}): MachineMap {
  return press({
    devices: [device('PRESS-07', ['cycles', 'alarm'])],
    rules: [
      {
        when: {
          kind: 'value',
          signal: 'cycles',
          test: { kind: 'one-of', values: ['pulsing', 'slow'] },
        },
        is: 'running',
        forMs: 2_000,
        releaseMs: 2_000,
      },
      { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 },
    ],
    stops: {
      ignoreStopBelowMs: 2_000,
      ignoreRunBelowMs: 10_000,
      microStopBelowMs: 120_000,
      longStopIs: 'down',
    },
    faults: [],
    counters: [CYCLES],
    perceived: [
      {
        kind: 'pulse',
        signal: 'cycles',
        counter: CYCLES,
        idealCycleMs: 12_000,
        slowAfterMs: 20_400,
        stopAfterMs: 36_000,
        isLearning: true,
      },
    ],
    ...changes,
  })
}
