/** Where a device is, and for which machines the gateway reads it already. */
import type { Driver } from '../../domain/driver.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { Asked } from './asked.ts'
import type { ConnectParts } from './parts.ts'

/** A host and a port. */
interface NetworkPlace {
  readonly host: string
  readonly port: number
  readonly usualPort: number
}

const USUAL_PORTS: Readonly<Record<string, number>> = {
  'modbus-tcp': 502,
  'modbus-rtu-over-tcp': 4_001,
  'opc.tcp:': 4_840,
  'mqtt:': 1_883,
  'mqtts:': 8_883,
}

/** Undefined for a serial line. */
export function placeOf({ driver, settings, keys }: Asked): NetworkPlace | undefined {
  if (isModbusDriver(driver)) {
    const { host, port } = settings as { readonly host?: string; readonly port?: number }
    const usualPort = USUAL_PORTS[driver.protocol] ?? 502
    return host === undefined ? undefined : { host, port: port ?? usualPort, usualPort }
  }
  const url = URL.parse(String(keys.url ?? ''))
  if (!url || url.hostname === '') return undefined
  const usualPort = USUAL_PORTS[url.protocol] ?? 0
  return { host: url.hostname, port: url.port === '' ? usualPort : Number(url.port), usualPort }
}

/** The machines whose maps in force have a device at the same place. */
export function readersOf(asked: Asked, parts: ConnectParts): readonly string[] {
  return readersAt(asked.driver, asked.settings, parts)
}

export function readersAt(
  driver: Driver,
  asked: unknown,
  { maps, hardware }: ConnectParts,
): readonly string[] {
  const own = lineOf(asked)
  if (own === undefined) return []
  const readers = maps().filter(({ devices }) =>
    devices.some(({ protocol, settings }) => {
      const of = hardware.drivers.find((one) => one.protocol === protocol)
      return of === driver && lineOf(settings) === own
    }),
  )
  return readers.map(({ machine }) => machine)
}

/** What a connection leads to, whichever unit behind it is meant. */
function lineOf(settings: unknown): string | undefined {
  const { host, port, url, path, broker } = settings as Readonly<Record<string, unknown>>
  if (typeof host === 'string') return `${host.toLowerCase()}:${port}`
  if (typeof url === 'string') return url.toLowerCase().replace(/\/$/, '')
  if (typeof path === 'string') return path
  return broker === undefined ? undefined : JSON.stringify((broker as { readonly url?: unknown }).url)
}
