/** The map of a machine of which only the lamps of its stack light are read, as the compiler makes it. */
import type { Condition, MachineMap } from '../../src/domain/machine-map.ts'
import { device, press } from './press.ts'

const WINDOW_MS = 3_000

/** Red is down, green is running, amber or a green lamp that blinks is waiting, and all dark is switched off. */
export function stackLight(changes: Partial<MachineMap> = {}): MachineMap {
  return press({
    devices: [{ ...device('PRESS-07', ['green', 'amber', 'red']), pollMs: 200 }],
    rules: [
      { when: shows('red', 'on', 'blink'), is: 'down', forMs: 1_000, releaseMs: 1_000 },
      { when: shows('green', 'on'), is: 'running', forMs: 2_000, releaseMs: 2_000 },
      {
        when: { kind: 'any', of: [shows('amber', 'on', 'blink'), shows('green', 'blink')] },
        is: 'idle',
        forMs: 2_000,
        releaseMs: 2_000,
      },
      {
        when: { kind: 'all', of: [shows('green', 'off'), shows('amber', 'off'), shows('red', 'off')] },
        is: 'idle',
        reason: { kind: 'fixed', code: 'switched_off' },
        forMs: 60_000,
        releaseMs: 60_000,
      },
      { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 },
    ],
    faults: [],
    perceived: ['green', 'amber', 'red'].map((signal) => ({ kind: 'light', signal, windowMs: WINDOW_MS })),
    ...changes,
  })
}

function shows(signal: string, ...values: readonly string[]): Condition {
  return { kind: 'value', signal, test: { kind: 'one-of', values } }
}
