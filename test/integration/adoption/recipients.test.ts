/** The log knows for whom it was captured: what is meant for one organization, gateway or database never reaches another by itself. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { escapeIdentifier, escapeLiteral } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { type BufferSite, bufferSite, mesRoute, pressBefore, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { Killed, killedBehind, TwoRouteSite } from '../../support/two-routes.ts'

const DAY_MS = 86_400_000
/** Yesterday at nine: the commands keep delivered events for a week. */
const START_MS = Date.now() - (Date.now() % DAY_MS) - DAY_MS + 9 * 3_600_000
const at = (minutes: number) => START_MS + minutes * 60_000
const EMPTY =
  'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident, edge_gateway.machine'

/** The gateway of the second organization, on the same server. */
const OTHER = {
  organization: 'OTHER',
  plant: 'OTHER-1',
  role: 'millrace_other',
  password: 'of-the-other-one',
}

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(await gatewaySql({ organization: OTHER.organization }))
  await central.sql(`ALTER ROLE ${escapeIdentifier(OTHER.role)} PASSWORD ${escapeLiteral(OTHER.password)}`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => central.sql(EMPTY))

type Shown = readonly (readonly [state: string, seconds: number])[]

/** One life of a gateway: it sees these states, and pushes to wherever it is configured for. Returns how that stood. */
async function live(
  site: BufferSite,
  fromMs: number,
  shown: Shown,
  { to = central, changes = {}, online = true }: Life = {},
): Promise<string> {
  await using outbox = await site.open()
  const machine = await pressBefore(outbox, fromMs, 'boot')
  for (const [state, seconds] of shown) await machine.show(state, seconds)
  return online ? await upload(outbox, to, changes) : 'not asked'
}

interface Life {
  readonly to?: TestCentral
  readonly changes?: Partial<CentralSettings>
  readonly online?: boolean
}

function otherSettings(): Partial<CentralSettings> {
  const { connection } = central.settings()
  const { organization, plant, role, password } = OTHER
  return { organization, plant, connection: { ...connection, user: role, password: new Secret(password) } }
}

function moveToOther(site: BufferSite): void {
  const { organization, plant, role, password } = OTHER
  site.reconfigure(
    {
      'organization: SAV': `organization: ${organization}`,
      'plant: SAV-1': `plant: ${plant}`,
      [central.role]: role,
    },
    password,
  )
}

const rowsOf = (code: string, of = central) =>
  of.sql<{ status: string; at: Date }>(
    `SELECT coalesce(reason_code, new_status) AS status, changed_at AS at FROM machine_status_history h
     JOIN organizations o ON o.id = h.organization_id WHERE o.code = $1 ORDER BY changed_at`,
    [code],
  )
const story = async (code: string, of = central) => (await rowsOf(code, of)).map(({ status }) => status)
const kindsOfIncidents = async (of = central) =>
  (await of.sql<{ kind: string }>('SELECT kind FROM edge_gateway.incident ORDER BY at')).map(
    ({ kind }) => kind,
  )
const leftOutBy = (site: BufferSite) =>
  readdirSync(site.dataFolder)
    .filter((name) => name.startsWith('left-out'))
    .flatMap((name) => readFileSync(join(site.dataFolder, name), 'utf8').trim().split('\n'))

