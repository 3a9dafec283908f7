import { mkdir, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type BufferSite,
  bufferSite,
  MORNING_MS,
  morningWithStops,
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

async function audit() {
  const { code, out } = await site.run('audit', '--json')
  return {
    code,
    ...(JSON.parse(out) as { findings: { kind: string; at: string; table: string }[]; chain: string[] }),
  }
}

test('finds nothing where central has everything once, beside a running gateway', async () => {
  await using _running = await site.open()
  const report = await audit()
  expect(report).toMatchObject({
    code: 0,
    compared: 15,
    complete: true,
    in_step: true,
    findings: [],
    chain: [],
  })
  expect((await site.run('audit')).out).toContain('15 compared, 0 not as they should be')
})

test('names rows that are missing, double, or different in central', async () => {
  const rows = await central.sql<{ at: Date }>(
    'SELECT changed_at AS at FROM machine_status_history ORDER BY changed_at',
  )
  const [first, second, third] = rows.map(({ at }) => at)
  await central.sql('DELETE FROM machine_status_history WHERE changed_at = $1', [first])
  await central.sql(
    `INSERT INTO machine_status_history (organization_id, machine_id, changed_at, new_status, notes)
     SELECT organization_id, machine_id, changed_at, new_status, notes FROM machine_status_history WHERE changed_at = $1`,
    [second],
  )
  await central.sql("UPDATE machine_status_history SET reason_code = 'tea' WHERE changed_at = $1", [third])
  await central.sql(
    'DELETE FROM downtime_events WHERE started_at = (SELECT max(started_at) FROM downtime_events)',
  )

  const { code, findings } = await audit()
  expect(code).toBe(1)
  expect(findings.map(({ kind, table, at }) => [kind, table, at])).toEqual([
    ['missing', 'machine_status_history', first?.toISOString()],
    ['double', 'machine_status_history', second?.toISOString()],
    ['different', 'machine_status_history', third?.toISOString()],
    ['missing', 'downtime_events', expect.any(String)],
  ])
  expect((await site.run('audit')).out).toContain('reason: null here, tea in central')
})

test('finds no fault in what the gateway pushes while it is looking', async () => {
  await using outbox = await site.open()
  const { seq } = await outbox.tail()
  // Central has amended rows already that the log does not know to be acknowledged.
  await outbox.rewind('central', seq - 4)
  expect(await audit()).toMatchObject({ code: 0, findings: [] })
})

test('tells what lies in quarantine from what is missing', async () => {
  await using outbox = await site.open()
  const at = { boot: 'boot-1', wallMs: MORNING_MS + 3_600_000, monoMs: 1 }
  await outbox.append({ at, events: [opened({ subject: 'machine:LASER-09' })], states: {} })
  await upload(outbox, central)
  const { code, findings } = await audit()
  expect(code).toBe(1)
  expect(findings).toEqual([expect.objectContaining({ kind: 'quarantined', machine: 'LASER-09' })])
})

test('says when central stands before what it acknowledged', async () => {
  await central.sql('UPDATE edge_gateway.stream SET last_seq = 3')
  const { code, out } = await site.run('audit')
  expect(code).toBe(1)
  expect(out).toContain('NOT where this log was acknowledged')
})

test('notices events that are not what was stored, and goes on behind them', async () => {
  const db = new Database(join(site.dataFolder, 'outbox.db'))
  db.prepare(`UPDATE event SET payload = json_set(payload, '$.rule', 'forged') WHERE seq = 4`).run()
  db.close()
  const { code, chain } = await audit()
  expect(code).toBe(1)
  expect(chain).toEqual(['event 4 is not what was stored'])
})

describe('export', () => {
  test('prints each kept event as a line, beside a running gateway', async () => {
    await using outbox = await site.open()
    const { code, out } = await site.run('export')
    expect(code).toBe(0)
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const stored = await outbox.read(0, 1_000)
    expect(lines).toEqual(
      stored.map(({ seq, event, capturedAtMs, hash }) => ({
        seq,
        captured_at: new Date(capturedAtMs).toISOString(),
        event,
        hash: Buffer.from(hash).toString('hex'),
      })),
    )
  })

  test('begins after a number where that is asked for', async () => {
    const all = (await site.run('export')).out.trim().split('\n')
    const late = (await site.run('export', '--after', '5')).out.trim().split('\n')
    expect(late).toEqual(all.slice(5))
    expect((await site.run('export', '--after', 'noon')).code).toBe(2)
  })

  test('prints what is proven of a damaged log, and says in words what is left out', async () => {
    const all = (await site.run('export')).out.trim().split('\n')
    const db = new Database(join(site.dataFolder, 'outbox.db'))
    db.prepare(`UPDATE event SET payload = json_set(payload, '$.rule', 'forged') WHERE seq = 4`).run()
    db.close()
    const { code, out, err } = await site.run('export')
    expect(code).toBe(1)
    expect(out.trim().split('\n')).toEqual(all.filter((_, index) => index !== 3))
    expect(err).toContain('event 4 is not what was stored')
    expect(err).not.toContain('    at ')
  })

  test('says so where there is no log', async () => {
    const { code, err } = await bufferSite(central).run('export')
    expect(code).toBe(1)
    expect(err).toContain('there is no buffer')
  })

  test('does not call a log missing that merely cannot be opened', async () => {
    const closed = bufferSite(central)
    await mkdir(dirname(closed.dataFolder), { recursive: true })
    await symlink(basename(closed.dataFolder), closed.dataFolder)
    const { code, err } = await closed.run('export')
    expect(code).toBe(1)
    expect(err).not.toContain('there is no buffer')
    expect(err).toContain('it cannot be opened (ELOOP: too many')
    expect(err).toContain('run this as the user that the gateway runs as')
  })

  test('says what lies in the place of the log, and what the gateway makes of it', async () => {
    const odd = bufferSite(central)
    await mkdir(odd.dataFolder, { recursive: true })
    await symlink('outbox.db', join(odd.dataFolder, 'outbox.db'))
    const { code, err } = await odd.run('export')
    expect(code).toBe(1)
    expect(err).toContain('it is a link to outbox.db, where no file is')
    expect(err).toContain('the gateway sets it aside and begins a new one')
  })

  test('stops no commit and no start of the gateway', async () => {
    const reader = new Database(join(site.dataFolder, 'outbox.db'), { readonly: true })
    const reading = reader.prepare('SELECT seq FROM event').iterate()
    reading.next()
    await using outbox = await site.open()
    await outbox.append({
      at: { boot: 'boot-1', wallMs: MORNING_MS, monoMs: 1 },
      events: [opened()],
      states: {},
    })
    expect((await outbox.tail()).seq).toBeGreaterThan(5)
    reading.return?.()
    reader.close()
  })
})
