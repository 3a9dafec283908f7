/** The list of drivers: a new protocol is one folder and one line here. */
import type { Driver } from '../domain/driver.ts'
import { modbusTcpDriver } from './modbus/driver.ts'
import { opcUaDriver } from './opcua/driver.ts'

export const drivers: readonly Driver[] = [opcUaDriver, modbusTcpDriver]
