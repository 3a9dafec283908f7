/** Devices that answer, but not all that they are asked, or not at once: each situation was reported from the field. */
import { describe } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import type { Collected } from '../../support/collected.ts'
import { answerOwnAddress, type Behaviour, dataFrame, ModbusDevice } from '../../support/modbus-device.ts'
import { type Drafts, good, registers, test, within } from '../../support/modbus-site.ts'
import {
  clearedByReading,
  deafAfterAnswer,
  deafAfterConnect,
  exception,
  faulty,
  hangUp,
  late,
  longerThan,
  oneBehind,
  renumbered,
  reset,
  serially,
  shortAnswer,
  silence,
  touching,
  trickling,
  where,
} from '../../support/modbus-troubles.ts'

/** Eight blocks of two registers, far from each other. */
const EIGHT_BLOCKS: Drafts = Object.fromEntries(
  [0, 1, 2, 3, 4, 5, 6, 7].flatMap((n) => Object.entries(registers(n * 500, 2))),
)

const bad = (machine: Collected) =>
  Object.entries(machine.shown()).flatMap(([signal, value]) => (value === null ? [signal] : []))

const WAYS_TO_FAIL: readonly (readonly [string, Behaviour])[] = [
  ['gives no answer', silence],
  ['hangs up', hangUp],
  ['resets the connection', reset],
  ['reports exception 1', exception(1)],
  ['reports exception 2', exception(2)],
  ['reports exception 3', exception(3)],
  ['reports exception 4', exception(4)],
  ['reports exception 11, as gateways do,', exception(11)],
  ['sends too few registers', shortAnswer],
]

describe.each(WAYS_TO_FAIL)('a device that %s', (_, trouble) => {
  test('for one register is read in all others, and that one is bad with a reason', async ({
    site,
    expect,
  }) => {
    const { machine } = await site(where(touching(103), trouble), registers(100, 8))
    await expect.poll(() => good(machine), within(10)).toHaveLength(7)
    expect(bad(machine)).toEqual(['r103'])
    expect(machine.samples('r103').at(-1)?.detail).toMatch(/40104 = wire 103/)
    expect(machine.story()).toEqual(['up', 'reading'])
  })

  test('for a register that no signal names is read in all signals', async ({ site, expect }) => {
    const drafts = { ...registers(100, 2), ...registers(110, 1) }
    const { machine } = await site(where(touching(105), trouble), drafts, { gap: 16 })
    await expect.poll(() => good(machine), within(10)).toEqual(['r100', 'r101', 'r110'])
    expect(bad(machine)).toEqual([])
  })

  test('above 28 registers is read in smaller parts', async ({ site, expect }) => {
    const { machine, plc } = await site(where(longerThan(28), trouble), registers(0, 52))
    await expect.poll(() => good(machine), within(10)).toHaveLength(52)
    // What was found out is not found out in each poll again.
    const asked = plc.requests.length
    const polls = machine.readings().length
    await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThanOrEqual(polls + 4)
    const since = plc.requests.slice(asked)
    expect(since.filter(longerThan(28))).toEqual([])
  })

  test('now and then is recorded as if nothing were, on one link and without a word', async ({
    site,
    expect,
  }) => {
    const { machine } = await site(faulty({ seed: 11, share: 1 / 6 }, [trouble]), EIGHT_BLOCKS)
    await expect.poll(() => machine.readings().length, within(20)).toBeGreaterThan(15)
    expect(good(machine)).toHaveLength(16)
    expect(machine.story()).toEqual(['up', 'reading'])
    expect(machine.lines.filter(({ level }) => Number(level) >= 40)).toEqual([])
  })
})

