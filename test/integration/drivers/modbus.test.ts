import { expect, test } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import {
  deviceOf,
  driverContext,
  endOf,
  readUntil,
  type SignalDraft,
  samplesOf,
  valuesOf,
} from '../../support/driver-bench.ts'
import {
  answerOwnAddress,
  answerRegisters,
  type Behaviour,
  dataFrame,
  exceptionFrame,
  frame,
  ModbusDevice,
  type ModbusRequest,
  ownAddresses,
} from '../../support/modbus-device.ts'

const modbusTcpDriver = createModbusDriver(tcpTransport)

type Drafts = Readonly<Record<string, SignalDraft>>

async function connect(plc: ModbusDevice, drafts: Drafts, settings: object = {}, pollMs = 50) {
  const device = deviceOf(modbusTcpDriver, { host: '127.0.0.1', port: plc.port, ...settings }, drafts, pollMs)
  return modbusTcpDriver.connect(device, driverContext(), new AbortController().signal)
}

const STATE: Drafts = { state: { at: 'W100', type: 'u16' } }
const isFirst = (readings: readonly Reading[]) => readings.length === 1
const range = ({ functionCode, start, count }: ModbusRequest) => [functionCode, start, count]

test('reads every area and type, and interprets what it read', async () => {
  await using plc = await ModbusDevice.start()
  await using connection = await connect(plc, {
    word: { at: '40101', type: 'u16', names: { 100: 'running' } },
    scaled: { at: '40102', type: 'u16', scale: 0.5, offset: 1 },
    masked: { at: '40104', type: 'u16', mask: 0x00f0 },
    double: { at: '40201', type: 'u32' },
    counter: { at: '40301', type: 'u64' },
    input: { at: '30018', type: 'i16' },
    door: { at: '40102:0', type: 'bit' },
    coil: { at: '00002', type: 'bit' },
    lamp: { at: '10003', type: 'bit' },
  })
  const [reading] = await readUntil(connection, isFirst)
  expect(Object.fromEntries(reading?.samples.map(({ signal, value }) => [signal, value]) ?? [])).toEqual({
    word: 'running',
    scaled: 51.5,
    masked: 6,
    double: (200 << 16) + 201,
    counter: (300n << 48n) | (301n << 32n) | (302n << 16n) | 303n,
    input: 17,
    door: true,
    coil: true,
    lamp: false,
  })
})

const SCATTERED: Drafts = {
  a: { at: 'W100', type: 'u16' },
  b: { at: 'W101', type: 'u32' },
  c: { at: 'W110', type: 'u16' },
  far: { at: 'W300', type: 'u16' },
}

test.each([
  [
    'for nothing else',
    {},
    [
      [3, 100, 3],
      [3, 110, 1],
      [3, 300, 1],
    ],
  ],
  [
    'for small gaps where the map says so',
    { gap: 7 },
    [
      [3, 100, 11],
      [3, 300, 1],
    ],
  ],
  [
    'for no more at once than the map says',
    { gap: 7, max_registers: 2 },
    [
      [3, 100, 1],
      [3, 101, 2],
      [3, 110, 1],
      [3, 300, 1],
    ],
  ],
])('asks for neighbours in one request, for nothing twice, and %s', async (_, settings, requests) => {
  await using plc = await ModbusDevice.start()
  await using connection = await connect(plc, SCATTERED, settings)
  await readUntil(connection, isFirst)
  expect(plc.requests.map(range)).toEqual(requests)
})

test('divides a block at its gaps when the device refuses them, and loses no sample by it', async () => {
  const hole = 105
  const refuse = ({ start, count }: ModbusRequest) => (start <= hole && start + count > hole ? 2 : undefined)
  await using plc = await ModbusDevice.start(answerRegisters((address) => address, refuse))
  await using connection = await connect(
    plc,
    {
      a: { at: 'W100', type: 'u16' },
      b: { at: 'W101', type: 'u16' },
      c: { at: 'W110', type: 'u16' },
    },
    { gap: 16 },
  )
  const readings = await readUntil(connection, (all) => all.length === 2)
  expect(readings[0]?.samples.map(({ value, quality }) => [value, quality])).toEqual([
    [100, 'good'],
    [101, 'good'],
    [110, 'good'],
  ])
  expect(plc.requests.slice(0, 6).map(range)).toEqual([
    [3, 100, 11],
    [3, 100, 11],
    [3, 100, 2],
    [3, 110, 1],
    [3, 100, 2],
    [3, 110, 1],
  ])
})

