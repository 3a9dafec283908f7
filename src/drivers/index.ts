/** The list of drivers: a new protocol is one folder and one line here, a new transport of Modbus one file and one line. */
import type { Drivers } from '../domain/driver.ts'
import { createModbusDriver } from './modbus/driver.ts'
import { rtuOverTcpTransport } from './modbus/transports/rtu-over-tcp.ts'
import { createSerialTransport } from './modbus/transports/serial.ts'
import { tcpTransport } from './modbus/transports/tcp.ts'
import { createOpcUaDriver } from './opcua/driver.ts'

/** A new set, for one gateway. It is cheap: libraries are loaded with the first connection, and nothing is opened before. */
export function createDrivers(): Drivers {
  const all = [
    createOpcUaDriver(),
    createModbusDriver(tcpTransport),
    createModbusDriver(createSerialTransport()),
    createModbusDriver(rtuOverTcpTransport),
  ]
  return {
    all,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(all.map((driver) => driver[Symbol.asyncDispose]()))
    },
  }
}
