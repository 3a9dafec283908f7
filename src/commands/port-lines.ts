/** Which serial ports the maps' Modbus lines are on: read from the files, whether or not the gateway runs. */
import { realpathSync } from 'node:fs'
import { readMapFiles } from '../maps/map-files.ts'
import { isMachineMap } from '../maps/map-kind.ts'
import type { ListedPort } from '../scanners/ports.ts'
import { knownHardware } from './hardware.ts'

/** A device that is read over a serial port of this computer. */
interface SerialUnit {
  readonly device: string
  readonly unit: number
  /** How its map names the port. */
  readonly path: string | undefined
  readonly usbSerial: string | undefined
}

/** Those of all sound maps of a folder. */
export function serialUnits(folder: string, cwd: string): readonly SerialUnit[] {
  const { files } = readMapFiles({ folder, ...knownHardware(), cwd })
  return files.flatMap(({ map }) => {
    if (!map || !isMachineMap(map)) return []
    return map.devices
      .filter(({ protocol }) => protocol === 'modbus-rtu')
      .map(({ id, settings }) => ({ device: id, ...(settings as Omit<SerialUnit, 'device'>) }))
  })
}

/** What is said of a port that such devices are on; undefined where none is. */
export function lineText(port: ListedPort, units: readonly SerialUnit[]): string | undefined {
  const own = units.filter((unit) => isOn(port, unit)).sort((one, other) => one.unit - other.unit)
  if (own.length === 0) return undefined
  return `Modbus line of ${own.map(({ device, unit }) => `${device} (unit ${unit})`).join(', ')}`
}

function isOn({ kind, key, value, where }: ListedPort, { path, usbSerial }: SerialUnit): boolean {
  if (kind !== 'serial') return false
  if (usbSerial !== undefined) return key === 'usb_serial' && value === usbSerial
  return path !== undefined && targetOf(path) === targetOf(where)
}

function targetOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
