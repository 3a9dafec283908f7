/** Connections that devices close, allow only once, or share with other units; and what is said of what else they send. */
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { tcpTransport } from '../../../src/drivers/modbus/transports/tcp.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import type { Collected } from '../../support/collected.ts'
import {
  answerOwnAddress,
  type Behaviour,
  dataFrame,
  exceptionFrame,
  ModbusDevice,
  ownAddresses,
} from '../../support/modbus-device.ts'
import { good, registers, test, within } from '../../support/modbus-site.ts'
import {
  answerRtu,
  closingAfter,
  echoed,
  exception,
  followedBy,
  hangUp,
  late,
  longerThan,
  renumbered,
  reset,
  shortAnswer,
  silence,
  touching,
  where,
} from '../../support/modbus-troubles.ts'

const errorOf = (machine: Collected) => machine.collector.health().summary.error ?? ''

test('a device that closes its connection after each answer is read in each poll, and that is no news', async ({
  site,
  expect,
}) => {
  const { machine, plc } = await site(closingAfter(), registers(100, 1))
  await expect.poll(() => machine.readings().length, within(10)).toBeGreaterThan(15)
  expect(machine.story()).toEqual(['up', 'reading'])
  expect(machine.lines).toMatchObject([{ msg: 'PRESS-07 is connected' }])
  expect(machine.collector.health().summary.state).toBe('connected')
  // Not polled more often than its map says. A busy computer notices only with the next request that the connection is closed, and repeats it.
  expect(plc.requests.length).toBeLessThan(1.5 * machine.readings().length)
})

test('a device that closes a connection that is idle is asked at its own rate, and that is no news', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start())
  plc.closeWhenIdle(100)
  const pollMs = 400
  const beganMs = performance.now()
  const machine = machineOn(plc, registers(100, 1), { pollMs })
  await systemClock.sleep(3_000)
  await expect.poll(() => plc.requests.length, within(5)).toBeGreaterThanOrEqual(3)
  expect(plc.requests.length).toBeLessThanOrEqual((performance.now() - beganMs) / pollMs + 2)
  expect(machine.story()).toEqual(['up', 'reading'])
  expect(machine.lines).toHaveLength(1)
})

test('a device that is gone when its next poll is due is lost then', async ({ site, expect }) => {
  const { machine, plc } = await site(closingAfter(), registers(100, 1))
  await expect.poll(machine.story, within(5)).toEqual(['up', 'reading'])
  await plc.stop()
  await expect.poll(() => machine.story().at(-1), within(5)).toBe('down')
  expect(errorOf(machine)).toContain('refuses the connection')
})

test.for(['closed', 'never-served', 'newest-wins'] as const)(
  'three machines on a PLC that serves one client (others %s) are all read, through one connection',
  async (others, { keepOpen, machineOn, expect }) => {
    const plc = keepOpen(await ModbusDevice.start())
    plc.serveOneClient(others)
    const driver = keepOpen(createModbusDriver(tcpTransport))
    const machines = [0, 1, 2].map((n) =>
      machineOn(plc, registers(n * 100, 2), { id: `PRESS-0${n}` }, driver),
    )
    for (const machine of machines) {
      await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(10)
      expect(machine.story()).toEqual(['up', 'reading'])
      expect(good(machine)).toHaveLength(2)
    }
    expect(plc.connections).toBe(1)
    expect(plc.inFlightMax).toBe(1)
  },
)

test('where the other client of such a PLC is this gateway, under another name of the host, the error says so', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start())
  plc.serveOneClient('closed')
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const first = machineOn(plc, registers(0, 1), { id: 'PRESS-01' }, driver)
  await expect.poll(first.story, within(5)).toEqual(['up', 'reading'])
  const second = machineOn(plc, registers(0, 1), { id: 'PRESS-02', host: 'localhost' }, driver)
  await expect
    .poll(() => errorOf(second), within(5))
    .toContain(`this gateway holds another connection to it, as 127.0.0.1:${plc.port}: write the same host`)
})

