/**
 * Modbus TCP: polls registers and bits in as few requests as the device allows, one at a time, at fixed moments.
 * It never writes to a device, never has two requests in flight, and never keeps a connection after a timeout.
 */
import type { Driver } from '../../domain/driver.ts'
import { type ModbusAddress, parseModbusAddress } from './address.ts'
import { ModbusConnection } from './connection.ts'
import { ModbusLink } from './link.ts'
import { type ModbusSettings, modbusSettings } from './settings.ts'

export const modbusTcpDriver: Driver<ModbusSettings, ModbusAddress> = {
  protocol: 'modbus-tcp',
  settings: modbusSettings,
  addressKey: 'at',
  typeRequired: true,
  parseAddress: parseModbusAddress,
  connect: async (device, context, signal) =>
    new ModbusConnection(device, context, await ModbusLink.open(device, context, signal), signal),
}