test('finds the one bad address among good neighbours', async () => {
  const refuse = ({ start, count }: ModbusRequest) => (start <= 103 && start + count > 103 ? 2 : undefined)
  await using plc = await ModbusDevice.start(answerRegisters((address) => address, refuse))
  const drafts = Object.fromEntries(
    Array.from({ length: 8 }, (_, n) => [`s${100 + n}`, { at: `W${100 + n}`, type: 'u16' }] as const),
  )
  await using connection = await connect(plc, drafts)
  const [reading] = await readUntil(connection, isFirst)
  const bad = reading?.samples.filter(({ quality }) => quality === 'bad') ?? []
  expect(bad.map(({ signal }) => signal)).toEqual(['s103'])
  expect(bad[0]?.detail).toBe(
    'exception 2 at 40104 = wire 103 (0x0067), function 3: no such address: off by one, or the wrong area?',
  )
  expect(reading?.samples).toHaveLength(8)
})

test.each([
  [1, /input registers/],
  [4, /failure of its own/],
  [6, /slow the poll/],
])('explains exception %i, and takes the value when it is there again', async (code, detail) => {
  let isRefused = true
  await using plc = await ModbusDevice.start(
    answerRegisters(
      () => 7,
      () => (isRefused ? code : undefined),
    ),
  )
  await using connection = await connect(plc, STATE)
  const isAnswered = (all: readonly Reading[]) => valuesOf(all, 'state').includes(7)
  const readings = await readUntil(connection, (all) => {
    if (all.length === 2) isRefused = false
    // A refusal that lasts is asked about again only after a while; contact is proven all the same.
    return all.length > 3 && (isAnswered(all) || code === 1)
  })
  expect(samplesOf(readings, 'state')[0]).toMatchObject({
    quality: 'bad',
    value: null,
    detail: expect.stringMatching(detail),
  })
  if (code !== 1) expect(samplesOf(readings, 'state').at(-1)).toMatchObject({ quality: 'good', value: 7 })
})

test('a gateway whose device does not answer is a lost link', async () => {
  await using plc = await ModbusDevice.start((request) => request.socket.write(exceptionFrame(request, 11)))
  await using connection = await connect(plc, STATE)
  expect(await endOf(connection)).toMatchObject({
    code: 'link-gateway',
    hint: expect.stringContaining('baud'),
  })
})

test('what is no number is bad, and good again when it is one', async () => {
  let words = [0x7fc0, 0]
  await using plc = await ModbusDevice.start(answerRegisters((address) => words[address - 100] ?? 0))
  await using connection = await connect(plc, { speed: { at: 'W100', type: 'f32' } })
  const readings = await readUntil(connection, (all) => {
    if (all.length === 2) words = [0x4366, 0x8000]
    return valuesOf(all, 'speed').includes(230.5)
  })
  expect(samplesOf(readings, 'speed').map(({ quality }) => quality)).toEqual(['bad', 'good'])
})

test('polls each signal at its own interval', async () => {
  await using plc = await ModbusDevice.start()
  await using connection = await connect(plc, {
    fast: { at: 'W1', type: 'u16' },
    slow: { at: 'W900', type: 'u16', pollMs: 10_000 },
  })
  await readUntil(connection, (all) => all.length === 5)
  const starts = plc.requests.map(({ start }) => start)
  // The first reading has both.
  expect(starts.length).toBeGreaterThanOrEqual(6)
  expect(starts.filter((start) => start === 900).length).toBeLessThanOrEqual(2)
})

test('never has two requests in flight', async () => {
  await using plc = await ModbusDevice.start((request) => setTimeout(() => answerOwnAddress(request), 5))
  const drafts = Object.fromEntries(
    Array.from({ length: 10 }, (_, n) => [`s${n}`, { at: `W${n * 100}`, type: 'u16' }] as const),
  )
  // A request that is sent again counts as two.
  await using connection = await connect(plc, drafts, { retries: 0 })
  await readUntil(connection, (all) => all.length === 3)
  expect(plc.inFlightMax).toBe(1)
})

test('a device that is silent ends the link with a hint at the unit id', async () => {
  await using plc = await ModbusDevice.start(() => {})
  await using connection = await connect(plc, STATE, { timeout: '100ms' })
  const end = await endOf(connection)
  expect(end).toBeInstanceOf(LinkLost)
  expect(end).toMatchObject({ code: 'link-timeout', hint: expect.stringContaining('unit id') })
  await expect.poll(() => plc.openConnections).toBe(0)
})

test('a connection cut in the middle of a poll is noticed at once', async () => {
  await using plc = await ModbusDevice.start(({ socket }) => socket.resetAndDestroy())
  await using connection = await connect(plc, STATE, { timeout: '30s' })
  expect(await endOf(connection)).toMatchObject({ code: 'link-closed' })
})

test('a connection that is cut between two polls is made again for the next one, and that is no news', async () => {
  await using plc = await ModbusDevice.start()
  await using connection = await connect(plc, STATE, {}, 300)
  const readings = connection[Symbol.asyncIterator]()
  await readings.next()
  plc.cut()
  expect(await readings.next()).toMatchObject({ done: false, value: { samples: [] } })
  expect(plc.connections).toBe(2)
})

