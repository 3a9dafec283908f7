import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { machineOwner } from '../../../src/domain/owner.ts'
import {
  type BufferSite,
  MORNING_MS,
  morningWithStops,
  pressBefore,
  upload,
} from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened } from '../../support/central-events.ts'

let central: TestCentral
let site: BufferSite

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

beforeEach(async () => {
  site = await morningWithStops(central)
})

const everything = async () => ({
  history: await central.sql(
    `SELECT machine_id, changed_at, previous_status, new_status, duration_minutes, reason_code, notes
     FROM machine_status_history ORDER BY changed_at, notes`,
  ),
  downtimes: await central.sql(
    'SELECT machine_id, started_at, ended_at, duration_minutes, notes FROM downtime_events ORDER BY started_at, notes',
  ),
})
const incidents = () => central.sql("SELECT detail FROM edge_gateway.incident WHERE kind = 'resend'")

test('rows that somebody has deleted are as they were again, beside a running gateway', async () => {
  await using running = await site.open()
  const before = await everything()
  await central.sql(
    'DELETE FROM machine_status_history WHERE id % 2 = 0; DELETE FROM downtime_events WHERE id % 2 = 0',
  )
  const audit = await site.run('audit')
  expect(audit.err).toMatch(/millrace buffer resend --from \d+ --to \d+/)
  const [, from = '', to = ''] = /--from (\d+) --to (\d+)/.exec(audit.err) ?? []

  const { code, out } = await site.run('resend', '--from', from, '--to', to)
  expect(code, out).toBe(0)
  expect(await everything()).toEqual(before)
  expect(await incidents()).toMatchObject([
    { detail: { fromSeq: Number(from), by: expect.stringContaining('@') } },
  ])
  expect((await site.run('audit')).code).toBe(0)

  // Nothing is missing any more: nothing is sent, and nothing doubled.
  expect((await site.run('resend', '--from', '1', '--to', '1000')).out).toContain('0 rows')
  expect(await everything()).toEqual(before)
  expect(await incidents()).toHaveLength(1)
  expect(await upload(running, central)).toBe('connected')
})

test('a row that people have changed stays as they left it', async () => {
  await central.sql("UPDATE machine_status_history SET reason_code = 'tea', notes = 'mine'")
  const before = await everything()
  expect((await site.run('resend', '--from', '1', '--to', '1000')).code).toBe(0)
  expect(await everything()).toEqual(before)
})

test('an open row is sent open, and the gateway ends it', async () => {
  await central.sql('DELETE FROM machine_status_history WHERE duration_minutes IS NULL')
  expect((await site.run('resend', '--from', '1', '--to', '1000')).out).toContain('1 rows')
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, MORNING_MS + 400_000, 'boot-1')
  await machine.show('run', 60)
  expect(await upload(outbox, central)).toBe('connected')
  expect(await central.sql('SELECT * FROM edge_gateway.quarantine WHERE released_at IS NULL')).toEqual([])
  expect((await site.run('audit')).code).toBe(0)
})

test('what lies in quarantine, or was given up, is not sent a second time', async () => {
  {
    await using outbox = await site.open()
    const events = [opened({ subject: machineOwner('LASER-09'), at: new Date(MORNING_MS).toISOString() })]
    await outbox.append({ at: { boot: 'boot-1', wallMs: MORNING_MS, monoMs: 1 }, events, states: {} })
    await upload(outbox, central)
  }
  expect((await site.run('resend', '--from', '1', '--to', '1000')).out).toContain('0 rows')
  await site.run('quarantine', 'discard', '--machine', 'LASER-09', '--why', 'misspelt')
  await central.sql(
    "INSERT INTO machines (organization_id, plant_id, machine_code, name) SELECT organization_id, id, 'LASER-09', 'Laser' FROM plants WHERE code = 'SAV-1'",
  )
  expect((await site.run('resend', '--from', '1', '--to', '1000')).out).toContain('0 rows')
  await central.sql("DELETE FROM machines WHERE machine_code = 'LASER-09'")
})