describe('a gateway that goes to another organization', () => {
  async function moved(): Promise<BufferSite> {
    const site = bufferSite(central)
    expect(
      await live(site, at(0), [
        ['run', 60],
        ['idle', 60],
      ]),
    ).toBe('connected')
    await live(
      site,
      at(2),
      [
        ['run', 60],
        ['fault', 30],
      ],
      { online: false },
    )
    moveToOther(site)
    return site
  }

  test('takes none of the old one’s rows along, neither those that wait nor those that are retained', async () => {
    const site = await moved()
    const before = await story('SAV')
    expect(await live(site, at(4), [['idle', 30]], { changes: otherSettings() })).toBe('fenced')
    expect(await story('OTHER')).toEqual([])
    expect(await story('SAV')).toEqual(before)
    const { out, code } = await site.run('adopt')
    expect(code).toBe(1)
    expect(out).toContain('this log was captured for organization "SAV", and central takes rows of "OTHER"')
    expect(out).toContain('never sent')
    expect(await story('OTHER')).toEqual([])
  })

  test('goes on for the new one after adopt, with rows that begin anew; what waited is kept in a file', async () => {
    const site = await moved()
    const { code, out } = await site.run('adopt', '--yes')
    expect(code, out).toBe(0)
    expect(leftOutBy(site).length).toBeGreaterThanOrEqual(3)
    expect(
      await live(
        site,
        at(10),
        [
          ['run', 60],
          ['idle', 10],
        ],
        { changes: otherSettings() },
      ),
    ).toBe('connected')
    expect(await story('OTHER')).toEqual(['running', 'idle'])
    const [first] = await rowsOf('OTHER')
    expect(first?.at.getTime()).toBe(at(10))
    expect(await central.sql('SELECT * FROM edge_gateway.quarantine WHERE released_at IS NULL')).toEqual([])
    expect((await site.run('audit')).out).toContain('0 not as they should be')
    // Whoever goes back is a stranger as well.
    expect(await live(site, at(20), [['run', 10]])).toBe('fenced')
  })

  test('says nothing of the old one to the new one', async () => {
    await live(await moved(), at(4), [['idle', 30]], { changes: otherSettings() })
    const incidents = await central.sql(
      `SELECT detail::text AS detail FROM edge_gateway.incident i JOIN organizations o ON o.id = i.organization_id WHERE o.code = 'OTHER'`,
    )
    expect(incidents).toHaveLength(1)
    expect(JSON.stringify(incidents)).not.toContain('SAV')
  })
})

/** An uploader that is only started and stopped. */
function uploaderFor(outbox: BufferOutbox, changes: Partial<CentralSettings>, signal: AbortSignal) {
  const budget = createStopBudget(signal, systemClock)
  const log = createLog('silent')
  return createUploader({
    outbox,
    route: mesRoute(central, changes),
    clock: systemClock,
    random: Math.random,
    log,
    budget,
  })
}

