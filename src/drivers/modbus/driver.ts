/**
 * Modbus: polls registers and bits in as few requests as the device allows, at fixed moments.
 * It never writes to a device, and asks one thing at a time on one line.
 */
import type { Driver, DriverContext } from '../../domain/driver.ts'
import { type ModbusAddress, parseModbusAddress } from './address.ts'
import { DevicePlan, type ModbusDevice } from './device-plan.ts'
import { ModbusLines } from './lines.ts'
import { overlapsOf } from './overlaps.ts'
import { ModbusPolling } from './polling.ts'
import type { ModbusSettings } from './settings.ts'
import type { Transport } from './transports/transport.ts'
import { UnitReader } from './unit-reader.ts'

/** A driver that also lets people look for registers. */
interface ModbusDriver<Settings extends ModbusSettings = ModbusSettings>
  extends Driver<Settings, ModbusAddress>,
    AsyncDisposable {
  /**
   * One unit, to be asked for any block. It shares its line with the devices of the maps, and takes turns with them.
   * @param name how messages call it
   * @throws LinkLost
   */
  openUnit(name: string, settings: Settings, context: DriverContext, signal: AbortSignal): Promise<UnitReader>
}

/** Whether a driver speaks Modbus, whatever carries it. */
export function isModbusDriver(driver: Driver): driver is ModbusDriver {
  return 'openUnit' in driver
}

/** A driver for whatever one transport reaches. Disposing it closes the lines. */
export function createModbusDriver<Settings extends ModbusSettings>(
  transport: Transport<Settings>,
): ModbusDriver<Settings> {
  const lines = new ModbusLines(transport)
  const plans = new WeakMap<ModbusDevice, DevicePlan>()
  /** What was learnt of a device outlasts its links, and goes with its map. */
  const planOf = (device: ModbusDevice): DevicePlan => {
    const plan = plans.get(device) ?? new DevicePlan(device)
    plans.set(device, plan)
    return plan
  }
  return {
    protocol: transport.protocol,
    settings: transport.settings,
    doubtsOf: (settings) => transport.doubtsOf?.(settings) ?? [],
    addressKey: 'at',
    typeRequired: true,
    parseAddress: parseModbusAddress,
    overlaps: overlapsOf,
    connect: async (device, context, signal) => {
      const devicePlan = planOf(device)
      const link = await lines.connect(device, { context, signal, times: devicePlan.times })
      return new ModbusPolling({ device, devicePlan, context, link, signal })
    },
    openUnit: (name, settings, context, signal) =>
      UnitReader.open(lines, { name, settings, context, signal }),
    [Symbol.asyncDispose]: () => lines[Symbol.asyncDispose](),
  }
}
