/** Units that share a line whose answers carry no number: Modbus RTU behind a converter. */
import { expect, test } from 'vitest'
import type { Device } from '../../../src/domain/device.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { rtuOverTcpTransport } from '../../../src/drivers/modbus/transports/rtu-over-tcp.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, endOf, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { RtuConverter } from '../../support/rtu-units.ts'

function bench() {
  const driver = createModbusDriver(rtuOverTcpTransport)
  const unit = (port: number, unit: number, at: string, timeout = '1s'): Device => ({
    ...deviceOf(driver, { host: '127.0.0.1', port, unit, timeout }, { value: { at, type: 'u16' } }),
    id: `METER-${unit}`,
  })
  const connect = (device: Device, signal = new AbortController().signal) =>
    driver.connect(device as Parameters<typeof driver.connect>[0], driverContext(), signal)
  return { unit, connect, [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose]() }
}

const enough = (readings: readonly Reading[]) => readings.length === 8
const isFirst = (readings: readonly Reading[]) => readings.length === 1

test('two units take turns on one line, with one request on it at a time', async () => {
  await using bus = await RtuConverter.start([1, 2])
  // Longer than half a poll interval, so that both units always want the line.
  for (const unit of [1, 2]) bus.units.delaysMs.set(unit, 30)
  await using drivers = bench()
  await using one = await drivers.connect(drivers.unit(bus.port, 1, 'W10'))
  await using other = await drivers.connect(drivers.unit(bus.port, 2, 'W20'))
  const [ones, others] = await Promise.all([readUntil(one, enough), readUntil(other, enough)])
  expect(valuesOf(ones, 'value')).toEqual([1_010])
  expect(valuesOf(others, 'value')).toEqual([2_020])
  expect(bus.connections).toBe(1)
  expect(bus.units.inFlightMax).toBe(1)
  expect(new Set(bus.units.asked)).toEqual(new Set([1, 2]))
})

test('units that connect at the same time open one line', async () => {
  await using bus = await RtuConverter.start([1, 2])
  await using drivers = bench()
  const links = await Promise.all([1, 2].map((unit) => drivers.connect(drivers.unit(bus.port, unit, 'W0'))))
  expect(bus.connections).toBe(1)
  for (const link of links) await link[Symbol.asyncDispose]()
  await expect.poll(() => bus.openConnections).toBe(0)
})

test('a silent unit loses its own link only, and the others are read on', async () => {
  await using bus = await RtuConverter.start([1])
  await using drivers = bench()
  await using silent = await drivers.connect(drivers.unit(bus.port, 9, 'W0', '60ms'))
  await using good = await drivers.connect(drivers.unit(bus.port, 1, 'W10'))
  const [end, readings] = await Promise.all([endOf(silent), readUntil(good, enough)])
  expect(end).toBeInstanceOf(LinkLost)
  expect(end).toMatchObject({
    code: 'link-timeout',
    message: expect.stringMatching(
      `METER-9: 127.0.0.1:${bus.port} \\(RTU\\) gave no answer for unit 9 within \\d+ ms; asked for 1 hold`,
    ),
    hint: expect.stringContaining('raw TCP'),
  })
  expect(valuesOf(readings, 'value')).toEqual([1_010])
  expect(bus.connections).toBe(1)
})

test('a unit that is later than its time limit is read all the same, and never taken for another', async () => {
  await using bus = await RtuConverter.start([1, 2])
  bus.units.delaysMs.set(2, 90)
  await using drivers = bench()
  await using good = await drivers.connect(drivers.unit(bus.port, 1, 'W10'))
  await using late = await drivers.connect(drivers.unit(bus.port, 2, 'W20', '60ms'))
  const [goods, lates] = await Promise.all([readUntil(good, enough), readUntil(late, enough)])
  expect(valuesOf(goods, 'value')).toEqual([1_010])
  expect(valuesOf(lates, 'value')).toEqual([2_020])
  expect(bus.connections).toBe(1)
})

