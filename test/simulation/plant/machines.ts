/** The maps of the plant: three machines that are read in three ways, and a station at one of them. */
import { fileURLToPath } from 'node:url'
import type { Device } from '../../../src/domain/device.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { press } from '../../support/press.ts'
import { stationOf } from '../../support/scan-cases.ts'
import { modbusDevice, type Telling, toldDevice } from './devices.ts'

/** A press on Modbus, a lathe that sends its changes by itself, and an oven that is polled. */
export const MACHINES = ['PRESS-1', 'LATHE-2', 'OVEN-3'] as const

/** How those tell that are not on Modbus. */
export const TOLD: ReadonlyMap<string, Telling> = new Map([
  ['LATHE-2', { everyMs: 2_000, lateMs: 700 }],
  ['OVEN-3', { everyMs: 4_000, lateMs: 0 }],
])

/** Whose heart beats, so that it is known when its program stands still. */
export const WITH_HEART: readonly string[] = ['PRESS-1', 'LATHE-2']

const STALE_AFTER_MS = 10_000
const POLL_MS = 2_000

export const STATION = stationOf('pack', fileURLToPath(new URL('station/', import.meta.url)))

export const MAPS: readonly MachineMap[] = MACHINES.map((code) => {
  const telling = TOLD.get(code)
  return mapOf(code, telling ? toldDevice(code, telling) : modbusDevice(code, POLL_MS))
})

function mapOf(machine: string, device: Device): MachineMap {
  return press({
    machine,
    file: `devices/${machine.toLowerCase()}.yaml`,
    devices: [device],
    counters: [{ signal: 'good', rollover: 65_536, maxPerMinute: 120 }],
    heartbeats: WITH_HEART.includes(machine) ? [{ signal: 'alive', staleAfterMs: STALE_AFTER_MS }] : [],
  })
}
