import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../src/drivers/modbus/transports/tcp.ts'
import { deviceOf } from '../support/driver-bench.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { driverContract } from './driver.contract.ts'

const modbusTcpDriver = createModbusDriver(tcpTransport)
const MISSING = 500

driverContract('modbus-tcp', async () => {
  let state = 0
  const refuse = ({ start, count }: { readonly start: number; readonly count: number }) =>
    start <= MISSING && start + count > MISSING ? 2 : undefined
  const plc = await ModbusDevice.start(answerRegisters(() => state, refuse))
  const signals = { state: { at: 'W0', type: 'u16' }, missing: { at: `W${MISSING}`, type: 'u16' } } as const
  return {
    driver: modbusTcpDriver,
    device: deviceOf(modbusTcpDriver, { host: '127.0.0.1', port: plc.port }, signals),
    stateFolder: '/nonexistent',
    set: (value) => {
      state = value
    },
    connections: () => plc.openConnections,
    stop: () => plc.stop(),
    [Symbol.asyncDispose]: () => plc.stop(),
  }
})
