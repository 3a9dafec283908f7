import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { BufferSite } from '../../support/buffer-site.ts'
import { bufferSite, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, minutes, opened } from '../../support/central-events.ts'

const NEW_MACHINE = 'LASER-09'

let central: TestCentral
let site: BufferSite
const folder = mkdtempSync(join(tmpdir(), 'millrace-quarantine-'))

/** A machine that central does not know is among those that it does. */
beforeAll(async () => {
  central = await startTestCentral()
  site = bufferSite(central, folder)
  await using outbox = await site.open()
  const events = [
    opened(),
    opened({ subject: machineOwner(NEW_MACHINE) }),
    amended(),
    amended({ subject: machineOwner(NEW_MACHINE), ended: minutes(7) }),
  ]
  await outbox.append({
    at: { boot: 'boot-1', wallMs: Date.UTC(2026, 0, 31, 9), monoMs: 1 },
    events,
    states: {},
  })
  await upload(outbox, central)
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const count = async (where: string) =>
  (await central.sql<{ n: number }>(`SELECT count(*)::int AS n FROM edge_gateway.${where}`))[0]?.n

test('list names each row that is set aside and why, and ends with 1', async () => {
  const { code, out, err } = await site.run('quarantine', 'list')
  expect(code).toBe(1)
  expect(out.trim().split('\n')).toEqual([
    expect.stringMatching(/^2 {2}LASER-09 {2}status\.opened 2026-01-31T09:00:00\.000Z {2}.*knows no machine/),
    expect.stringMatching(/^4 {2}LASER-09 {2}status\.amended .*knows no machine/),
  ])
  expect(out).toContain('create it in the MES (machines.machine_code), or correct the code in its device map')
  expect(err).toContain('millrace buffer quarantine retry')
  expect(err).toContain('millrace buffer quarantine discard SEQ --why TEXT')
  const json = await site.run('quarantine', 'list', '--json')
  expect(json.err).toBe('')
  expect(JSON.parse(json.out.split('\n')[1] ?? '')).toMatchObject({
    seq: 4,
    event: { ended: { minutes: 7 } },
  })
})

test('show prints one of them whole, and says so of a number that is not there', async () => {
  const shown = await site.run('quarantine', 'show', '2')
  expect(shown.code).toBe(1)
  expect(shown.out).toContain('subject: machine:LASER-09')
  expect(shown.out).toContain('at: 2026-01-31T09:00:00.000Z')
  expect(shown.out).not.toContain('undefined')
  const missing = await site.run('quarantine', 'show', '3')
  expect(missing.err).toContain('no event 3 is in quarantine')
  expect((await site.run('quarantine', 'show', 'two')).code).toBe(2)
})

test('retry lands what has its master data by now, beside a gateway that has the log open', async () => {
  await using _running = await site.open()
  const refused = await site.run('quarantine', 'retry')
  expect(refused.code).toBe(1)
  expect(refused.out).toContain('0 landed, 2 still in quarantine')

  await central.sql(
    `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
     SELECT organization_id, plant_id, $1, $1, machine_type FROM machines WHERE machine_code = 'CNC-01' LIMIT 1`,
    [NEW_MACHINE],
  )
  const { code, out } = await site.run('quarantine', 'retry')
  expect(code, out).toBe(0)
  expect(out).toContain('2 landed, 0 still in quarantine')
  const rows = await central.sql(
    `SELECT duration_minutes FROM machine_status_history JOIN machines m ON m.id = machine_id WHERE machine_code = $1`,
    [NEW_MACHINE],
  )
  expect(rows).toEqual([{ duration_minutes: 7 }])
  expect((await site.run('quarantine', 'list')).out).toBe('the quarantine is empty\n')
})

test('rows that nobody wants are given up, with who and why, and are counted no more', async () => {
  await using outbox = await site.open()
  const events = [1, 2, 3].map((minute) =>
    opened({ subject: machineOwner('PRES-07'), at: `2026-01-31T10:0${minute}:00.000Z` }),
  )
  await outbox.append({
    at: { boot: 'boot-1', wallMs: Date.UTC(2026, 0, 31, 10), monoMs: 9 },
    events,
    states: {},
  })
  await upload(outbox, central)
  expect((await site.run('audit')).out).toContain('quarantined machine_status_history PRES-07')

  expect((await site.run('quarantine', 'discard', '5')).code).toBe(2)
  expect((await site.run('quarantine', 'discard', '--why', 'x')).code).toBe(2)
  const missing = await site.run('quarantine', 'discard', '99', '--why', 'misspelt')
  expect(missing).toMatchObject({ code: 1, out: '0 given up, 3 still in quarantine\n' })

  const one = await site.run('quarantine', 'discard', '5', '--why', 'the code was misspelt')
  expect(one).toMatchObject({ code: 1, out: '1 given up, 2 still in quarantine\n' })
  const rest = await site.run('quarantine', 'discard', '--machine', 'PRES-07', '--why', 'the same')
  expect(rest).toMatchObject({ code: 0, out: '2 given up, 0 still in quarantine\n' })

  expect((await site.run('quarantine', 'list')).out).toBe('the quarantine is empty\n')
  expect((await site.run('quarantine', 'retry')).code).toBe(0)
  expect(await count("quarantine WHERE event->>'subject' = 'machine:PRES-07'")).toBe(3)
  const [incident] = await central.sql<{ detail: object }>(
    "SELECT detail FROM edge_gateway.incident WHERE kind = 'discard' ORDER BY at LIMIT 1",
  )
  expect(incident?.detail).toMatchObject({
    seq: 5,
    subject: 'machine:PRES-07',
    why: 'the code was misspelt',
    by: expect.stringMatching(/.@./),
    refused: expect.stringContaining('knows no machine'),
  })
  const audit = await site.run('audit')
  expect(audit.out).not.toContain('PRES-07')
  expect(audit.code).toBe(0)
})

test('thousands of them are given up at once, by ranges or all', async () => {
  await using outbox = await site.open()
  const { seq } = await outbox.tail()
  const events = Array.from({ length: 3_000 }, (_, index) =>
    opened({
      subject: machineOwner('PRES-08'),
      at: new Date(Date.UTC(2026, 0, 31, 11) + index).toISOString(),
    }),
  )
  await outbox.append({
    at: { boot: 'boot-1', wallMs: Date.UTC(2026, 0, 31, 11), monoMs: 9 },
    events,
    states: {},
  })
  await upload(outbox, central)
  for (const call of [['9-1'], ['1-x'], ['--all', '--machine', 'PRES-08'], ['7', '--all']])
    expect((await site.run('quarantine', 'discard', ...call, '--why', 'x')).code).toBe(2)

  const some = await site.run('quarantine', 'discard', `${seq + 1}-${seq + 1_000}`, '--why', 'misspelt')
  expect(some.out).toBe('1000 given up, 2000 still in quarantine\n')
  const rest = await site.run('quarantine', 'discard', '--all', '--why', 'misspelt')
  expect(rest).toMatchObject({ code: 0, out: '2000 given up, 0 still in quarantine\n' })
  expect(await count("incident WHERE kind = 'discard' AND detail->>'subject' = 'machine:PRES-08'")).toBe(
    3_000,
  )
  expect((await site.run('audit')).code).toBe(0)
})

test('a number that two incarnations of the log gave is discarded only with the incarnation', async () => {
  const incarnations = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  await central.sql(
    `INSERT INTO edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq, event, reason)
     SELECT organization_id, gateway_id, unnest($1::uuid[]), 70007, event, 'refused'
     FROM (SELECT * FROM edge_gateway.quarantine LIMIT 1) AS one`,
    [incarnations],
  )
  const both = await site.run('quarantine', 'discard', '70007', '--why', 'misspelt')
  expect(both.code).toBe(2)
  for (const incarnation of incarnations) expect(both.err).toContain(incarnation)
  const call = ['quarantine', 'discard', '70007', '--why', 'misspelt', '--incarnation']
  expect((await site.run(...call, incarnations[0] ?? '')).out).toContain('1 given up, 1 still in quarantine')
  expect((await site.run(...call, incarnations[1] ?? '')).code).toBe(0)
})
