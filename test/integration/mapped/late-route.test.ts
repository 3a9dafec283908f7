/** A route at best effort that is added to a gateway which has run for long begins with what comes, and needs nobody's decision. */
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { CENTRAL, testFolder, testOutbox } from '../../support/buffer.ts'
import { uploadTo } from '../../support/buffer-site.ts'
import { startTestCentral } from '../../support/central.ts'
import { entry } from '../../support/entries.ts'
import { siteRoute } from '../../support/mapped-site.ts'
import { movedClock } from '../../support/moved-clock.ts'

const HOUR_MS = 3_600_000
const OLD_EVENTS = 5
const NEW_EVENTS = 3

test('a table of the site that gets a route at best effort, long after the gateway began, is filled from then on', async () => {
  await using central = await startTestCentral()
  await central.sql(`CREATE SCHEMA site; CREATE TABLE site.machine_log (status text, began_at timestamptz);
    GRANT USAGE ON SCHEMA site TO ${central.role}; GRANT SELECT, INSERT ON site.machine_log TO ${central.role}`)
  const moved = movedClock()
  const options = { file: join(testFolder(), 'outbox.db'), clock: moved.clock, retentionMs: HOUR_MS }
  const outbox = await testOutbox({ ...options, consumers: [CENTRAL] })
  for (let number = 1; number <= OLD_EVENTS; number += 1) await outbox.append(entry(number))
  await outbox.acknowledge(CENTRAL.name, OLD_EVENTS)
  moved.moveOn(HOUR_MS / 2)
  await moved.look()
  moved.moveOn(2 * HOUR_MS)
  await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(0), { timeout: 60_000 })

  const route = siteRoute(
    central,
    'to: {schema: site}\nrows:\n  - {on: status.opened, insert: machine_log, columns: {status: status, began_at: started_at}}\n',
  )
  const late = { ...route, must: 'best-effort' } as const
  await outbox.configure([CENTRAL, late])
  for (let number = 1; number <= NEW_EVENTS; number += 1) await outbox.append(entry(OLD_EVENTS + number))
  expect(await uploadTo(outbox, late)).toBe('connected')
  expect(await central.sql('SELECT * FROM site.machine_log')).toHaveLength(NEW_EVENTS)
})
