/** What holds for the units of Modbus RTU, whatever carries it. */
import type { SettingsDoubt } from '../../../domain/driver.ts'

/** The standard gives units the ids up to this one. */
const UNIT_MAX = 247

/** What to look at when answers do not fit their requests. */
export const RTU_MISFIT_HINT =
  'check the unit ids: two devices may have the same one, or a second master may be on the line'

/** Unit ids to which no device answers, or that the standard does not know. */
export function doubtsOfUnit(unit: number): readonly SettingsDoubt[] {
  if (unit === 0) {
    return [
      {
        key: 'unit',
        what: 'unit 0 means all devices of the line, and none of them answers to it',
        hint: 'write the id that is set in the device, 1 to 247',
        isRefused: true,
      },
    ]
  }
  if (unit <= UNIT_MAX) return []
  return [
    {
      key: 'unit',
      what: `unit ${unit} is none that the standard gives to a device on a serial line`,
      hint: 'look at the id that is set in the device, 1 to 247; 255 is usual with Modbus TCP only',
    },
  ]
}