test('what was found out about a device outlasts the loss of its link', async ({ site, expect }) => {
  const { machine, plc } = await site(where(longerThan(28), silence), registers(0, 52))
  await expect.poll(() => good(machine), within(10)).toHaveLength(52)
  const { behaviour } = plc
  plc.behaviour = hangUp
  await expect.poll(() => machine.story().at(-1), within(5)).toBe('down')
  const asked = plc.requests.length
  plc.behaviour = behaviour
  await expect.poll(() => machine.story().at(-1), within(3)).toBe('reading')
  expect(plc.requests.slice(asked + 3).filter(longerThan(28))).toEqual([])
})

test('a device without any of the registers of one block is not asked for each of them', async ({
  site,
  expect,
}) => {
  const drafts = { ...registers(0, 1), ...registers(1_000, 60) }
  const { machine, plc } = await site(
    where(({ start }) => start >= 1_000, exception(1)),
    drafts,
  )
  await expect.poll(() => good(machine), within(5)).toEqual(['r0'])
  expect(bad(machine)).toHaveLength(60)
  await systemClock.sleep(500)
  expect(plc.requests.filter(({ start }) => start >= 1_000).length).toBeLessThan(12)
})

test('a device that is silent for most of its map is read in the rest soon, and goes on being read', async ({
  site,
  expect,
}) => {
  const silentFrom = (from: number) => Array.from({ length: 32 }, (_, n) => registers(from + n * 10, 1))
  const drafts: Drafts = Object.assign({}, registers(0, 2), registers(10, 2), ...silentFrom(1_000))
  const { machine } = await site(
    where(({ start }) => start >= 1_000, silence),
    drafts,
    { timeout: '500ms' },
  )
  await expect.poll(() => good(machine), within(12)).toHaveLength(4)
  const readings = machine.readings().length
  await expect.poll(() => machine.readings().length, within(7)).toBeGreaterThan(readings)
  expect(machine.story()).not.toContain('down')
}, 120_000)

test('a device that is silent for the first part of its map is found to be there', async ({
  site,
  expect,
}) => {
  const silentOnes = Array.from({ length: 20 }, (_, n) => registers(n * 10, 1))
  const drafts: Drafts = Object.assign({}, ...silentOnes, registers(1_000, 4))
  const { machine } = await site(
    where(({ start }) => start < 1_000, silence),
    drafts,
  )
  await expect.poll(() => good(machine), within(15)).toHaveLength(4)
}, 120_000)

test('a device that is deaf for 2 s after each connect is read', async ({ site, expect }) => {
  const { behaviour, greet } = deafAfterConnect(2_000)
  const { machine, plc } = await site(behaviour, registers(100, 1))
  plc.greet = greet
  await expect.poll(() => good(machine), within(8)).toEqual(['r100'])
})

test('a device that is deaf after connecting is left in peace where its map says so', async ({
  keepOpen,
  machineOn,
  expect,
}) => {
  const { behaviour, greet } = deafAfterConnect(300)
  const plc = await ModbusDevice.start(behaviour)
  plc.greet = greet
  keepOpen(plc)
  const machine = machineOn(plc, registers(100, 1), { connect_delay: '400ms' })
  await expect.poll(() => good(machine), within(5)).toEqual(['r100'])
  expect(plc.connections).toBe(1)
  expect(plc.requests).toHaveLength(machine.readings().length)
})

test('a device that is deaf for 100 ms after each answer is read whole, in each poll', async ({
  site,
  expect,
}) => {
  const { machine } = await site(deafAfterAnswer(100), { ...registers(0, 1), ...registers(500, 1) })
  await expect.poll(() => machine.readings().length, within(10)).toBeGreaterThan(4)
  expect(good(machine)).toEqual(['r0', 'r500'])
  expect(machine.samples()).toHaveLength(2)
  expect(machine.story()).toEqual(['up', 'reading'])
})

test('a pause between requests is kept where the map asks for one', async ({ site, expect }) => {
  const drafts = { ...registers(0, 1), ...registers(500, 1) }
  const { machine, plc } = await site(deafAfterAnswer(100), drafts, { pause: '120ms', pollMs: 500 })
  await expect.poll(() => machine.readings().length, within(10)).toBeGreaterThan(3)
  expect(plc.requests.length).toBeLessThanOrEqual(2 * (machine.readings().length + 1))
})

