/**
 * Machines for plastics and rubber.
 *
 * EUROMAP 77 with 83 (OPC 40077, 40083): MachineMode (40083, 12.4) and JobStatus (40083, 18.4.1). Both are set by the operator and
 * say nothing of single cycles: a machine that stands while its job is in production needs a pulse of its cycle counter.
 * EUROMAP 84 (OPC 40084-1, 6.8): the status of an extruder and its components. OFFLINE is set by others, for a component that
 * they do not reach.
 */
import type { Preset } from './preset.ts'

/** Injection moulding machines. */
export const euromap77: Preset = {
  name: 'euromap-77',
  needs: ['mode', 'job'],
  signals: {
    mode: {
      numbers: { 0: 'other', 1: 'automatic', 2: 'semi_automatic', 3: 'manual', 4: 'setup', 5: 'sleep' },
    },
    job: {
      numbers: {
        0: 'other',
        1: 'transferred_assigned',
        2: 'set_up_active',
        3: 'set_up_interrupted',
        4: 'set_up_finished',
        5: 'start_up_active',
        6: 'job_in_production',
        7: 'job_interrupted',
        8: 'job_finished',
        9: 'tear_down_active',
        10: 'tear_down_interrupted',
        11: 'tear_down_finished',
      },
    },
  },
  rules: [
    { when: { mode: ['manual', 'setup'] }, is: 'setup' },
    {
      when: {
        job: [
          'set_up_active',
          'set_up_interrupted',
          'start_up_active',
          'tear_down_active',
          'tear_down_interrupted',
        ],
      },
      is: 'setup',
    },
    { when: { alert: true }, is: 'down', reason: 'from fault' },
    { when: { mode: ['automatic', 'semi_automatic'], job: 'job_in_production' }, is: 'running' },
    { else: true, is: 'idle' },
  ],
}

/** Extruders and what belongs to their lines. */
export const euromap84: Preset = {
  name: 'euromap-84',
  needs: ['state'],
  signals: {
    state: {
      numbers: {
        1: 'idle',
        2: 'preparing',
        3: 'ready_to_run',
        4: 'manual_run',
        5: 'controlled_run',
        6: 'malfunction',
        7: 'maintenance',
      },
      invalid: [0, 'OFFLINE'],
    },
  },
  rules: [
    { when: { state: 'maintenance' }, is: 'maintenance' },
    { when: { state: 'preparing' }, is: 'setup' },
    { when: { state: 'malfunction' }, is: 'down', reason: 'from fault' },
    { when: { state: ['manual_run', 'controlled_run'] }, is: 'running' },
    { else: true, is: 'idle' },
  ],
}
