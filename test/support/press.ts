/** The map of a press, as the compiler makes it. */
import type { Device, DeviceMessage } from '../../src/domain/device.ts'
import type { MachineMap, StatusRule } from '../../src/domain/machine-map.ts'
import type { Reading } from '../../src/domain/signal.ts'
import { relevantSignals } from '../../src/maps/machine/rules/relevant-signals.ts'

/** Rules of a press: fault, setup, service, running, else idle; the code comes from `fault`. */
const PRESS_RULES: readonly StatusRule[] = [
  rule('maintenance', { state: 'service' }, 0),
  {
    ...rule('setup', { state: 'setup' }, 0),
    reason: { kind: 'fixed', code: 'changeover' },
    category: 'setup',
  },
  { ...rule('down', { state: 'fault' }, 1_000), reason: { kind: 'from', signals: ['fault'] } },
  rule('running', { state: 'run' }, 2_000),
  { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 },
]

export function rule(
  is: StatusRule['is'],
  when: Readonly<Record<string, string | number>>,
  forMs: number,
): StatusRule {
  const of = Object.entries(when).map(
    ([signal, value]) => ({ kind: 'value', signal, test: { kind: 'one-of', values: [value] } }) as const,
  )
  return { when: { kind: 'all', of }, is, forMs, releaseMs: forMs }
}

/** A press with the defaults of the contract; `changes` puts other values in place. */
export function press(changes: Partial<MachineMap> = {}): MachineMap {
  const map = {
    machine: 'PRESS-07',
    version: 'v1',
    file: 'devices/press-07.yaml',
    devices: [device('PRESS-07', ['state', 'fault', 'good', 'alive', 'order'])],
    rules: PRESS_RULES,
    stops: { ignoreStopBelowMs: 2_000, ignoreRunBelowMs: 10_000, microStopBelowMs: 120_000 },
    faults: [
      {
        signal: 'fault',
        latch: 'first',
        settleMs: 5_000,
        reasons: [
          { from: 101, to: 101, code: 'mechanical_failure', category: 'equipment' },
          { from: 200, to: 249, code: 'material_shortage', category: 'material' },
          { code: 'unknown_fault', category: 'equipment' },
        ],
      },
    ],
    heartbeats: [],
    counters: [],
    perceived: [],
    eventsFor: ['down', 'setup'] as const,
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
    ...changes,
  } satisfies Omit<MachineMap, 'relevantSignals'>
  return { ...map, relevantSignals: relevantSignals(map) }
}

/** A device of the press that is polled every second. */
export function device(id: string, signals: readonly string[]): Device {
  return {
    id,
    subject: 'machine:PRESS-07',
    protocol: 'test',
    settings: {},
    pollMs: 1_000,
    signals: signals.map((name) => ({ name, address: null })),
  }
}

/** What the press's only device brings. */
export function readingOfPress(reading: Reading): DeviceMessage {
  return { kind: 'reading', device: 'PRESS-07', subject: 'machine:PRESS-07', reading }
}
