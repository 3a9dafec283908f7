/** One unit of a serial line that is dead costs the others next to nothing: counted in simulated time. */
import { expect, test } from 'vitest'
import { keepLink } from '../../../src/collector/keep-link.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createModbusDriver } from '../../../src/drivers/modbus/driver.ts'
import { createSerialTransport } from '../../../src/drivers/modbus/transports/serial.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext } from '../../support/driver-bench.ts'
import { serialCable } from '../../support/rtu-units.ts'
import { virtualWire, type WireSetup } from '../../support/virtual-wire.ts'

const MINUTE_MS = 60_000
const GROWTH_MAX = 1.1
/** On real hardware a stretch may be disturbed by whatever else the computer does. */
const STRETCHES_MAX = 4

/** How many polls of units 1 to `others` were complete in these ten minutes, with or without dead units. */
async function pollsOf(
  setup: WireSetup,
  others: number,
  dead: readonly number[],
  diesAtMs = 0,
): Promise<number[]> {
  const wire = virtualWire(setup)
  await wire.runUntil(diesAtMs)
  for (const unit of dead) wire.dead.add(unit)
  const before = new Map(wire.polls)
  await wire.runUntil(diesAtMs + 10 * MINUTE_MS)
  return Array.from(
    { length: others },
    (_, nth) => (wire.polls.get(nth + 1) ?? 0) - (before.get(nth + 1) ?? 0),
  )
}

const SETUPS: readonly (WireSetup & { readonly what: string })[] = [
  { what: 'a line that has time to spare', units: 20, baud: 19_200, registers: 4 },
  { what: 'a line that is nearly full', units: 20, baud: 9_600, registers: 6 },
  { what: 'a line that is too slow for its polls', units: 20, baud: 9_600, registers: 20 },
]

test.each(SETUPS)('the poll period of the 19 others grows by less than 10 %: $what', async (setup) => {
  const alive = await pollsOf(setup, 19, [])
  expect(Math.min(...alive)).toBeGreaterThan(200)
  for (const diesAtMs of [0, MINUTE_MS]) {
    const beside = await pollsOf(setup, 19, [20], diesAtMs)
    for (const [nth, polls] of beside.entries()) expect(polls * GROWTH_MAX).toBeGreaterThan(alive[nth] ?? 0)
  }
})

test('five dead units of 20 cost the others no more than one', async () => {
  const setup = { units: 20, baud: 19_200, registers: 4 }
  const alive = await pollsOf(setup, 15, [])
  const beside = await pollsOf(setup, 15, [16, 17, 18, 19, 20])
  for (const [nth, polls] of beside.entries()) expect(polls * GROWTH_MAX).toBeGreaterThan(alive[nth] ?? 0)
})

test('a dead unit that comes back is read again within seconds, after an hour too', async () => {
  const wire = virtualWire({ units: 20, baud: 19_200, registers: 4 })
  await wire.runUntil(MINUTE_MS)
  for (const awayMs of [5_000, 60 * MINUTE_MS]) {
    wire.dead.add(20)
    await wire.runUntil(wire.time.now().monoMs + awayMs)
    wire.dead.delete(20)
    const before = wire.polls.get(20) ?? 0
    const backMs = wire.time.now().monoMs
    await wire.time.runUntil(backMs + MINUTE_MS, () => (wire.polls.get(20) ?? 0) > before)
    expect(wire.time.now().monoMs - backMs).toBeLessThan(25_000)
  }
})

test('on a real pseudo-terminal the 19 others are read as often beside a dead unit as before', async () => {
  const units = Array.from({ length: 20 }, (_, nth) => nth + 1)
  await using cable = await serialCable(units)
  for (const unit of units) cable.units.delaysMs.set(unit, 8)
  await using driver = createModbusDriver(createSerialTransport())
  const abort = new AbortController()
  const readMs = new Map(units.map((unit) => [unit, [] as number[]]))
  const kept = units.map((unit) => {
    const keys = { path: cable.path, unit, baud: 115_200 }
    const device = deviceOf(driver, keys, { value: { at: 'W0', type: 'u16' } }, 500)
    return keepLink(
      {
        name: `METER-${unit}`,
        connect: (signal) => driver.connect(device, driverContext(), signal),
        up: async () => {},
        take: ({ at }: Reading) => void readMs.get(unit)?.push(at.monoMs),
        down: async () => {},
      },
      { clock: systemClock, random: Math.random },
      abort.signal,
    )
  })
  const others = units.slice(0, -1).map((unit) => readMs.get(unit) ?? [])
  const period = async () => {
    for (const polls of others) polls.length = 0
    await expect
      .poll(() => Math.min(...others.map(({ length }) => length)), { timeout: 60_000 })
      .toBeGreaterThan(10)
    const periods = others.map((polls) => ((polls.at(-1) ?? 0) - (polls[0] ?? 0)) / (polls.length - 1))
    return periods.reduce((sum, ms) => sum + ms, 0) / periods.length
  }
  await period()
  const before = await period()
  cable.units.delaysMs.delete(20)
  // Until it is known to be silent it is waited for in full, twice. What it costs later, it costs in each stretch of time; what other
  // programs of the computer cost, it does not.
  await period()
  const growth: number[] = []
  while (growth.length < STRETCHES_MAX && Math.min(...growth) >= GROWTH_MAX)
    growth.push((await period()) / before)
  expect(Math.min(...growth), growth.join(' ')).toBeLessThan(GROWTH_MAX)
  abort.abort()
  await Promise.all(kept)
}, 180_000)