test('a connection that is cut is cut for all machines on it, and made again once, without a word', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start())
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const machines = [0, 1, 2].map((n) => machineOn(plc, registers(n * 100, 1), { id: `PRESS-0${n}` }, driver))
  for (const machine of machines) await expect.poll(machine.story, within(5)).toEqual(['up', 'reading'])
  plc.cut()
  await expect.poll(() => plc.openConnections, within(5)).toBe(1)
  await systemClock.sleep(500)
  expect(plc.connections).toBe(2)
  for (const machine of machines) expect(machine.lines).toHaveLength(1)
})

/** A converter with a serial cable behind it: one answer at a time, in turn, and what comes where a unit is switched off. */
function converter(
  isOff: (unit: number) => boolean,
  { answerMs = 30, giveUpMs = 400, whenOff = exception(11) } = {},
): Behaviour {
  let freeMs = 0
  return (request) => {
    const takesMs = isOff(request.unit) ? giveUpMs : answerMs
    freeMs = Math.max(freeMs, performance.now()) + takesMs
    const answer = isOff(request.unit) ? whenOff : answerOwnAddress
    setTimeout(() => request.socket.destroyed || answer(request), freeMs - performance.now())
  }
}

test('one of eight drives behind a converter that is switched off is lost, and the others are read on', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start(converter((unit) => unit === 8)))
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const drives = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) =>
    machineOn(plc, registers(0, 2), { id: `DRIVE-${unit}`, unit, pollMs: 1_000, timeout: '1s' }, driver),
  )
  const [dead, ...living] = drives.toReversed()
  await systemClock.sleep(10_000)
  expect(plc.connections).toBe(1)
  for (const drive of living) {
    expect(drive.story()).toEqual(['up', 'reading'])
    expect(drive.readings().length).toBeGreaterThan(4)
  }
  expect(dead?.story()).toEqual(['down'])
  expect(dead && errorOf(dead)).toMatch(/the serial device 8 behind it does not \(exception 11\)/)
  expect(dead?.lines).toHaveLength(1)
})

test('a drive whose converter gives it up later than the time limit is lost, and the others are read on', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start(converter((unit) => unit === 4, { giveUpMs: 1_300 })))
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const drives = [1, 2, 3, 4].map((unit) =>
    machineOn(plc, registers(0, 2), { id: `DRIVE-${unit}`, unit, pollMs: 500, timeout: '1s' }, driver),
  )
  const [dead, ...living] = drives.toReversed()
  await systemClock.sleep(12_000)
  for (const drive of living) {
    expect(drive.story()).toEqual(['up', 'reading'])
    expect(drive.readings().length).toBeGreaterThan(6)
  }
  expect(dead?.story()).toEqual(['down'])
})

test('units are read soon after a start though three others are silent, and their gateway waits for these longer than we do', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const isOff = (unit: number) => unit >= 2 && unit <= 4
  const gateway = converter(isOff, { giveUpMs: 1_000, whenOff: silence })
  const plc = keepOpen(await ModbusDevice.start(gateway))
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const drives = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) =>
    machineOn(plc, registers(0, 2), { id: `DRIVE-${unit}`, unit, pollMs: 500, timeout: '500ms' }, driver),
  )
  const living = drives.filter((_, nth) => !isOff(nth + 1))
  for (const drive of living) await expect.poll(() => good(drive), within(8)).toEqual(['r0', 'r1'])
  for (const drive of living) await expect.poll(() => drive.readings().length, within(12)).toBeGreaterThan(8)
  for (const drive of living) expect(drive.story()).toEqual(['up', 'reading'])
  for (const drive of drives.filter((each) => !living.includes(each))) {
    await expect.poll(() => errorOf(drive), within(12)).toContain('gave no answer for unit')
  }
}, 120_000)

test('eight machines on a device that takes their connection and answers none are each told so', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start(silence))
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const machines = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) =>
    machineOn(plc, registers(0, 2), { unit, id: `DRIVE-${unit}`, timeout: '1s' }, driver),
  )
  const words =
    /gave no answer for unit|takes the connection, but has answered nobody on it for \d\.\d s; check/
  for (const machine of machines) await expect.poll(() => errorOf(machine), within(10)).toMatch(words)
}, 120_000)

