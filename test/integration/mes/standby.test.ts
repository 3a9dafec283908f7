/** A central that confirms no commit before a standby has it, and whose standby is gone. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

async function demandStandby(names: string): Promise<void> {
  await central.sql(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`)
  await central.sql('SELECT pg_reload_conf()')
}

// Fault of the catalogue: [F13]
test('a commit that waits for a missing standby is named, and lands once when the standby is given up', async () => {
  const { connection } = central.settings()
  const limits = { connectMs: 5_000, answerMs: 2_000 }
  const delivery = await startDelivery(central.settings({ connection: { ...connection, limits } }), [
    opened(),
  ])
  await delivery.untilEmpty()
  await demandStandby('nobody')
  await delivery.store([opened({ at: '2026-01-31T10:00:00.000Z', status: 'idle' })])

  const cause = () => delivery.uploader.health().summary.cause ?? ''
  await delivery.until(() => /did not answer in time/.test(cause()))
  await delivery.until(() => /waits for a synchronous standby.*synchronous_standby_names/.test(cause()))
  await demandStandby('')
  await delivery.untilEmpty(40_000)
  expect(await central.sql('SELECT new_status FROM machine_status_history ORDER BY changed_at')).toEqual([
    { new_status: 'running' },
    { new_status: 'idle' },
  ])
}, 120_000)