test('a device of eight blocks with 40 % faulty answers is recorded, at half its rate or better', async ({
  site,
  expect,
}) => {
  const troubles = [
    silence,
    hangUp,
    reset,
    shortAnswer,
    exception(4),
    exception(6),
    exception(11),
    renumbered((transaction) => transaction + 1),
    late(700),
  ]
  const { machine } = await site(faulty({ seed: 40, share: 0.4 }, troubles), EIGHT_BLOCKS, {
    pollMs: 1_000,
    timeout: '1s',
  })
  await expect.poll(() => good(machine), within(10)).toHaveLength(16)
  const before = machine.readings().length
  await systemClock.sleep(12_000)
  expect(machine.readings().length - before).toBeGreaterThanOrEqual(6)
  expect(machine.samples().filter(({ value, signal }) => value !== null && `r${value}` !== signal)).toEqual(
    [],
  )
})

test('a device that refuses all that it is asked is lost all the same when it goes silent', async ({
  site,
  expect,
}) => {
  const { machine, plc } = await site(exception(2), { ...registers(0, 3), ...registers(500, 3) })
  await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(3)
  plc.behaviour = silence
  await expect.poll(() => machine.story().at(-1), within(8)).toBe('down')
})

test('a device that is silent in five places is read in the others without waiting for these', async ({
  site,
  expect,
}) => {
  const silentPlaces = Object.assign({}, ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => registers(n * 500, 10)))
  const behaviour = where(({ start }) => start >= 500, silence)
  const drafts = { ...registers(0, 1), ...silentPlaces }
  const { machine } = await site(behaviour, drafts, { timeout: '120ms' })
  await expect.poll(() => good(machine), within(20)).toEqual(['r0'])
  await expect.poll(() => machine.readings().length, within(25)).toBeGreaterThan(8)
  expect(machine.story()).toEqual(['up', 'reading'])
})

// Fault of the catalogue: [A9]
test('a long answer that comes byte by byte is waited for, whatever its bytes look like', async ({
  site,
  expect,
}) => {
  const values = (count: number) =>
    Buffer.from(Array.from({ length: count * 2 }, (_, n) => (n % 4 === 3 ? 7 : 0)))
  const { machine, plc } = await site(
    trickling(5, (request) => dataFrame(request, values(request.count))),
    { ...registers(0, 1), ...registers(100, 40) },
    { timeout: '3s', pollMs: 1_000 },
  )
  await expect.poll(() => machine.readings().length, within(8)).toBeGreaterThan(3)
  expect(bad(machine)).toEqual([])
  expect(machine.story()).not.toContain('down')
  expect(plc.requests.filter(longerThan(1)).length).toBeLessThanOrEqual(machine.readings().length + 1)
}, 120_000)

test('a device that takes most of its time limit for each answer is read on one connection', async ({
  site,
  expect,
}) => {
  const drafts = { ...registers(0, 1), ...registers(500, 1), ...registers(1_000, 1) }
  const { machine, plc } = await site(late(300), drafts, { timeout: '500ms' })
  await expect.poll(() => machine.readings().length, within(10)).toBeGreaterThan(3)
  expect(good(machine)).toHaveLength(3)
  expect(plc.connections).toBe(1)
  expect(machine.story()).toEqual(['up', 'reading'])
})

