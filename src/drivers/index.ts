/** The list of drivers: a new protocol is one folder and one line here, a new transport of Modbus one file and one line. */
import type { Drivers } from '../domain/driver.ts'
import { createModbusDriver } from './modbus/driver.ts'
import { rtuOverTcpTransport } from './modbus/transports/rtu-over-tcp.ts'
import { createSerialTransport } from './modbus/transports/serial.ts'
import { tcpTransport } from './modbus/transports/tcp.ts'
import { createMqttDriver } from './mqtt/driver.ts'
import { createOpcUaDriver } from './opcua/driver.ts'
import { BrokerPool } from './shared/brokers/broker-pool.ts'
import { createSparkplugDriver } from './sparkplug/driver.ts'

/** A new set, for one gateway. It is cheap: libraries are loaded with the first connection, and nothing is opened before. */
export function createDrivers(): Drivers {
  const brokers = new BrokerPool()
  const owning = [
    createOpcUaDriver(),
    createModbusDriver(tcpTransport),
    createModbusDriver(createSerialTransport()),
    createModbusDriver(rtuOverTcpTransport),
  ]
  const sparkplug = createSparkplugDriver(brokers)
  return {
    all: [...owning, createMqttDriver(brokers), sparkplug],
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...owning, sparkplug].map((driver) => driver[Symbol.asyncDispose]()))
      await brokers[Symbol.asyncDispose]()
    },
  }
}
