/**
 * Weihenstephan Standards: WS_Cur_State and WS_Cur_Prog.
 *
 * Programs: OPC 40600, 9.2. The numbers of states are single bits, as fillers show them (128 while they produce); those that no
 * public source confirms are left out, so that they decide nothing. What the states mean for the OEE: the data model of
 * the United Manufacturing Hub, which draws on the Weihenstephan Standards 09.01. 0 is a PLC that has not begun to work.
 */
import { type Preset, TRANSIENT_MAX_MS } from './preset.ts'

export const weihenstephan: Preset = {
  name: 'weihenstephan',
  needs: ['state'],
  signals: {
    state: {
      numbers: {
        1: 'stopped',
        2: 'starting',
        4: 'prepared',
        8: 'lack',
        16: 'tailback',
        32: 'lack_branch_line',
        64: 'tailback_branch_line',
        128: 'operating',
        256: 'stopping',
        512: 'aborting',
        1024: 'equipment_failure',
        2048: 'external_failure',
        4096: 'emergency_stop',
        32768: 'idle',
      },
    },
    program: {
      numbers: {
        0: 'undefined',
        1: 'production',
        2: 'start_up',
        4: 'run_down',
        8: 'clean',
        16: 'changeover',
        32: 'maintenance',
        64: 'break',
      },
      texts: { 'Undefined (No Program)': 'undefined' },
    },
  },
  transient: { signal: 'state', values: [2, 256, 512], maxMs: TRANSIENT_MAX_MS },
  rules: [
    { when: { program: 'maintenance' }, is: 'maintenance' },
    { when: { program: 'changeover' }, is: 'setup', reason: 'changeover' },
    { when: { program: 'clean' }, is: 'setup', reason: 'cleaning' },
    { when: { program: 'break' }, is: 'available', reason: 'break' },
    { when: { state: 'operating' }, is: 'running' },
    {
      when: { state: 'equipment_failure' },
      is: 'down',
      reason: 'from fault',
      otherwise: 'equipment_failure',
    },
    { when: { state: 'external_failure' }, is: 'down', reason: 'external_failure', category: 'process' },
    { when: { state: 'emergency_stop' }, is: 'down', reason: 'emergency_stop', category: 'process' },
    { when: { state: ['lack', 'lack_branch_line'] }, is: 'idle', reason: 'lack', category: 'material' },
    {
      when: { state: ['tailback', 'tailback_branch_line'] },
      is: 'idle',
      reason: 'tailback',
      category: 'process',
    },
    { else: true, is: 'idle' },
  ],
}