/** Answers that are wrong in one way each; what follows them must not be believed either. */
const MALFORMED: Readonly<Record<string, Behaviour>> = {
  'too few registers': (request) => request.socket.write(dataFrame(request, Buffer.alloc(0))),
  'too many registers': (request) => request.socket.write(dataFrame(request, Buffer.alloc(20))),
  'a byte count that lies': (request) => request.socket.write(frame(request, Buffer.from([3, 200, 0, 1]))),
  'another function': (request) => request.socket.write(frame(request, Buffer.from([4, 2, 0, 1]))),
  'another unit': (request) => request.socket.write(dataFrame({ ...request, unit: 9 }, Buffer.alloc(2))),
  'a length that never comes': ({ socket }) =>
    socket.write(Buffer.from([0, 1, 0, 0, 0xff, 0xff, 1, 3, 2, 0, 1])),
  'no Modbus at all': ({ socket }) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
}

test.each(Object.entries(MALFORMED))('%s end the link without a value', async (_, behaviour) => {
  await using plc = await ModbusDevice.start(behaviour)
  await using connection = await connect(plc, STATE, { timeout: '200ms' })
  expect(await endOf(connection)).toMatchObject({ code: expect.stringMatching(/^link-(malformed|timeout)$/) })
})

test('an answer that comes byte by byte is put together', async () => {
  const dribble: Behaviour = (request) => {
    const bytes = [...dataFrame(request, ownAddresses(request))]
    const send = () => {
      const byte = bytes.shift()
      if (byte === undefined) return
      request.socket.write(Buffer.of(byte))
      setTimeout(send, 1)
    }
    send()
  }
  await using plc = await ModbusDevice.start(dribble)
  await using connection = await connect(plc, STATE)
  expect(valuesOf(await readUntil(connection, isFirst), 'state')).toEqual([100])
})

test('an answer with another transaction number is nobody’s', async () => {
  await using plc = await ModbusDevice.start((request) => {
    request.socket.write(
      dataFrame({ ...request, transaction: request.transaction + 7 }, Buffer.from([0xde, 0xad])),
    )
    answerOwnAddress(request)
  })
  await using connection = await connect(plc, STATE)
  expect(valuesOf(await readUntil(connection, (all) => all.length === 5), 'state')).toEqual([100])
})

test('a second answer to the same request changes nothing', async () => {
  await using plc = await ModbusDevice.start((request) => {
    answerOwnAddress(request)
    request.socket.write(dataFrame(request, Buffer.from([0xde, 0xad])))
  })
  await using connection = await connect(plc, STATE)
  expect(valuesOf(await readUntil(connection, (all) => all.length === 5), 'state')).toEqual([100])
})

// Fault of the catalogue: [A8]
test('no late answer is ever taken for the answer to another request', async () => {
  // Every third answer is later than the timeout; each register holds its own address, so a shift would show.
  await using plc = await ModbusDevice.start((request) => {
    const delayMs = request.nth % 3 === 2 ? 150 : 0
    setTimeout(() => request.socket.destroyed || answerOwnAddress(request), delayMs)
  })
  const wires = [0, 200, 400, 600, 800]
  const drafts = Object.fromEntries(
    wires.map((wire) => [`at${wire}`, { at: `W${wire}`, type: 'u16' }] as const),
  )
  await using connection = await connect(plc, drafts, { timeout: '60ms' })
  const readings = await readUntil(connection, (all) => all.length === 25)
  const told = readings.flatMap(({ samples }) => samples)
  expect(told).toHaveLength(wires.length)
  for (const { signal, value } of told) expect(`at${value}`).toBe(signal)
  expect(plc.connections).toBe(1)
})

test('goes on past the point where transaction numbers begin again', async () => {
  // The thousands say which register it is, the rest changes with each request.
  await using plc = await ModbusDevice.start(
    answerRegisters((address) => address * 10 + (plc.requests.length % 1_000)),
  )
  const drafts = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [`s${n}`, { at: `W${n * 100}`, type: 'u16' }] as const),
  )
  await using connection = await connect(plc, drafts)
  const readings = await readUntil(connection, () => plc.requests.length > 600)
  const samples = readings.flatMap((reading) => reading.samples)
  expect(samples.length).toBeGreaterThan(500)
  for (const { signal, value } of samples) expect(`s${Math.floor(Number(value) / 1_000)}`).toBe(signal)
})

test('a connection that cannot be made says why', async () => {
  const plc = await ModbusDevice.start()
  await plc.stop()
  const device = deviceOf(modbusTcpDriver, { host: '127.0.0.1', port: 1 }, STATE)
  const connecting = modbusTcpDriver.connect(device, driverContext(), new AbortController().signal)
  await expect(connecting).rejects.toMatchObject({
    code: 'link-refused',
    hint: expect.stringContaining('port 1 is closed'),
  })
})
