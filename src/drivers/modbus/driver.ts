/**
 * Modbus: polls registers and bits in as few requests as the device allows, at fixed moments.
 * It never writes to a device, and asks one thing at a time on one line.
 */
import type { Driver } from '../../domain/driver.ts'
import { type ModbusAddress, parseModbusAddress } from './address.ts'
import { DevicePlan, type ModbusDevice } from './device-plan.ts'
import { ModbusLines } from './lines.ts'
import { overlapsOf } from './overlaps.ts'
import { ModbusPolling } from './polling.ts'
import type { ModbusSettings } from './settings.ts'
import type { Transport } from './transports/transport.ts'

/** A driver for whatever one transport reaches. Disposing it closes the lines. */
export function createModbusDriver<Settings extends ModbusSettings>(
  transport: Transport<Settings>,
): Driver<Settings, ModbusAddress> & AsyncDisposable {
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
    [Symbol.asyncDispose]: () => lines[Symbol.asyncDispose](),
  }
}