test('eight machines on a device that hangs up at each request make no more connections than one', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start(hangUp))
  const driver = keepOpen(createModbusDriver(tcpTransport))
  const machines = [1, 2, 3, 4, 5, 6, 7, 8].map((unit) =>
    machineOn(plc, registers(0, 2), { unit, id: `DRIVE-${unit}` }, driver),
  )
  await systemClock.sleep(5_000)
  expect(plc.connections).toBeLessThan(5 + 5 * 2 + 3)
  plc.behaviour = answerOwnAddress
  await expect.poll(() => machines.map(good), within(2)).toEqual(machines.map(() => ['r0', 'r1']))
}, 120_000)

test('a storm of resets makes few attempts and few words, and ends with the storm', async ({
  site,
  expect,
}) => {
  const { machine, plc } = await site(answerOwnAddress, registers(100, 1))
  await expect.poll(machine.story, within(5)).toEqual(['up', 'reading'])
  const made = plc.connections
  plc.greet = (socket) => socket.resetAndDestroy()
  plc.cut()
  await systemClock.sleep(6_000)
  expect(plc.connections - made).toBeLessThan(40)
  expect(machine.lines).toHaveLength(2)
  plc.greet = () => {}
  await expect.poll(() => machine.story().at(-1), within(2)).toBe('reading')
})

const greeting = (text: string | Buffer) => (plc: ModbusDevice) => {
  plc.greet = (socket) => void socket.write(text)
}

/** What else devices send, and what is then read all the same. */
const HARMLESS: readonly (readonly [string, Behaviour, (plc: ModbusDevice) => void])[] = [
  ['a text with which a converter registers itself', answerOwnAddress, greeting('ID:0042\r\n')],
  ['a keep-alive byte', answerOwnAddress, (plc) => void setInterval(() => chatter(plc), 30).unref()],
  [
    'each request back before its answer',
    (request) => [echoed(request), answerOwnAddress(request)],
    () => {},
  ],
  ['two more bytes behind each answer', followedBy(Buffer.from([0, 0])), () => {}],
  ['each answer twice', (request) => [answerOwnAddress(request), answerOwnAddress(request)], () => {}],
]

function chatter(plc: ModbusDevice): void {
  plc.sendToAll(Buffer.from([0xfe]))
}

test.for(HARMLESS)(
  'a device that sends %s is read in each poll',
  async ([_, behaviour, prepare], { keepOpen, machineOn, expect }) => {
    const plc = keepOpen(await ModbusDevice.start(behaviour))
    prepare(plc)
    const machine = machineOn(plc, { ...registers(100, 2), ...registers(500, 2) })
    await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(15)
    expect(good(machine)).toHaveLength(4)
    expect(machine.samples()).toHaveLength(4)
    expect(machine.story()).toEqual(['up', 'reading'])
    expect(plc.connections).toBe(1)
  },
)

test('a device that had answered before it fell silent is not taken for one with a wrong unit id', async ({
  site,
  expect,
}) => {
  const { machine, plc } = await site(answerOwnAddress, registers(100, 2), { retries: 0 })
  await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(2)
  plc.behaviour = silence
  const connections = plc.connections
  // Two connections later nothing has been answered on the newest one.
  await expect.poll(() => plc.connections, within(10)).toBeGreaterThan(connections + 1)
  await expect.poll(() => errorOf(machine), within(10)).toMatch(/it last answered [2-9]\.\d s ago/)
  expect(errorOf(machine)).toContain('check its power and cable')
  expect(errorOf(machine)).not.toContain('unit id')
})

