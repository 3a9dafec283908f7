/**
 * The words of MTConnect (model.mtconnect.org, version 2.3: ExecutionEnum, ControllerModeEnum, FunctionalModeEnum,
 * EmergencyStopEnum, AvailabilityEnum), as gateways to OPC UA show them. UNAVAILABLE is how an agent says that it knows nothing.
 */
import type { Preset, PresetSignal } from './preset.ts'

const UNKNOWN = ['UNAVAILABLE']

function words(...texts: readonly string[]): PresetSignal {
  return {
    texts: Object.fromEntries(texts.map((text) => [text, text.toLowerCase()])),
    invalid: UNKNOWN,
  }
}

export const mtconnect: Preset = {
  name: 'mtconnect',
  needs: ['execution'],
  signals: {
    execution: words(
      'READY',
      'ACTIVE',
      'INTERRUPTED',
      'FEED_HOLD',
      'STOPPED',
      'OPTIONAL_STOP',
      'PROGRAM_STOPPED',
      'PROGRAM_COMPLETED',
      'WAIT',
    ),
    controller_mode: words('AUTOMATIC', 'MANUAL', 'MANUAL_DATA_INPUT', 'SEMI_AUTOMATIC', 'EDIT', 'FEED_HOLD'),
    functional_mode: words('PRODUCTION', 'SETUP', 'TEARDOWN', 'MAINTENANCE', 'PROCESS_DEVELOPMENT'),
    emergency_stop: words('ARMED', 'TRIGGERED'),
    condition: words('NORMAL', 'WARNING', 'FAULT'),
    availability: words('AVAILABLE'),
  },
  rules: [
    // An agent without its machine knows nothing, whatever it showed last: a value that is unknown decides nothing.
    { when: { not: { availability: 'available' } }, is: 'available' },
    { when: { functional_mode: 'maintenance' }, is: 'maintenance' },
    { when: { functional_mode: ['setup', 'teardown'] }, is: 'setup' },
    { when: { controller_mode: ['manual', 'manual_data_input'] }, is: 'setup' },
    { when: { emergency_stop: 'triggered' }, is: 'down', reason: 'from fault', otherwise: 'emergency_stop' },
    { when: { condition: 'fault' }, is: 'down', reason: 'from fault' },
    { when: { execution: 'active' }, is: 'running' },
    { else: true, is: 'idle' },
  ],
}
