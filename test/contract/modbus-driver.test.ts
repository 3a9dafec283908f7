import { createModbusDriver } from '../../src/drivers/modbus/driver.ts'
import { rtuOverTcpTransport } from '../../src/drivers/modbus/transports/rtu-over-tcp.ts'
import { createSerialTransport } from '../../src/drivers/modbus/transports/serial.ts'
import { tcpTransport } from '../../src/drivers/modbus/transports/tcp.ts'
import { deviceOf } from '../support/driver-bench.ts'
import { answerRegisters, ModbusDevice } from '../support/modbus-device.ts'
import { exceptionFrame, RtuConverter, type RtuUnits, rtuFrame, serialCable } from '../support/rtu-units.ts'
import { driverContract } from './driver.contract.ts'

const modbusTcpDriver = createModbusDriver(tcpTransport)
const modbusRtuDriver = createModbusDriver(createSerialTransport())
const rtuOverTcpDriver = createModbusDriver(rtuOverTcpTransport)
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

/** Lets a test say what register 0 of a unit holds. */
function playRegisters(units: RtuUnits): (value: number) => void {
  let state = 0
  units.behaviour = (request, send) => {
    const { unit, start, count } = request
    const values = Buffer.alloc(count * 2)
    for (let nth = 0; nth < count; nth++) values.writeUInt16BE(state, nth * 2)
    const isRefused = start <= MISSING && start + count > MISSING
    send(
      isRefused
        ? exceptionFrame(request, 2)
        : rtuFrame(Buffer.concat([Buffer.from([unit, 3, values.length]), values])),
    )
  }
  return (value) => {
    state = value
  }
}

const SIGNALS = { state: { at: 'W0', type: 'u16' }, missing: { at: `W${MISSING}`, type: 'u16' } } as const

driverContract('modbus-rtu-over-tcp', async () => {
  const converter = await RtuConverter.start([1])
  const settings = { host: '127.0.0.1', port: converter.port }
  return {
    driver: rtuOverTcpDriver,
    device: deviceOf(rtuOverTcpDriver, settings, SIGNALS),
    stateFolder: '/nonexistent',
    set: playRegisters(converter.units),
    connections: () => converter.openConnections,
    stop: () => converter.stop(),
    [Symbol.asyncDispose]: () => converter.stop(),
  }
})

driverContract('modbus-rtu', async () => {
  const cable = await serialCable([1])
  return {
    driver: modbusRtuDriver,
    device: deviceOf(modbusRtuDriver, { path: cable.path }, SIGNALS),
    stateFolder: '/nonexistent',
    set: playRegisters(cable.units),
    connections: () => cable.openings(),
    stop: () => cable.unplug(),
    [Symbol.asyncDispose]: () => cable[Symbol.asyncDispose](),
  }
})