test('rows of before central knew which machine they are of are not given to the machine that has its code now', async () => {
  const before = await everything()
  await central.sql('DELETE FROM edge_gateway.machine')
  await central.sql(
    "UPDATE machines SET machine_code = 'PRESS-70' WHERE machine_code = 'PRESS-07' AND organization_id = 1",
  )
  await central.sql(
    "INSERT INTO machines (organization_id, plant_id, machine_code, name) SELECT organization_id, id, 'PRESS-07', 'New' FROM plants WHERE code = 'SAV-1'",
  )
  const { code, out } = await site.run('resend', '--from', '1', '--to', '1000')
  await central.sql("DELETE FROM machines WHERE name = 'New'")
  await central.sql("UPDATE machines SET machine_code = 'PRESS-07' WHERE machine_code = 'PRESS-70'")
  expect(code).toBe(1)
  expect(out).toContain('central has it under "PRESS-70": was the machine renamed?')
  expect(out).toContain('0 rows that were missing')
  expect(await everything()).toEqual(before)
})

test('a row that central refuses is named with its reason, and the others are sent', async () => {
  await central.sql('DELETE FROM downtime_events')
  await central.sql(
    `ALTER TABLE downtime_events ADD CONSTRAINT not_the_first CHECK (started_at <> (TIMESTAMP 'epoch' + interval '1 ms' * ${MORNING_MS + 40_000}) AT TIME ZONE 'UTC') NOT VALID`,
  )
  const { code, out } = await site.run('resend', '--from', '1', '--to', '1000')
  await central.sql('ALTER TABLE downtime_events DROP CONSTRAINT not_the_first')
  expect(code).toBe(1)
  expect(out).toMatch(/^refused downtime_events PRESS-07 .*not_the_first/m)
  expect(out).toContain('4 rows that were missing')
})

test('a log that is not what was written sends nothing', async () => {
  await central.sql('DELETE FROM machine_status_history')
  const db = new Database(join(site.dataFolder, 'outbox.db'))
  db.exec(`UPDATE event SET payload = replace(payload, '"running"', '"runnung"')`)
  db.close()
  const { code, err } = await site.run('resend', '--from', '1', '--to', '1000')
  expect(code).toBe(1)
  expect(err).toContain('not what was written')
  expect((await everything()).history).toEqual([])
})

test('a central that follows another log gets nothing', async () => {
  await central.sql('DELETE FROM machine_status_history')
  await central.sql("UPDATE edge_gateway.stream SET incarnation = '00000000-0000-4000-8000-000000000000'")
  const { code, err } = await site.run('resend', '--from', '1', '--to', '1000')
  expect(code).toBe(1)
  expect(err).toContain("central's stream is not that of this log")
  expect((await everything()).history).toEqual([])
})

test('a copy of central, named by mistake, gets nothing', async () => {
  const template = new Client({ ...central.server.superuser(), database: 'template1' })
  await template.connect()
  await template.query('CREATE DATABASE twin TEMPLATE postgres')
  await template.end()
  const twin = new Client({ ...central.server.superuser(), database: 'twin' })
  await twin.connect()
  await twin.query('DELETE FROM machine_status_history')
  site.reconfigure({ '/postgres\n': '/twin\n' })
  const { code, err } = await site.run('resend', '--from', '1', '--to', '1000')
  expect(code).toBe(1)
  expect(err).toContain('nothing is sent to central as it is configured: other database')
  const { rows } = await twin.query('SELECT FROM machine_status_history')
  await twin.end()
  expect(rows).toEqual([])
})

test.each([[['--from', '1']], [['--from', '9', '--to', '3']], [['--from', 'a', '--to', '3']]])(
  'a call that names no range is refused: %j',
  async (args) => {
    expect((await site.run('resend', ...args)).code).toBe(2)
  },
)

test('numbers that this log does not keep do not pass for rows that are all there', async () => {
  const last = (await site.run('export')).out.trim().split('\n').length
  const beyond = await site.run('resend', '--from', String(last + 1), '--to', String(last + 9))
  expect(beyond.code).toBe(1)
  expect(beyond.err).toContain(`this log keeps events 1 to ${last}: others cannot be looked for`)
  expect((await site.run('resend', '--from', '1', '--to', String(last))).code).toBe(0)
})