test('a serial device that takes longer than its time limit is read all the same, and it is said what to set', async ({
  site,
  expect,
}) => {
  const drafts = { ...registers(0, 1), ...registers(500, 1), ...registers(1_000, 1) }
  const { machine, plc } = await site(serially(330), drafts, { timeout: '300ms' })
  await expect.poll(() => machine.readings().length, within(12)).toBeGreaterThan(4)
  expect(good(machine)).toHaveLength(3)
  expect(machine.story()).toEqual(['up', 'reading'])
  // No repeats pile up in its queue.
  expect(plc.requests.length).toBeLessThanOrEqual(3 * (machine.readings().length + 1) + 3)
  const words = /its answers took up to \d\.\d s when they last came, longer than its timeout: set/
  expect(machine.lines.filter(({ msg }) => words.test(String(msg)))).toHaveLength(1)
}, 120_000)

test('a device whose first answer comes after all tries is read when that answer has been seen', async ({
  site,
  expect,
}) => {
  const { machine } = await site(late(700), registers(0, 1), { timeout: '250ms' })
  await expect.poll(() => machine.readings().length, within(8)).toBeGreaterThan(3)
  expect(good(machine)).toEqual(['r0'])
  expect(machine.story()).toEqual(['up', 'reading'])
})

test('that answers come too late is still said after a reconnect', async ({ site, expect }) => {
  const { machine, plc } = await site(late(700), registers(0, 1), { timeout: '250ms', retries: 1 })
  await expect.poll(() => plc.connections, within(12)).toBeGreaterThan(1)
  plc.behaviour = silence
  // A busy computer adds to the 0.7 s of the device.
  const words = /its answers took up to [\d.]+ s when they last came, longer than its timeout: set a longer/
  await expect.poll(() => machine.collector.health().summary.error, within(12)).toMatch(words)
}, 120_000)

test('a device that is always one answer behind is read without a time limit for each block', async ({
  site,
  expect,
}) => {
  const { machine } = await site(oneBehind(), EIGHT_BLOCKS, { timeout: '1s', pollMs: 1_000 })
  await expect.poll(() => machine.readings().length, within(8)).toBeGreaterThan(3)
  expect(good(machine)).toHaveLength(16)
  expect(machine.story()).toEqual(['up', 'reading'])
}, 120_000)

test('what was read before a device died is told, and the loss after it', async ({ site, expect }) => {
  const { machine, plc } = await site(answerOwnAddress, EIGHT_BLOCKS)
  await expect.poll(() => good(machine), within(5)).toHaveLength(16)
  plc.behaviour = (request) => {
    if (request.start > 500) return
    request.socket.write(dataFrame(request, Buffer.from([0, 7, 0, 7])))
  }
  await expect.poll(() => machine.shown(), within(5)).toMatchObject({ r0: 7, r1: 7, r500: 7, r501: 7 })
})

test('all samples of one poll carry one moment, that of its reading', async ({ site, expect }) => {
  const { machine } = await site(late(15), EIGHT_BLOCKS)
  await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(1)
  const [first] = machine.readings()
  expect(first?.samples).toHaveLength(16)
  expect(new Set(first?.samples.map(({ at }) => at.monoMs))).toEqual(new Set([first?.at.monoMs]))
  expect(first?.completeTo).toEqual(first?.at)
})

test('a register that is cleared by reading it is left alone between two that are read', async ({
  site,
  expect,
}) => {
  const { behaviour, value } = clearedByReading(105)
  const { machine } = await site(behaviour, { ...registers(104, 1), ...registers(106, 1) })
  await expect.poll(() => machine.readings().length, within(5)).toBeGreaterThan(2)
  expect(value()).toBe(7)
})

test('a device that comes back after an outage is read within 2 s', async ({ site, keepOpen, expect }) => {
  const { machine, plc } = await site(answerOwnAddress, registers(100, 1))
  await expect.poll(() => machine.story(), within(5)).toEqual(['up', 'reading'])
  const { port } = plc
  await plc.stop()
  await expect.poll(() => machine.story().at(-1), within(5)).toBe('down')
  await systemClock.sleep(5_000)
  const again = await ModbusDevice.start(answerOwnAddress, port)
  keepOpen(again)
  await expect.poll(() => machine.story().at(-1), within(2)).toBe('reading')
})
