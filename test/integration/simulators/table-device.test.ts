/** A device of a scenario that is a table of registers, read by a client that is not ours. */
import modbusSerial from 'modbus-serial'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseScenario } from '../../../simulators/scenario.ts'
import { type Line, type ModbusClient, startLine } from './support.ts'

const SCENARIO = `
devices:
  METER-04:
    unit: 4
    counts: modicon
    max_registers: 4
    registers:
      - {table: input, register: 30001, words: "4366 8000"}
      - {table: input, register: 30003, words: "0001 0002 0003"}
      - {table: coil, register: 00017, words: "1"}
      - {table: coil, register: 00018, words: "0"}
`

let line: Line
let client: ModbusClient
beforeAll(async () => {
  line = await startLine(SCENARIO)
  const [meter] = line.simulators.devices
  expect(meter).toMatchObject({ device: 'METER-04', protocol: 'modbus-tcp', unit: 4 })
  client = new modbusSerial.default()
  await client.connectTCP('127.0.0.1', { port: meter?.port ?? 0 })
  client.setID(4)
  client.setTimeout(1_000)
}, 120_000)
afterAll(async () => {
  client.close(() => undefined)
  await line[Symbol.asyncDispose]()
})

test('shows the words of its table where the manual prints them', async () => {
  expect((await client.readInputRegisters(0, 2)).buffer.readFloatBE()).toBe(230.5)
  expect((await client.readInputRegisters(2, 3)).data).toEqual([1, 2, 3])
  expect((await client.readCoils(16, 2)).data.slice(0, 2)).toEqual([true, false])
})

test('refuses what it does not have, what is too long for it, and every attempt to write', async () => {
  await expect(client.readInputRegisters(5, 1)).rejects.toMatchObject({ modbusCode: 2 })
  await expect(client.readHoldingRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 2 })
  await expect(client.readInputRegisters(0, 5)).rejects.toMatchObject({ modbusCode: 3 })
  await expect(client.writeRegister(0, 1)).rejects.toMatchObject({ modbusCode: 1 })
})

test('a scenario needs at least one machine or one device', () => {
  expect(() => parseScenario('seed: 1', 's.yaml')).toThrow(
    's.yaml: machines: a line has at least one machine or device',
  )
})
