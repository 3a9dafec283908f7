import type { Driver } from '../../domain/driver.ts'
import { LinkLost } from '../../domain/errors.ts'
import { type ModbusAddress, parseModbusAddress } from './address.ts'
import { type ModbusSettings, modbusSettings } from './settings.ts'

export const modbusTcpDriver: Driver<ModbusSettings, ModbusAddress> = {
  protocol: 'modbus-tcp',
  settings: modbusSettings,
  addressKey: 'at',
  typeRequired: true,
  parseAddress: parseModbusAddress,
  connect: (device) => Promise.reject(new LinkLost(`${device.id}: not reachable yet`)),
}
