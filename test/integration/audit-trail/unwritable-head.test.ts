/** The file beside the trail that notes its last records cannot be written, while the trail itself can. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { numbered } from '../../../src/runtime/files.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { testFolder } from '../../support/buffer.ts'
import { testTrail } from '../../support/console.ts'

/** Waiting is quicker than in a gateway. */
const clock = {
  ...systemClock,
  sleep: (_: number, signal?: AbortSignal) => systemClock.sleep(2, signal),
}

test('what is recorded meanwhile stands once, and the trouble says what is missing', async () => {
  const dataFolder = testFolder()
  const head = join(dataFolder, 'console', 'audit-trail.head')
  // A folder in its place is moved aside, for which these leave no name.
  mkdirSync(head, { recursive: true })
  for (const name of numbered(`${head}.found`)) mkdirSync(join(name, 'inside'), { recursive: true })
  const trail = testTrail({ dataFolder, clock, log: createLog('silent') })
  const events = async () => {
    const records = await trail.records({ before: null, who: null, limit: 1_000 })
    return records.map(({ event, what }) => (event === 'clock-stepped' ? what : event)).toReversed()
  }
  const begun = ['trail-begun', 'gateway-version-changed', 'configuration-changed', 'gateway-started']
  trail.begin({ version: '1.0.0', configuration: {}, details: '{}' })
  await expect
    .poll(() => trail.troubles[0]?.what)
    .toContain('the audit trail is written, but its last record')
  trail.noteOwn({ event: 'clock-stepped', what: 'first' })
  await expect.poll(events).toEqual([...begun, 'first'])
  trail.noteOwn({ event: 'clock-stepped', what: 'second' })
  await expect.poll(events).toEqual([...begun, 'first', 'second'])
  expect(trail.troubles[0]?.what).toContain(head)
  rmSync(`${head}.found`, { recursive: true })
  await expect.poll(() => trail.troubles).toEqual([])
  expect(JSON.parse(readFileSync(head, 'utf8')).gateway.seq).toBe(6)
  expect(await events()).toEqual([...begun, 'first', 'second'])
})
