/**
 * Looks for the causes of what is odd while a map is played: for each signal that cannot be right, once, where its device answers.
 * It asks over the lines and sessions that the map's own devices use, and takes turns with them.
 */
import type { DriverContext } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { oddNumber } from '../../domain/misread.ts'
import type { SignalSpec } from '../../domain/signal.ts'
import type { ModbusAddress } from '../../drivers/modbus/address.ts'
import { isModbusDriver } from '../../drivers/modbus/driver.ts'
import type { ModbusSettings } from '../../drivers/modbus/settings.ts'
import type { OpcUaAddress } from '../../drivers/opcua/address.ts'
import { isOpcUaDriver } from '../../drivers/opcua/driver.ts'
import type { OpcUaSettings } from '../../drivers/opcua/settings.ts'
import { explainNode } from '../nodes/explain.ts'
import { isUnnamed } from '../registers/explain.ts'
import { lookAround } from '../registers/look-around.ts'
import type { LiveMap, LiveParts, LiveSignal } from './live-map.ts'

/** Why a signal cannot be right, in words. */
export type Causes = ReadonlyMap<string, readonly string[]>

const LOOK_EVERY_MS = 500
/** A map with more odd signals than this has one cause for all of them, which the first ones show. */
const EXPLAINED_MAX = 12

/** What is odd about a signal; undefined where nothing is. */
export function doubtOf({
  spec,
  raw,
  value,
  quality,
  detail,
}: Pick<LiveSignal, 'spec' | 'raw' | 'value' | 'quality' | 'detail'>): string | undefined {
  if (raw === undefined) return undefined
  if (quality !== 'good') return detail ?? 'the device gives no reason'
  if (isUnnamed(spec, value)) return `the map has no name for ${String(value)}`
  const isNumber = typeof raw === 'number' || typeof raw === 'bigint'
  return isNumber && spec.type ? oddNumber(raw, spec.type) : undefined
}

/** Goes on until aborted; what it finds is put into `causes`. */
export async function findCauses(
  live: LiveMap,
  parts: LiveParts,
  causes: Map<string, readonly string[]>,
  signal: AbortSignal,
): Promise<void> {
  const looked = new Set<string>()
  const context: DriverContext = { ...parts.clock, log: parts.log, stateFolder: parts.stateFolder }
  while (!signal.aborted) {
    await parts.clock.sleep(LOOK_EVERY_MS, signal)
    const { signals, devices } = live.picture()
    const isConnected = ({ device }: LiveSignal) =>
      devices.some(({ id, state }) => id === device.id && state === 'connected')
    const odd = signals.filter(
      (one) => isConnected(one) && (doubtOf(one) !== undefined || isAllZero(one, signals)),
    )
    for (const one of odd) {
      const name = one.spec.name
      if (signal.aborted || looked.has(name) || looked.size >= EXPLAINED_MAX) continue
      looked.add(name)
      causes.set(name, await causesOf(one, { parts, context, signal }))
    }
  }
}

/** Several numbers of one device that are all 0. Lights and contacts are off for hours. */
function isAllZero({ device, spec }: LiveSignal, signals: readonly LiveSignal[]): boolean {
  const own = signals.filter((one) => one.device === device && typeof one.raw !== 'boolean')
  const isZero = ({ raw }: LiveSignal) => raw !== undefined && raw !== null && Number(raw) === 0
  return own.length > 1 && own[0]?.spec === spec && own.every(isZero)
}

interface Looking {
  readonly parts: LiveParts
  readonly context: DriverContext
  readonly signal: AbortSignal
}

async function causesOf(one: LiveSignal, { parts, context, signal }: Looking): Promise<readonly string[]> {
  const { device, spec, raw = null } = one
  const driver = parts.drivers.find(({ protocol }) => protocol === device.protocol)
  try {
    if (driver && isModbusDriver(driver)) {
      await using unit = await driver.openUnit(device.id, device.settings as ModbusSettings, context, signal)
      return await lookAround(unit, spec as SignalSpec<ModbusAddress>, { raw, isMissing: raw === null })
    }
    if (driver && isOpcUaDriver(driver)) {
      await using explorer = await driver.explore(
        device.id,
        device.settings as OpcUaSettings,
        context,
        signal,
      )
      const [value] = await explorer.readWritten([spec.address as OpcUaAddress])
      return value && value.quality !== 'good' ? await explainNode(explorer, value) : []
    }
  } catch (error) {
    // Its device says itself that it is gone.
    if (!(error instanceof LinkLost)) throw error
  }
  return []
}
