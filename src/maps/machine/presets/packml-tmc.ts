/** PackML as the tobacco machines number it: OPC 30060 (2.00.1), StateEnumeration 11.9 and ControlModeEnumeration. */
import { packmlRules, packmlTexts } from './packml-rules.ts'
import { type Preset, TRANSIENT_MAX_MS } from './preset.ts'

export const packmlTmc: Preset = {
  name: 'packml-tmc',
  needs: ['state'],
  signals: {
    state: {
      texts: packmlTexts,
      numbers: {
        0: 'stopped',
        1: 'resetting',
        2: 'idle',
        3: 'starting',
        4: 'execute',
        5: 'completing',
        6: 'complete',
        7: 'aborting',
        8: 'aborted',
        9: 'stopping',
        10: 'clearing',
        11: 'suspending',
        12: 'suspended',
        13: 'unsuspending',
        14: 'holding',
        15: 'held',
        16: 'unholding',
      },
    },
    mode: {
      numbers: {
        0: 'other',
        1: 'production',
        2: 'maintenance',
        3: 'manual',
        4: 'change_over',
        5: 'clean',
        6: 'set_up',
        7: 'empty_out',
      },
    },
  },
  transient: {
    signal: 'state',
    values: [1, 3, 5, 7, 9, 10, 11, 13, 14, 16],
    maxMs: TRANSIENT_MAX_MS,
  },
  rules: [{ when: { mode: ['change_over', 'set_up'] }, is: 'setup' }, ...packmlRules],
}
