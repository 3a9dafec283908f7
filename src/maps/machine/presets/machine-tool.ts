/**
 * OPC UA for Machine Tools (OPC 40501-1, umati): MachineOperationMode (12.5) and ChannelState (12.1).
 *
 * Neither says that the machine has failed: that is an alert, or the red lamp, whose meaning is the machine builder's choice. Both
 * are signals that the map may have.
 */
import type { Preset } from './preset.ts'

export const machineTool: Preset = {
  name: 'machine-tool',
  needs: ['mode', 'channel'],
  signals: {
    mode: {
      numbers: {
        0: 'manual',
        1: 'automatic',
        2: 'setup',
        3: 'auto_with_manual_intervention',
        4: 'service',
        5: 'other',
      },
    },
    channel: { numbers: { 0: 'active', 1: 'interrupted', 2: 'reset' } },
  },
  rules: [
    { when: { mode: 'service' }, is: 'maintenance' },
    { when: { mode: ['manual', 'setup', 'auto_with_manual_intervention'] }, is: 'setup' },
    { when: { alert: true }, is: 'down', reason: 'from fault' },
    { when: { not: { red: 'off' } }, is: 'down', reason: 'from fault' },
    { when: { mode: 'automatic', channel: 'active' }, is: 'running' },
    { else: true, is: 'idle' },
  ],
}
