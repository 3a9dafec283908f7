/** What maps of tests may name: what this version knows, and a driver whose schema does not refuse unknown keys. */
import { z } from 'zod'
import { knownHardware } from '../../src/commands/hardware.ts'
import type { Driver } from '../../src/domain/driver.ts'
import type { Hardware } from '../../src/maps/map-kind.ts'

const lenientDriver: Driver = {
  protocol: 'lenient',
  settings: z.object({ host: z.string(), key_file: z.string().optional() }),
  addressKey: 'at',
  typeRequired: false,
  parseAddress: (text) => text,
  connect: () => Promise.reject(new Error('only its settings are asked for')),
}

const { drivers, ...others } = knownHardware()

export const testHardware: Hardware = { ...others, drivers: [...drivers, lenientDriver] }
