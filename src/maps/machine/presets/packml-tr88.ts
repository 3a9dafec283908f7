/** PackML as ISA TR88.00.02 numbers it; modes as OPC 30050, 6.5.2. Not the numbers of the tobacco machines: see `packml-tmc`. */
import { packmlRules, packmlTexts } from './packml-rules.ts'
import { type Preset, TRANSIENT_MAX_MS } from './preset.ts'

/** Modes 4 to 31 are each maker's own. A map may give them better names; without any, the state decides in them. */
function userModes(): Readonly<Record<number, string>> {
  const numbers = Array.from({ length: 28 }, (_, index) => index + 4)
  return Object.fromEntries(numbers.map((number) => [number, `user_${number}`]))
}

export const packmlTr88: Preset = {
  name: 'packml-tr88',
  needs: ['state'],
  signals: {
    state: {
      texts: packmlTexts,
      numbers: {
        1: 'clearing',
        2: 'stopped',
        3: 'starting',
        4: 'idle',
        5: 'suspended',
        6: 'execute',
        7: 'stopping',
        8: 'aborting',
        9: 'aborted',
        10: 'holding',
        11: 'held',
        12: 'unholding',
        13: 'suspending',
        14: 'unsuspending',
        15: 'resetting',
        16: 'completing',
        17: 'complete',
      },
    },
    mode: { numbers: { 0: 'invalid', 1: 'production', 2: 'maintenance', 3: 'manual', ...userModes() } },
  },
  transient: {
    signal: 'state',
    values: [1, 3, 7, 8, 10, 12, 13, 14, 15, 16],
    maxMs: TRANSIENT_MAX_MS,
  },
  rules: packmlRules,
}
