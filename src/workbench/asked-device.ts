/**
 * Where a technician wants to look: a URL, or a machine of the maps.
 *
 *     modbus://10.20.3.17/1                        unit 1 behind 10.20.3.17:502
 *     modbus-rtu-over-tcp://10.20.3.18:4001/5      unit 5 behind a converter
 *     modbus-rtu:///dev/ttyUSB0?baud=9600&unit=5   unit 5 on a serial line
 *     opc.tcp://10.20.3.40:4840                    an OPC UA server
 *     mqtt://broker.plant.example                  a broker, for what is published there
 *     PRESS-07, PRESS-07/scale                     the device of a machine, or one of its several
 *
 * What stands behind `?` are the keys that a device map has below `device:`.
 */
import { nearestWord } from '../documents/nearest-word.ts'
import type { Device } from '../domain/device.ts'
import type { Driver } from '../domain/driver.ts'
import { GatewayError } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'

/** A device that can be asked. */
export interface AskedDevice {
  /** As messages call it. */
  readonly name: string
  readonly driver: Driver
  /** As its driver has parsed them. */
  readonly settings: unknown
  /** Where a machine was named: its device, with its signals. */
  readonly device: Device | undefined
}

/** What was written names no device, or none that there is. */
export class WorkbenchFault extends GatewayError {
  override readonly name = 'WorkbenchFault'
  readonly retryable = false
  constructor(message: string, hint?: string) {
    super('workbench-call', message, hint === undefined ? {} : { hint })
  }
}

/** What a device is looked up in. */
interface AskedSources {
  readonly drivers: readonly Driver[]
  /** The machines of the maps. Only asked for where no URL was written. */
  readonly maps: () => readonly MachineMap[]
  /** Keys that were given beside it, as options of a command, by their names in a map. They go before those of a URL. */
  readonly keys: Readonly<Record<string, unknown>>
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  modbus: 'modbus-tcp',
  'modbus-tcp': 'modbus-tcp',
  'modbus-rtu': 'modbus-rtu',
  'modbus-rtu-over-tcp': 'modbus-rtu-over-tcp',
  'opc.tcp': 'opcua',
  mqtt: 'mqtt',
  mqtts: 'mqtt',
}
const EXAMPLES =
  'modbus://10.20.3.17/1, modbus-rtu:///dev/ttyUSB0?baud=9600&unit=1, opc.tcp://10.20.3.40:4840, mqtt://broker, or a machine of the maps'

/** @throws WorkbenchFault */
export function findAskedDevice(written: string, sources: AskedSources): AskedDevice {
  const [, scheme] = /^([a-z][a-z0-9.+-]*):\/\//i.exec(written) ?? []
  if (scheme === undefined) return ofMachine(written, sources)
  const protocol = PROTOCOLS[scheme.toLowerCase()]
  if (protocol === undefined) {
    const nearest = nearestWord(scheme, Object.keys(PROTOCOLS))
    throw new WorkbenchFault(
      `nothing here speaks ${scheme}://`,
      nearest ? `did you mean ${nearest}://?` : `write ${EXAMPLES}`,
    )
  }
  const driver = sources.drivers.find((one) => one.protocol === protocol)
  if (!driver) throw new WorkbenchFault(`this version does not speak ${protocol}`, `write ${EXAMPLES}`)
  const keys = { ...keysOf(written, protocol), ...sources.keys }
  const settings = settingsOf(driver, keys)
  return { name: nameOf(settings), driver, settings, device: undefined }
}

function keysOf(written: string, protocol: string): Record<string, unknown> {
  if (protocol === 'opcua' || protocol === 'mqtt') return { url: written }
  const [place = '', query = ''] = written.split('?', 2)
  const asked = Object.fromEntries(
    [...new URLSearchParams(query)].map(([key, value]) => [key, keyValue(value)]),
  )
  const path = place.replace(/^[^:]+:\/\//, '')
  if (protocol === 'modbus-rtu') return { path, ...asked }
  const [, host = '', port, unit] = /^(\[[^\]]*\]|[^:/]*)(?::(\d+))?(?:\/(\d*))?$/.exec(path) ?? []
  if (host === '') {
    throw new WorkbenchFault(
      `"${written}" names no host`,
      'write modbus://HOST[:PORT]/UNIT, as in modbus://10.20.3.17/1',
    )
  }
  return { host, ...(port && { port: Number(port) }), ...(unit && { unit: Number(unit) }), ...asked }
}

/** Numbers as such, so that `unit=5` is what `unit: 5` is in a map. */
function keyValue(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text
}

/** Messages name the host or the line themselves. */
function nameOf(settings: unknown): string {
  const { unit } = settings as { readonly unit?: number }
  return unit === undefined ? 'the server' : `unit ${unit}`
}

function settingsOf(driver: Driver, keys: Readonly<Record<string, unknown>>): unknown {
  const { data, error } = driver.settings.safeParse(keys)
  if (error) {
    const said = error.issues.map(({ path, message }) =>
      path.length > 0 ? `${path.join('.')}: ${message}` : message,
    )
    if (error.issues.some(({ path }) => path[0] === 'url') && driver.hasMessages)
      throw new WorkbenchFault(
        said.join('; '),
        'who logs in stands behind it: --user NAME --password-file FILE',
      )
    throw new WorkbenchFault(
      said.join('; '),
      `the keys are those below device: in a map (driver: ${driver.protocol})`,
    )
  }
  const refused = driver.doubtsOf?.(data).find(({ isRefused }) => isRefused)
  if (refused) throw new WorkbenchFault(refused.what, refused.hint)
  return data
}

function ofMachine(written: string, { drivers, maps, keys }: AskedSources): AskedDevice {
  const all = maps()
  const devices = all.flatMap(({ machine, devices }) => devices.map((device) => ({ machine, device })))
  const found = devices.filter(({ machine, device }) => machine === written || device.id === written)
  const [first, ...others] = found
  if (!first) {
    const known = [...new Set(devices.flatMap(({ machine, device }) => [machine, device.id]))]
    const nearest = nearestWord(written, known)
    throw new WorkbenchFault(
      `"${written}" is no URL, and no machine of the maps`,
      nearest ? `did you mean ${nearest}?` : `write ${EXAMPLES}`,
    )
  }
  if (others.length > 0 && first.device.id !== written) {
    throw new WorkbenchFault(
      `${written} has several devices`,
      `name one of them: ${found.map(({ device }) => device.id).join(', ')}`,
    )
  }
  const { device } = first
  const driver = drivers.find(({ protocol }) => protocol === device.protocol)
  if (!driver) throw new WorkbenchFault(`this version does not speak ${device.protocol}`)
  const given = settingKeys(keys)
  return { name: device.id, driver, settings: { ...(device.settings as object), ...given }, device }
}

/** What is given beside a machine goes before what its map says. */
function settingKeys({ word_order: wordOrder, addressing }: Readonly<Record<string, unknown>>): object {
  return { ...(wordOrder !== undefined && { wordOrder }), ...(addressing !== undefined && { addressing }) }
}
