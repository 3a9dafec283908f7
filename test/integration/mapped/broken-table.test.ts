/** A site's table that takes nothing is waited for, whatever lands in the other tables of the same route. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { testOutbox } from '../../support/buffer.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { scan } from '../../support/central-events.ts'
import { siteRoute } from '../../support/mapped-site.ts'
import { countRows, dropRule, quarantinedIn, setRule } from '../../support/site-rules.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(`CREATE SCHEMA site; CREATE TABLE site.labels (data text); CREATE TABLE site.others (data text);
    GRANT USAGE ON SCHEMA site TO "${central.role}"; GRANT INSERT ON ALL TABLES IN SCHEMA site TO "${central.role}"`)
})
afterAll(() => central[Symbol.asyncDispose]())

test('its events are not set aside, and land once it is mended', async () => {
  const operator = await operatorOf(central)
  const at = (n: number) => new Date(Date.UTC(2026, 0, 31, 9, 0, n)).toISOString()
  const events: readonly Event[] = ['A', 'B', 'A', 'B'].map((station, n) =>
    scan(operator, {
      subject: `station:${station}`,
      at: at(n),
      data: `${n}`,
      scanType: n < 2 ? 'label' : 'unknown',
    }),
  )
  await setRule(central, 'RAISE division_by_zero', 'INSERT ON site.labels')
  const outbox = await testOutbox({ consumers: [{ name: 'site', must: 'deliver' }] })
  await outbox.append({ at: systemClock.now(), events, states: {} })
  const route = siteRoute(
    central,
    `to: {schema: site}
rows:
  - {on: scan, when: {scan_type: label}, insert: labels, columns: {data: data}}
  - {on: scan, when: {scan_type: {not: label}}, insert: others, columns: {data: data}}`,
  )
  const stop = new AbortController()
  const budget = createStopBudget(stop.signal, systemClock)
  const uploader = createUploader({
    outbox,
    route,
    budget,
    clock: systemClock,
    random: Math.random,
    log: createLog('silent'),
  })
  const running = uploader.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  await expect.poll(() => uploader.health().summary.state, { timeout: 60_000 }).toBe('waiting')
  expect(uploader.health().summary.cause).toContain('division_by_zero')
  expect(await quarantinedIn(central)).toEqual([])
  await dropRule(central)
  await expect.poll(async () => (await outbox.stats()).pending, { timeout: 60_000 }).toBe(0)
  expect([await countRows(central, 'site.labels'), await countRows(central, 'site.others')]).toEqual([2, 2])
  expect(await quarantinedIn(central)).toEqual([])
})
