import { expect, test } from 'vitest'
import type { DeviceMessage } from '../../../src/domain/device.ts'
import type { Receipt } from '../../../src/domain/subject.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { type Collected, collected } from '../../support/collected.ts'
import { deviceOf } from '../../support/driver-bench.ts'
import { answerOwnAddress, ModbusDevice } from '../../support/modbus-device.ts'

const modbusTcpDriver = createModbusDriver(tcpTransport)

const STORED: Receipt = { crowded: false, durable: Promise.resolve() }

function collect(port: number, deliver?: (message: DeviceMessage) => Receipt): Collected {
  const signals = { state: { at: 'W100', type: 'u16' } } as const
  const device = deviceOf(modbusTcpDriver, { host: '127.0.0.1', port, timeout: '200ms' }, signals)
  return collected(device, modbusTcpDriver, deliver)
}

test('delivers that the link is up, and then its readings', async () => {
  await using plc = await ModbusDevice.start()
  await using bench = collect(plc.port)
  await expect.poll(() => bench.messages.length).toBeGreaterThan(4)
  expect(bench.story()).toEqual(['up', 'reading'])
  expect(bench.messages[1]).toMatchObject({
    device: 'PRESS-07',
    subject: 'machine:PRESS-07',
    reading: { samples: [{ value: 100 }] },
  })
  expect(bench.collector.health().summary).toMatchObject({
    state: 'connected',
    lastContactMs: expect.any(Number),
  })
})

test('delivers once that the link is down, logs it with its code, and comes back by itself', async () => {
  await using plc = await ModbusDevice.start()
  await using bench = collect(plc.port)
  await expect.poll(bench.story).toEqual(['up', 'reading'])
  plc.behaviour = () => {}
  await expect.poll(bench.story).toContain('down')
  expect(bench.collector.health().summary).toMatchObject({
    state: 'lost',
    error: expect.stringContaining('it was there before'),
  })
  plc.behaviour = answerOwnAddress
  await expect.poll(() => bench.story().at(-1), { timeout: 60_000 }).toBe('reading')
  expect(bench.collector.health().summary).not.toHaveProperty('error')
  expect(bench.lines).toMatchObject([
    { msg: 'PRESS-07 is connected' },
    { code: 'device-lost', device: 'PRESS-07', error: { code: 'link-timeout' } },
    { msg: 'PRESS-07 is connected' },
  ])
})

test('a device that was never there is down, with the cause, however often it is tried', async () => {
  const plc = await ModbusDevice.start()
  const { port } = plc
  await plc.stop()
  await using bench = collect(port)
  await expect.poll(bench.story).toEqual(['down'])
  expect(bench.messages[0]).toMatchObject({
    kind: 'link',
    up: false,
    cause: expect.stringContaining('refuses'),
  })
  await using late = await ModbusDevice.start(answerOwnAddress, port)
  await expect.poll(bench.story, { timeout: 60_000 }).toEqual(['down', 'up', 'reading'])
  expect(late.connections).toBe(1)
})

test('a device that accepts connections and never answers is never up', async () => {
  await using plc = await ModbusDevice.start(() => {})
  await using bench = collect(plc.port)
  await expect.poll(() => plc.connections, { timeout: 60_000 }).toBeGreaterThan(2)
  expect(bench.story()).toEqual(['down'])
  expect(bench.collector.health().summary).toMatchObject({ state: 'lost', lastContactMs: null })
})

test('waits for what it delivered while the receiver is crowded', async () => {
  await using plc = await ModbusDevice.start()
  const gate = Promise.withResolvers<void>()
  await using bench = collect(plc.port, (message) =>
    message.kind === 'reading' ? { crowded: true, durable: gate.promise } : STORED,
  )
  await expect.poll(bench.story).toEqual(['up', 'reading'])
  const asked = plc.requests.length
  await systemClock.sleep(300)
  expect(plc.requests.length).toBe(asked)
  expect(bench.messages).toHaveLength(2)
  gate.resolve()
  await expect.poll(() => bench.messages.length).toBeGreaterThan(3)
})

test('does not wait for the disk while the receiver is not crowded', async () => {
  await using plc = await ModbusDevice.start()
  await using bench = collect(plc.port, () => ({ crowded: false, durable: new Promise(() => {}) }))
  await expect.poll(() => bench.messages.length).toBeGreaterThan(4)
})

test('does not connect again before the loss is taken in', async () => {
  await using plc = await ModbusDevice.start(({ socket }) => socket.destroy())
  const gate = Promise.withResolvers<void>()
  await using bench = collect(plc.port, () => ({ crowded: true, durable: gate.promise }))
  await expect.poll(bench.story).toEqual(['down'])
  const made = plc.connections
  // Longer than the first two intervals between attempts.
  await systemClock.sleep(1_200)
  expect(plc.connections).toBe(made)
  gate.resolve()
  await expect.poll(() => plc.connections, { timeout: 60_000 }).toBeGreaterThan(made)
})

test('an error of the receiver is not the device’s, and ends the collector', async () => {
  await using plc = await ModbusDevice.start()
  await using bench = collect(plc.port, () => ({
    crowded: true,
    durable: Promise.reject(new Error('disk on fire')),
  }))
  expect(await bench.ended).toMatchObject({ message: 'disk on fire' })
  await expect.poll(() => plc.openConnections).toBe(0)
})

test('stops within its time when it is aborted, and leaves no connection behind', async () => {
  await using plc = await ModbusDevice.start()
  const bench = collect(plc.port)
  await expect.poll(bench.story).toEqual(['up', 'reading'])
  await bench[Symbol.asyncDispose]()
  expect(await bench.ended).toBeUndefined()
  await expect.poll(() => plc.openConnections).toBe(0)
})
