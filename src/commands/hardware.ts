/** What this version can speak to, for commands that only read maps. Nothing is opened, so nothing has to be closed. */
import { createDrivers } from '../drivers/index.ts'
import type { Hardware } from '../maps/map-kind.ts'
import { BRAND_TONES } from '../scanners/brands.ts'
import { createScanners } from '../scanners/index.ts'

export function knownHardware(): Hardware {
  return { drivers: createDrivers().all, transports: createScanners().all, brands: BRAND_TONES }
}