test('what a unit was asked before its map changed is not taken for the answer to what it is asked now', async () => {
  await using bus = await RtuConverter.start([1])
  bus.units.delaysMs.set(1, 150)
  await using drivers = bench()
  const first = await drivers.connect(drivers.unit(bus.port, 1, 'W10', '200ms'))
  const end = endOf(first)
  await expect.poll(() => bus.units.asked.length).toBe(1)
  await first[Symbol.asyncDispose]()
  await end
  await using again = await drivers.connect(drivers.unit(bus.port, 1, 'W20', '200ms'))
  expect(valuesOf(await readUntil(again, isFirst), 'value')).toEqual([1_020])
})

test('a line that breaks is lost for each of its units, under its own name', async () => {
  await using bus = await RtuConverter.start([1, 2])
  await using drivers = bench()
  const { port } = bus
  const devices = [drivers.unit(port, 1, 'W0'), drivers.unit(port, 2, 'W0')]
  const links = await Promise.all(devices.map((device) => drivers.connect(device)))
  const ends = Promise.all(links.map(endOf))
  await expect.poll(() => new Set(bus.units.asked).size).toBe(2)
  await bus.stop()
  expect(await ends).toMatchObject([
    { code: 'link-refused', message: `METER-1: 127.0.0.1:${port} refuses the connection` },
    { code: 'link-refused', message: `METER-2: 127.0.0.1:${port} refuses the connection` },
  ])
})

test('a line that cannot be opened is said to each unit, and opened again when it is there', async () => {
  const gone = await RtuConverter.start([1, 2])
  const { port } = gone
  await gone.stop()
  await using drivers = bench()
  const devices = [drivers.unit(port, 1, 'W10'), drivers.unit(port, 2, 'W10')]
  const refused = await Promise.allSettled(devices.map((device) => drivers.connect(device)))
  expect(refused).toMatchObject([
    { reason: { code: 'link-refused', message: `METER-1: 127.0.0.1:${port} refuses the connection` } },
    { reason: { code: 'link-refused', message: `METER-2: 127.0.0.1:${port} refuses the connection` } },
  ])
  await using bus = await RtuConverter.start([1, 2], port)
  await using link = await drivers.connect(drivers.unit(port, 1, 'W10'))
  expect(valuesOf(await readUntil(link, isFirst), 'value')).toEqual([1_010])
  expect(bus.connections).toBe(1)
})

test('a unit that is stopped while the line is being opened leaves the others their line', async () => {
  await using bus = await RtuConverter.start([1, 2])
  await using drivers = bench()
  const abort = new AbortController()
  const stopped = drivers.connect(drivers.unit(bus.port, 1, 'W10'), abort.signal)
  const staying = drivers.connect(drivers.unit(bus.port, 2, 'W10'))
  abort.abort()
  await expect(stopped).rejects.toThrow('METER-1: stopped while connecting')
  await using link = await staying
  expect(valuesOf(await readUntil(link, isFirst), 'value')).toEqual([2_010])
})

test('the line is closed when its last unit has left, and with the driver', async () => {
  await using bus = await RtuConverter.start([1, 2])
  const drivers = bench()
  const one = await drivers.connect(drivers.unit(bus.port, 1, 'W0'))
  const other = await drivers.connect(drivers.unit(bus.port, 2, 'W0'))
  await one[Symbol.asyncDispose]()
  await systemClock.sleep(50)
  expect(bus.openConnections).toBe(1)
  await other[Symbol.asyncDispose]()
  await expect.poll(() => bus.openConnections).toBe(0)

  const left = await drivers.connect(drivers.unit(bus.port, 1, 'W0'))
  const end = endOf(left)
  await expect.poll(() => bus.openConnections).toBe(1)
  await drivers[Symbol.asyncDispose]()
  expect(await end).toMatchObject({ code: 'link-closed' })
  await expect.poll(() => bus.openConnections).toBe(0)
})