/** Everything that a copy of central has: rows, and how far the stream has come. */
async function copyRows(from: TestCentral, into: TestCentral): Promise<void> {
  for (const table of ['machine_status_history', 'downtime_events', 'edge_gateway.stream']) {
    const [row] = await from.sql<{ all: unknown }>(`SELECT json_agg(t) AS all FROM ${table} t`)
    await into.sql(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1)`, [
      JSON.stringify(row?.all ?? []),
    ])
  }
}

/** As a log is that an earlier version has kept. */
function forgetRecipient(site: BufferSite): void {
  const db = new Database(join(site.dataFolder, 'outbox.db'))
  db.exec('DELETE FROM recipient')
  db.close()
}

test('a gateway that was set up for another organization before it ever reached central is fenced too', async () => {
  const site = bufferSite(central)
  const nowhere = { ...central.settings().connection, hosts: [{ host: '127.0.0.1', port: 1 }] }
  await using outbox = await site.open()
  const stop = new AbortController()
  const uploading = uploaderFor(outbox, { connection: nowhere }, stop.signal).run(stop.signal)
  while (!(await outbox.recipient('central'))) await systemClock.sleep(10)
  stop.abort()
  await uploading
  const machine = await pressBefore(outbox, at(0), 'boot')
  await machine.show('run', 60)
  expect(await upload(outbox, central, otherSettings())).toBe('fenced')
  expect(await story('OTHER')).toEqual([])
  expect(await upload(outbox, central)).toBe('connected')
  expect(await story('SAV')).toEqual(['running'])
})

describe('a gateway that was given another name', () => {
  const renamed = { changes: { gateway: 'edge-2' } }

  test('is fenced in true words, and delivers what waits once the name is set back', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [['run', 60]])
    expect(await live(site, at(1), [['idle', 60]], renamed)).toBe('fenced')
    site.reconfigure({ 'gateway: edge-1': 'gateway: edge-2' })
    const { out } = await site.run('adopt')
    expect(out).toContain('this log was captured by gateway "edge-1", and gateway.yaml says "edge-2"')
    expect(await live(site, at(2), [['run', 10]])).toBe('connected')
    expect(await story('SAV')).toEqual(['running', 'idle', 'running'])
  })

  test('goes on with the open row of its machine after adopt, where nothing waited', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [
      ['run', 60],
      ['idle', 60],
    ])
    site.reconfigure({ 'gateway: edge-1': 'gateway: edge-2' })
    const { code, out } = await site.run('adopt', '--yes')
    expect(code, out).toBe(0)
    expect(
      await live(
        site,
        at(2),
        [
          ['idle', 60],
          ['run', 10],
        ],
        renamed,
      ),
    ).toBe('connected')
    expect(await story('SAV')).toEqual(['running', 'idle', 'running'])
    expect(await central.sql('SELECT * FROM edge_gateway.quarantine')).toEqual([])
  })
})

describe('another database', () => {
  let production: TestCentral
  beforeAll(async () => {
    production = await startTestCentral()
  })
  afterAll(() => production[Symbol.asyncDispose]())
  beforeEach(() => production.sql(EMPTY))

  const to = (target: TestCentral): Life => ({ to: target })
  function moveToProduction(site: BufferSite): void {
    site.reconfigure({ [`:${central.server.port}/`]: `:${production.server.port}/` }, production.password)
  }

  async function moved(): Promise<BufferSite> {
    const site = bufferSite(central)
    await live(site, at(0), [
      ['run', 60],
      ['fault', 60],
      ['run', 60],
    ])
    await live(
      site,
      at(3),
      [
        ['run', 60],
        ['idle', 60],
      ],
      { online: false },
    )
    moveToProduction(site)
    return site
  }

  test('gets nothing by itself: commissioning rows do not appear in production', async () => {
    const site = await moved()
    expect(await live(site, at(5), [['run', 60]], to(production))).toBe('fenced')
    expect(await story('SAV', production)).toEqual([])
    expect(await kindsOfIncidents(production)).toEqual(['fence'])
    expect((await site.run('adopt')).out).toMatch(
      /central is another database than the one that this log was delivered to.* with --refill they are/s,
    )
  })

  test('gets what waits after adopt, and the row that goes on, without orphans', async () => {
    const site = await moved()
    const { code, out } = await site.run('adopt', '--yes')
    expect(code, out).toBe(0)
    expect(
      await live(
        site,
        at(5),
        [
          ['idle', 30],
          ['run', 10],
        ],
        to(production),
      ),
    ).toBe('connected')
    expect(await story('SAV', production)).toEqual(['idle', 'running'])
    expect(await production.sql('SELECT * FROM edge_gateway.quarantine')).toEqual([])
  })

  test('gets what is retained as well with --refill, each row once', async () => {
    const site = await moved()
    const { code, out } = await site.run('adopt', '--yes', '--refill')
    expect(code, out).toBe(0)
    expect(
      await live(
        site,
        at(5),
        [
          ['idle', 30],
          ['run', 10],
        ],
        to(production),
      ),
    ).toBe('connected')
    expect(await story('SAV', production)).toEqual(['running', 'down', 'running', 'idle', 'running'])
    expect((await site.run('audit')).out).toContain('0 not as they should be')
  })

  test('is gone on to by whoever runs adopt again, behind whatever call it was killed', {
    timeout: 300_000,
  }, async () => {
    const prepared = new TwoRouteSite(central)
    await prepared.live(at(0), [
      ['run', 60],
      ['fault', 60],
    ])
    await prepared.live(
      at(2),
      [
        ['run', 60],
        ['idle', 60],
      ],
      [],
    )
    for (let calls = 1, isKilled = true; isKilled; calls += 1) {
      await production.sql(EMPTY)
      const site = new TwoRouteSite(production, prepared.rehearsal().folder)
      const dying = await site.adopt(killedBehind(calls)).catch((error: unknown) => error)
      isKilled = dying instanceof Killed
      if (isKilled) await site.adopt()
      expect(
        await site.live(at(4), [
          ['idle', 30],
          ['run', 10],
        ]),
      ).toEqual(['connected', 'connected'])
      expect(await story('SAV', production), `killed behind call ${calls}`).toEqual([
        'running',
        'idle',
        'running',
      ])
      expect(await production.sql('SELECT * FROM edge_gateway.quarantine')).toEqual([])
    }
  })

  test('that is a copy of the old one goes on where the old one ended', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [
      ['run', 60],
      ['idle', 60],
    ])
    await copyRows(central, production)
    await live(site, at(2), [['run', 60]], { online: false })
    moveToProduction(site)
    expect(await live(site, at(3), [['run', 5]], to(production))).toBe('fenced')
    expect((await site.run('adopt', '--yes')).code).toBe(0)
    expect(await live(site, at(3.1), [['run', 5]], to(production))).toBe('connected')
    expect(await story('SAV', production)).toEqual(['running', 'idle', 'running'])
    expect(await production.sql('SELECT * FROM edge_gateway.quarantine')).toEqual([])
  })
})

test('a log of an earlier version takes the central whose stream proves that it is its own, and no other', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [['run', 60]])
  forgetRecipient(site)
  expect(await live(site, at(1), [['idle', 60]])).toBe('connected')
  expect(await story('SAV')).toEqual(['running', 'idle'])

  forgetRecipient(site)
  expect(await live(site, at(2), [['run', 60]], { changes: otherSettings() })).toBe('fenced')
  expect(await story('OTHER')).toEqual([])
})

test('a central that was restored to before the first push is refilled: it is the same database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { server } = central
  await server.stop()
  await server.snapshot(join(folder, 'before'))
  await server.start()
  const site = bufferSite(central)
  await live(site, at(0), [
    ['run', 60],
    ['idle', 60],
  ])
  await server.stop()
  await server.restore(join(folder, 'before'))
  await server.start()
  expect(await live(site, at(2), [['run', 60]])).toBe('connected')
  expect(await story('SAV')).toEqual(['running', 'idle', 'running'])
  expect(await kindsOfIncidents()).toEqual(['restore'])
})

test('rows that people have given up do not come back with --refill', async () => {
  const site = bufferSite(central)
  await live(site, at(0), [
    ['run', 60],
    ['idle', 60],
  ])
  await central.sql("UPDATE machines SET machine_code = 'ELSE' || machine_code")
  await live(site, at(2.1), [
    ['fault', 60],
    ['run', 60],
  ])
  const { out } = await site.run('quarantine', 'discard', '--all', '--why', 'a test of the plant')
  expect(out).toMatch(/^[1-9]\d* given up, 0 still/)
  await central.sql('UPDATE machines SET machine_code = substr(machine_code, 5)')
  await central.sql('DELETE FROM edge_gateway.stream')
  const adopted = await site.run('adopt', '--yes', '--refill')
  expect(adopted.code, adopted.out).toBe(0)
  await live(site, at(5), [['run', 10]])
  expect((await site.run('quarantine', 'list')).out).toBe('the quarantine is empty\n')
  expect(await story('SAV')).toEqual(['running', 'idle', 'NO_DATA', 'running'])
})

describe('a service that does not say which server it is', () => {
  beforeEach(() => central.sql('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC'))
  afterEach(() => central.sql('GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC'))

  test('is known by the stream that it holds', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [['run', 60]])
    expect(await live(site, at(1), [['idle', 60]])).toBe('connected')
    expect(await story('SAV')).toEqual(['running', 'idle'])
  })

  test('gets nothing by itself once it holds none: nothing proves that it was restored', async () => {
    const site = bufferSite(central)
    await live(site, at(0), [
      ['run', 60],
      ['idle', 60],
    ])
    await central.sql(EMPTY)
    expect(await live(site, at(2), [['run', 60]])).toBe('fenced')
    expect(await story('SAV')).toEqual([])
    expect((await site.run('adopt')).out).toContain('nothing proves that it is the same database')
    expect((await site.run('adopt', '--refill', '--yes')).code).toBe(0)
    expect(await live(site, at(3), [['run', 5]])).toBe('connected')
    expect(await story('SAV')).toEqual(['running', 'idle', 'running'])
  })

  test('goes on being known by what it said before', async () => {
    await central.sql('GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC')
    const site = bufferSite(central)
    await live(site, at(0), [['run', 60]])
    await central.sql('REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC')
    await live(site, at(1), [['idle', 60]])
    await using outbox = await site.open()
    expect(await outbox.recipient('central')).toMatchObject({
      systemId: expect.stringMatching(/^\d+$/),
      timeline: 1,
    })
  })
})
