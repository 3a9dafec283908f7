/** Every metric that there is. docs/metrics.md shows the same list, and a test keeps the two equal. */
import { certificateFamilies, clockFamilies, diskFamilies, processFamilies } from './families/computer.ts'
import { outboxFamilies, routeFamilies } from './families/delivery.ts'
import { deviceFamilies, scannerFamilies } from './families/devices.ts'
import { gatewayFamilies } from './families/gateway.ts'
import { machineFamilies } from './families/machines.ts'
import type { Family } from './family.ts'
import type { GatewaySight } from './sight.ts'

/** In the order of the page, by its headings. */
export const CATALOGUE: readonly (readonly [heading: string, families: readonly Family<GatewaySight>[]])[] = [
  ['The gateway', gatewayFamilies],
  ['Machines', machineFamilies],
  ['Devices', deviceFamilies],
  ['Scanners', scannerFamilies],
  ['The local log', outboxFamilies],
  ['Routes', routeFamilies],
  ['The disk', diskFamilies],
  ['The clock', clockFamilies],
  ['Certificates', certificateFamilies],
  ['The process', processFamilies],
]

/** The same without the headings. */
export const FAMILIES: readonly Family<GatewaySight>[] = CATALOGUE.flatMap(([, families]) => families)
