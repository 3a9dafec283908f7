/**
 * OPC UA for Machinery (OPC 40001-1): MachineryItemState and MachineryOperationMode, as `CurrentState` or as the numbers of their
 * states. Numbers: the NodeSet of OPC 40001-1, and OPC 40082-5, 11.2 and 11.3. What the pairs mean: OPC 40001-1, 12 and 13 (by
 * SEMI E10: out of service while processing is unscheduled downtime, not executing is standby).
 */
import type { Preset } from './preset.ts'

export const opcuaMachinery: Preset = {
  name: 'opcua-machinery',
  needs: ['state'],
  signals: {
    state: { numbers: { 0: 'not_available', 1: 'out_of_service', 2: 'not_executing', 3: 'executing' } },
    mode: { numbers: { 0: 'none', 1: 'maintenance', 2: 'setup', 3: 'processing' } },
  },
  rules: [
    { when: { state: 'not_available' }, is: 'available', reason: 'not_available' },
    { when: { mode: 'maintenance' }, is: 'maintenance' },
    { when: { mode: 'setup' }, is: 'setup' },
    { when: { state: 'out_of_service' }, is: 'down', reason: 'from fault' },
    { when: { state: 'executing' }, is: 'running' },
    { else: true, is: 'idle' },
  ],
}
