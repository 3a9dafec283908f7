/** What a person does about the log after a machine was renamed in the MES: its rows are found where they were written. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type BufferSite, bufferSite, MORNING_MS, pressBefore, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { expectTiling, historyIn } from '../../support/central-tiling.ts'

let central: TestCentral
let site: BufferSite

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

async function live(fromMs: number, shown: readonly string[], online = true): Promise<void> {
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, fromMs, `boot-${fromMs}`)
  for (const state of shown) await machine.show(state, 40)
  if (online) await upload(outbox, central)
}

const rename = (from: string, to: string) =>
  central.sql('UPDATE machines SET machine_code = $2 WHERE machine_code = $1', [from, to])
/** The code of the press goes to a machine that never had rows, and the press gets another one. */
async function giveItsCodeAway() {
  await rename('PRESS-07', 'PR-007')
  await rename('CNC-01', 'PRESS-07')
}

/** A morning in central, with an open row; then the code of its machine is another one's. */
beforeEach(async () => {
  await central.sql(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
    edge_gateway.incident, edge_gateway.machine`)
  site = bufferSite(central)
  await live(MORNING_MS, ['run', 'fault', 'run'])
  await giveItsCodeAway()
  return async () => {
    await rename('PRESS-07', 'CNC-01')
    await rename('PR-007', 'PRESS-07')
  }
})

const everything = async () => ({
  history: await central.sql(
    'SELECT machine_id, changed_at, new_status, duration_minutes, notes FROM machine_status_history ORDER BY changed_at',
  ),
  downtimes: await central.sql(
    'SELECT machine_id, started_at, ended_at FROM downtime_events ORDER BY started_at',
  ),
})

test('audit finds every row', async () => {
  const { code, out } = await site.run('audit')
  expect(out).toContain(' compared, 0 not as they should be')
  expect(code).toBe(0)
})

test('rows that were deleted are sent again to the machine that they were of', async () => {
  const before = await everything()
  await central.sql('DELETE FROM machine_status_history; DELETE FROM downtime_events')
  expect((await site.run('resend', '--from', '1', '--to', '1000')).code).toBe(0)
  expect(await everything()).toEqual(before)
  expect((await site.run('audit')).code).toBe(0)
})

test('a stream row that was deleted is known from one that a restored central lacks', async () => {
  await central.sql('DELETE FROM edge_gateway.stream')
  await using outbox = await site.open()
  expect(await upload(outbox, central)).toBe('fenced')
})

test('adopt leaves the open row to be ended at the machine that it is of', async () => {
  await live(MORNING_MS + 150_000, ['fault', 'run'], false)
  await central.sql('DELETE FROM edge_gateway.stream')
  expect((await site.run('adopt', '--yes')).code).toBe(0)
  await live(MORNING_MS + 300_000, ['run'])
  const rows = await expectTiling(central)
  expect([...new Set(rows.map(({ machine }) => machine))]).toEqual(['PR-007', 'PRESS-07'])
  const ofThen = (await historyIn(central)).filter(({ machine }) => machine === 'PR-007')
  expect(ofThen.every(({ minutes, reason }) => minutes !== null || reason === 'NO_DATA')).toBe(true)
})
