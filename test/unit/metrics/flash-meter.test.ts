import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bytesWritten, FlashMeter } from '../../../src/metrics/flash-meter.ts'
import { testFolder } from '../../support/buffer.ts'

const HOUR_MS = 3_600_000
const MB = 1_000_000

/** A process that writes, at moments that the test chooses. */
function bench(budgetBytes?: number, folder = testFolder()) {
  let [nowMs, bytes] = [Date.UTC(2026, 0, 5), 0]
  const clock = { now: () => ({ boot: 'boot-1', wallMs: nowMs, monoMs: nowMs }) }
  const start = () => new FlashMeter({ folder, budgetBytes, clock, written: async () => bytes })
  return {
    folder,
    start,
    meter: start(),
    writes: (more: number) => {
      bytes += more
    },
    restarts: () => {
      bytes = 0
    },
    later: (ms: number) => {
      nowMs += ms
    },
  }
}

test('what was written within 24 hours is counted hour by hour, and what is older falls out', async () => {
  const { meter, writes, later } = bench()
  for (let hour = 0; hour < 30; hour += 1) {
    writes(10 * MB)
    await meter.look()
    later(HOUR_MS)
  }
  expect(meter.use).toEqual({
    startedBytes: 300 * MB,
    totalBytes: 300 * MB,
    dayBytes: 240 * MB,
    budgetBytes: null,
  })
})

test('a restart forgets neither the day nor the total', async () => {
  const one = bench()
  one.writes(40 * MB)
  await one.meter.look()
  await one.meter.save()
  one.restarts()
  one.later(HOUR_MS)
  const next = one.start()
  one.writes(2 * MB)
  await next.look()
  expect(next.use).toMatchObject({ totalBytes: 42 * MB, dayBytes: 42 * MB })
})

test('a kill loses ten minutes of it at most', async () => {
  const one = bench()
  for (let minute = 0; minute < 25; minute += 1) {
    one.writes(MB)
    await one.meter.look()
    one.later(60_000)
  }
  one.restarts()
  const next = one.start()
  await next.look()
  expect(next.use.totalBytes).toBeGreaterThanOrEqual(15 * MB)
  // What only grows begins at nothing after a restart: a little less than before would be taken for all of it once more.
  expect(next.use.startedBytes).toBe(0)
})

test('more than the budget is a trouble, which ends by itself', async () => {
  const { meter, writes, later } = bench(100 * MB)
  writes(90 * MB)
  await meter.look()
  expect(meter.troubles).toEqual([])
  writes(20 * MB)
  await meter.look()
  expect(meter.troubles).toEqual([
    {
      code: 'flash-budget',
      what: '110 MB were written to the disk within 24 hours, and buffer.flash_budget is 100 MB',
      hint: expect.stringContaining('lengthen poll'),
      sinceMs: Date.UTC(2026, 0, 5),
    },
  ])
  later(25 * HOUR_MS)
  await meter.look()
  expect(meter.troubles).toEqual([])
})

test('a clock that was years ahead keeps no hours that are still to come', async () => {
  const { meter, writes, later } = bench()
  later(10 * 365 * 24 * HOUR_MS)
  writes(5 * MB)
  await meter.look()
  later(-10 * 365 * 24 * HOUR_MS)
  writes(MB)
  await meter.look()
  expect(meter.use).toMatchObject({ totalBytes: 6 * MB, dayBytes: MB })
})

test.each([
  ['cut short', '{"totalBytes": 5, "hou'],
  ['of another shape', '{"totalBytes": "five"}'],
])('a file that is %s is begun again', async (_, text) => {
  const folder = testFolder()
  writeFileSync(join(folder, 'flash.json'), text)
  const { meter, writes } = bench(undefined, folder)
  writes(MB)
  await meter.look()
  await meter.save()
  expect(JSON.parse(readFileSync(join(folder, 'flash.json'), 'utf8'))).toMatchObject({ totalBytes: MB })
})

test('a folder that cannot be written costs no more than the figures', async () => {
  const folder = join(testFolder(), 'wear')
  writeFileSync(folder, 'a file where the folder should be')
  const { meter, writes } = bench(undefined, folder)
  writes(MB)
  await meter.look()
  await meter.save()
  expect(meter.use.totalBytes).toBe(MB)
})

test('where the kernel says nothing, nothing is claimed', async () => {
  const clock = { now: () => ({ boot: 'boot-1', wallMs: 0, monoMs: 0 }) }
  const meter = new FlashMeter({ folder: testFolder(), budgetBytes: 1, clock, written: async () => null })
  await meter.look()
  expect(meter.use).toEqual({ startedBytes: null, totalBytes: null, dayBytes: null, budgetBytes: 1 })
  expect(meter.troubles).toEqual([])
})

test('the kernel counts what this process writes', async () => {
  const before = await bytesWritten()
  const folder = join(testFolder(), 'written')
  mkdirSync(folder)
  writeFileSync(join(folder, 'file'), Buffer.alloc(4 * MB, 7), { flush: true })
  const after = await bytesWritten()
  if (before === null) return
  expect(after).toBeGreaterThanOrEqual(before)
})

test('what the kernel takes off again, as it was never written, is not counted twice afterwards', async () => {
  const { meter, writes } = bench()
  for (const bytes of [100 * MB, -50 * MB, 50 * MB]) {
    writes(bytes)
    await meter.look()
  }
  expect(meter.use.totalBytes).toBe(100 * MB)
})
