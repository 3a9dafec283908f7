/** The real drivers, and one more whose schema does not refuse unknown keys. */
import { z } from 'zod'
import type { Driver } from '../../src/domain/driver.ts'
import { createDrivers } from '../../src/drivers/index.ts'

export const lenientDriver: Driver = {
  protocol: 'lenient',
  settings: z.object({ host: z.string(), key_file: z.string().optional() }),
  addressKey: 'at',
  typeRequired: false,
  parseAddress: (text) => text,
  connect: () => Promise.reject(new Error('only its settings are asked for')),
}

export const testDrivers: readonly Driver[] = [...createDrivers().all, lenientDriver]
