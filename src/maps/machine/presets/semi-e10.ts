/**
 * The six basic states of SEMI E10, numbered as OPC UA for Machine Vision does (OPC 40100-1, 12.21: SystemStateDataType, whose
 * texts are `PRD_1` and so on).
 */
import type { Preset } from './preset.ts'

export const semiE10: Preset = {
  name: 'semi-e10',
  needs: ['state'],
  signals: {
    state: {
      numbers: {
        1: 'productive',
        2: 'standby',
        3: 'engineering',
        4: 'scheduled_downtime',
        5: 'unscheduled_downtime',
        6: 'nonscheduled',
      },
      texts: {
        PRD: 'productive',
        PRD_1: 'productive',
        SBY: 'standby',
        SBY_2: 'standby',
        ENG: 'engineering',
        ENG_3: 'engineering',
        SDT: 'scheduled_downtime',
        SDT_4: 'scheduled_downtime',
        UDT: 'unscheduled_downtime',
        UDT_5: 'unscheduled_downtime',
        NST: 'nonscheduled',
        NST_6: 'nonscheduled',
      },
    },
  },
  rules: [
    { when: { state: 'productive' }, is: 'running' },
    { when: { state: 'engineering' }, is: 'setup' },
    { when: { state: 'scheduled_downtime' }, is: 'maintenance' },
    { when: { state: 'unscheduled_downtime' }, is: 'down', reason: 'from fault' },
    { when: { state: 'nonscheduled' }, is: 'available', reason: 'not_scheduled' },
    { else: true, is: 'idle' },
  ],
}