/** What a technician is told. `{n}` stands for any number. */
const WORDS: readonly (readonly [string, Behaviour, string])[] = [
  [
    'nothing',
    silence,
    'gave no answer for unit 1 within {n} ms; asked for 2 holding registers from 40101 = wire 100 (0x0064), function 3; nothing has been answered yet; check the unit id',
  ],
  [
    'answers under transaction 0',
    renumbered(() => 0),
    'what came instead: an answer for transaction 0, asked {n}; whatever stands between',
  ],
  [
    'answers under the next transaction',
    renumbered((transaction) => transaction + 1),
    'what came instead: an answer for transaction {n}, asked {n}; whatever stands between',
  ],
  [
    'a text instead of answers',
    ({ socket }) => socket.write('ID:00112233445566'),
    'what came instead: 17 bytes that are not Modbus: ID:00112233445566; check that this port speaks Modbus TCP',
  ],
  [
    'one byte instead of answers',
    ({ socket }) => socket.write(Buffer.from([0xfe])),
    'what came instead: 1 byte that is not Modbus: fe; check',
  ],
  [
    'answers without a header',
    answerRtu,
    'what came instead: an answer without the header of Modbus TCP: is this Modbus RTU over TCP? set the converter to Modbus TCP',
  ],
  [
    'answers that come after all tries',
    late(900),
    'what came instead: the answer to an earlier request to unit 1, {n} ms after it was asked; the device is slow',
  ],
  [
    'too few registers',
    shortAnswer,
    'sent 1 register where 2 registers were asked for; asked for 2 holding registers from 40101',
  ],
  [
    'answers of another unit',
    (request) => answerOwnAddress({ ...request, unit: 9 }),
    'answered as unit 9 where unit 1 was asked; asked for 2 holding registers from 40101',
  ],
  [
    'each request back',
    echoed,
    'what came instead: the request itself, sent back; something on the way echoes',
  ],
  [
    'exceptions to a function that it was not asked for',
    (request) => request.socket.write(exceptionFrame({ ...request, functionCode: 4 }, 2)),
    'answered exception 2 to function 4 where 3 was asked for; asked for 2 holding registers',
  ],
  [
    'a wrong length in the header of its answers',
    (request) => {
      const answer = dataFrame(request, ownAddresses(request))
      answer.writeUInt16BE(answer.length, 4)
      request.socket.write(answer)
    },
    'what came instead: an answer that is not whole: its header announces 13 bytes, and 7 came; the device',
  ],
  ['the end of the connection', reset, 'closed the connection (ECONNRESET) instead of an answer; asked for'],
]

test.for(WORDS)(
  'a device that sends %s is lost with words that say so',
  async ([_, behaviour, words], { site, expect }) => {
    const { machine } = await site(behaviour, registers(100, 2), { timeout: '150ms' })
    await expect.poll(machine.story, within(8)).toEqual(['down'])
    const escaped = words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\{n\\}', '\\d+')
    expect(errorOf(machine)).toMatch(new RegExp(escaped))
  },
)

test('a device that ends each connection at once has other clients, and no bad cable', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const plc = keepOpen(await ModbusDevice.start())
  plc.greet = (socket) => socket.resetAndDestroy()
  const machine = machineOn(plc, registers(0, 1))
  const words = /ends each connection as soon as it is made; all of its connections are/
  await expect.poll(() => errorOf(machine), within(5)).toMatch(words)
})

test('where single addresses are bad, nothing is said of smaller parts', async ({ site, expect }) => {
  const { machine } = await site(where(touching(3), exception(2)), registers(0, 8))
  await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(3)
  expect(machine.lines.filter(({ msg }) => String(msg).includes('asked in parts'))).toEqual([])
})

test('what a device does not take is said with the request, what it answered before, and what to do', async ({
  site,
  expect,
}) => {
  const drafts = { ...registers(0, 1), ...registers(100, 1) }
  const { machine } = await site(
    where(({ start }) => start === 100, silence),
    drafts,
  )
  await expect
    .poll(() => machine.samples('r100').at(-1)?.detail, within(8))
    .toMatch(
      /gave no answer for unit 1 within \d+ ms; asked for 1 holding register from 40101 = wire 100 .*; it last answered \d\.\d s ago; the device answers other requests: compare the address with its manual/,
    )
})

test('that a device takes less at once than it is asked for is said once, for the map', async ({
  site,
  expect,
}) => {
  const { machine } = await site(where(longerThan(28), exception(3)), {
    ...registers(0, 52),
    ...registers(500, 52),
  })
  await expect.poll(() => good(machine), within(8)).toHaveLength(104)
  const told = machine.lines.filter(({ msg }) => String(msg).includes('asked in parts'))
  expect(told).toMatchObject([
    {
      msg: expect.stringMatching(
        /does not answer a request for 52 holding registers from 40001 .* as max_registers: 26 would do/,
      ),
    },
  ])
})
