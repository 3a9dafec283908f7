/** A gateway whose wall clock is set while it runs, or that starts without the time. Its monotonic clock goes on as ever. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../support/central.ts'
import { beginAnew } from './central/rows.ts'
import { daemonSite, EVENTUALLY_MS, type StatusRow, statusRows, untilRow } from './daemon.ts'
import { canShim, makeShim } from './shim/shim.ts'

const PATIENCE_MS = 4 * EVENTUALLY_MS
const HOUR_MS = 3_600_000
const YEAR_MS = 365.25 * 24 * HOUR_MS
/** No row of these tests lasts longer, unless the step of a clock is taken for time. */
const MINUTES_MAX = 8

/** A row ends with its day, and one of the same status begins: that is no change. */
function inTurn(rows: readonly StatusRow[]): readonly string[] {
  return rows.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1])
}

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => beginAnew(central))

describe.skipIf(!canShim)('a wall clock (where a C compiler is installed)', () => {
  test('[D1] that is set by hours, days and years: each status once, in order, and none longer than it was', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(site.dataFolder)
    const daemon = site.start(shim.env)
    await daemon.running()
    await untilRow(central, 1, 'running')
    const steps = [HOUR_MS, -HOUR_MS, -24 * HOUR_MS, 10 * YEAR_MS, 0]
    const shown = ['running']
    for (const off of steps) {
      shim.setClock(off)
      const next = shown.at(-1) === 'running' ? 'idle' : 'running'
      site.show(next as 'running' | 'idle')
      shown.push(next)
      await untilRow(central, shown.length, next)
    }
    const rows = await statusRows(central)
    expect(inTurn(rows)).toEqual(shown)
    for (const { minutes } of rows.slice(0, -1)) {
      expect(minutes).toBeGreaterThanOrEqual(0)
      expect(minutes).toBeLessThan(MINUTES_MAX)
    }
    expect(await daemon.stop()).toBe(0)
  })

  test('[D2] that is at 1970 when the gateway starts again: its rows come behind those of before, once and none too long', {
    timeout: PATIENCE_MS,
  }, async () => {
    await using site = await daemonSite(central)
    using shim = makeShim(site.dataFolder)
    const beganMs = Date.now()
    const before = site.start(shim.env)
    await before.running()
    await untilRow(central, 1, 'running')
    expect(await before.stop()).toBe(0)
    shim.setClock(-beganMs)
    const daemon = site.start(shim.env)
    await daemon.running()
    site.show('idle')
    const polls = site.device.requests.length
    await expect
      .poll(() => site.device.requests.length, { timeout: EVENTUALLY_MS })
      .toBeGreaterThan(polls + 20)
    shim.setClock(0)
    site.show('running')
    await untilRow(central, 3, 'running')
    // That the clock has leapt to the right time is believed after a minute, so the stamps only go on from those of before.
    const rows = await statusRows(central)
    expect(inTurn(rows)).toEqual(['running', 'idle', 'running'])
    for (const { atMs } of rows) expect(atMs).toBeGreaterThan(beganMs)
    for (const { minutes } of rows) expect(minutes ?? 0).toBeLessThan(MINUTES_MAX)
    expect(await daemon.stop()).toBe(0)
  })
})
