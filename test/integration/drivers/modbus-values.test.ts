/** From the text of a device map to samples, with a device that keeps its values in its own ways. */
import { expect, test } from 'vitest'
import { parseYaml } from '../../../src/documents/yaml-source.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { driverContext, readUntil } from '../../support/driver-bench.ts'
import { testHardware } from '../../support/hardware.ts'
import { machineMap } from '../../support/machine-map.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'

const driver = createModbusDriver(tcpTransport)

/** The samples of the first poll of a map's signals, by their names. */
async function readSignals(signals: string, registers: Readonly<Record<number, number>>) {
  await using plc = await ModbusDevice.start(answerRegisters((address) => registers[address] ?? 0))
  const text = `machine: M-1
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${plc.port}, addressing: zero_based, poll: 50ms}
signals:
${signals}
status: [{else: true, is: idle}]
`
  const shelves = {
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables('/nowhere', '/'),
  }
  const { map, faults } = compileMap(parseYaml(text, 'm.yaml'), {
    ...testHardware,
    drivers: [driver],
    folder: '/',
    ...shelves,
  })
  expect(faults).toEqual([])
  const device = machineMap(map).devices[0]
  if (!device) throw new Error('no device')
  await using link = await driver.connect(device as never, driverContext(), new AbortController().signal)
  const [reading] = await readUntil(link, (readings) => readings.length === 1)
  return Object.fromEntries(
    (reading?.samples ?? []).map(({ signal, value, quality, detail }) => [signal, [value, quality, detail]]),
  )
}

function registersOf(hex: string, from: number): Readonly<Record<number, number>> {
  const words = hex.split(' ').map((word) => Number.parseInt(word, 16))
  return Object.fromEntries(words.map((word, index) => [from + index, word]))
}

test('a device that is starting up shows no values, and not a fault', async () => {
  const samples = await readSignals(
    `  state: {at: 100, type: u16, invalid: 0xFFFF, names: {0: off, 1: run}}
  level: {at: 101, type: i16, invalid: [0x8000, 0x7FFF]}
  total: {at: 102, type: u32, invalid: 0xFFFFFFFF}`,
    registersOf('FFFF 8000 FFFF FFFF', 100),
  )
  expect(samples).toEqual({
    state: [null, 'bad', 'it shows 65535, by which it says that it has no value'],
    level: [null, 'bad', 'it shows -32768, by which it says that it has no value'],
    total: [null, 'bad', 'it shows 4294967295, by which it says that it has no value'],
  })
})

// Fault of the catalogue: [A6]
test('a value that cannot be is shown with what was expected', async () => {
  const samples = await readSignals(
    `  speed: {at: 100, type: u16, scale: 0.1, expect: 0..400}
  signature: {at: 101, type: u16, expect: 0x1234}`,
    registersOf('2710 1235', 100),
  )
  expect(samples).toEqual({
    speed: [1_000, 'bad', 'it shows 1000, and the map expects 0..400'],
    signature: [0x1235, 'bad', 'it shows 4661, and the map expects 4660'],
  })
})

test('a work order is read as the panel shows it, however its controller keeps texts', async () => {
  const samples = await readSignals(
    `  siemens: {at: 100/14, type: string, text: siemens}
  swapped: {at: 110/6, type: string, text: swapped}
  filled: {at: 120/8, type: string}
  wide: {at: 130/4, type: string, text: wide}
  utf16: {at: 140/3, type: string, text: utf16}`,
    {
      ...registersOf('0E07 574F 2D34 3731 312D 5245 574F 524B', 100),
      ...registersOf('4F57 342D 3731', 110),
      ...registersOf('574F 2D34 FFFF FFFF', 120),
      ...registersOf('0057 004F 002D 0034', 130),
      ...registersOf('0057 00DC 20AC', 140),
    },
  )
  expect(Object.values(samples).map(([value]) => value)).toEqual(['WO-4711', 'WO-417', 'WO-4', 'WO-4', 'WÜ€'])
})

test('one device may keep texts in one word order, and numbers in another', async () => {
  const samples = await readSignals(
    `  power: {at: 100, type: f32, word_order: CDAB}
  other: {at: 102, type: f32}
  digits: {at: 104, type: bcd32}
  high: {at: 106, type: u16, mask: 0xFF00}
  low: {at: 106, type: u8}`,
    registersOf('8000 4366 4366 8000 1234 5678 07FE', 100),
  )
  expect(Object.fromEntries(Object.entries(samples).map(([name, [value]]) => [name, value]))).toEqual({
    power: 230.5,
    other: 230.5,
    digits: 12_345_678,
    high: 7,
    low: 254,
  })
})
