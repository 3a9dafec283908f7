/** All gateways in one place: what each says of itself in central, who may see it, and what `central fleet` prints. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GatewayReport } from '../../../src/domain/gateway-report.ts'
import { fleetReaderSql, gatewaySql, removalSql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const REPORT: GatewayReport = {
  state: 'running',
  host: 'cabinet-7',
  version: '1.2.3',
  startedAtMs: Date.parse('2026-01-31T09:00:00.000Z'),
  pending: 0,
  lagS: 0,
  clockOffsetMs: -3,
  machines: 12,
  mapsHash: 'c0ffee',
  troubles: [],
  troubleCount: 0,
}
const TROUBLE = { code: 'device-lost', what: 'PRESS-07: no answer', sinceMs: null, device: 'PRESS-07' }
/** Nothing answers at its port. */
const mapOfPress = (port: number) => `machine: PRESS-07
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running}, {else: true, is: idle}]
`
const OTHER_ROLE = 'millrace_other'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(await gatewaySql({ organization: 'OTHER' }))
  await central.sql(`ALTER ROLE ${OTHER_ROLE} PASSWORD 'other'`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await central.sql('TRUNCATE edge_gateway.gateway_report, edge_gateway.stream, edge_gateway.quarantine')
})

async function says(report: Partial<GatewayReport> = {}, gateway = 'edge-1'): Promise<string | undefined> {
  await using session = await createMesDestination(central.settings({ gateway })).connect(soon())
  return await session.report?.({ ...REPORT, ...report }, 60)
}

const soon = () => AbortSignal.timeout(30_000)

async function verdicts(): Promise<Record<string, string>> {
  const rows = await central.sql<{ gateway_id: string; verdict: string }>(
    'SELECT gateway_id, verdict FROM edge_gateway.fleet',
  )
  return Object.fromEntries(rows.map(({ gateway_id, verdict }) => [gateway_id, verdict]))
}

async function seenBy(login: { readonly user: string; readonly password: string }): Promise<string[]> {
  const client = new Client({ ...central.server.superuser(), ...login })
  await client.connect()
  try {
    const { rows } = await client.query<{ gateway_id: string }>(
      'SELECT gateway_id FROM edge_gateway.fleet ORDER BY gateway_id',
    )
    return rows.map(({ gateway_id }) => gateway_id)
  } finally {
    await client.end()
  }
}

async function otherSays(): Promise<void> {
  const [organization] = await central.sql<{ id: number }>(
    `SELECT id FROM organizations WHERE code = 'OTHER'`,
  )
  await central.sql(`INSERT INTO edge_gateway.gateway_report (organization_id, gateway_id, due_s, state, plant_code, host, version,
      started_at, pending, lag_s, machines, maps_hash, troubles, trouble_count)
    VALUES (${organization?.id}, 'theirs', 60, 'running', 'OTH-1', 'h', '1', now(), 0, 0, 0, '', '[]', 0)`)
}

describe('the verdict on a gateway', () => {
  test('follows from what it said last, and from its silence', async () => {
    await says()
    await says({ troubles: [TROUBLE], troubleCount: 1 }, 'edge-2')
    await says({ lagS: 300, pending: 5_000 }, 'edge-3')
    await says({ state: 'stopped' }, 'edge-4')
    await says({}, 'edge-5')
    await central.sql(
      `UPDATE edge_gateway.gateway_report SET reported_at = now() - interval '4 min' WHERE gateway_id = 'edge-5'`,
    )
    await central.sql(`INSERT INTO edge_gateway.stream SELECT organization_id, 'edge-6', gen_random_uuid(), 1, 7, '\\x00'
      FROM edge_gateway.gateway_report WHERE gateway_id = 'edge-1'`)
    await says({}, 'edge-7')
    await central.sql(`INSERT INTO edge_gateway.quarantine SELECT organization_id, 'edge-7', gen_random_uuid(), 1, '{}', 'why'
      FROM edge_gateway.gateway_report WHERE gateway_id = 'edge-1'`)
    expect(await verdicts()).toEqual({
      'edge-1': 'good',
      'edge-2': 'trouble',
      'edge-3': 'behind',
      'edge-4': 'stopped',
      'edge-5': 'silent',
      'edge-6': 'unreported',
      'edge-7': 'trouble',
    })
  })

  test('each report takes the place of the one before', async () => {
    await says({ troubles: [TROUBLE], troubleCount: 1 })
    await says({ version: '1.2.4' })
    const rows = await central.sql(
      'SELECT version, troubles, plant_code, host FROM edge_gateway.gateway_report',
    )
    expect(rows).toEqual([{ version: '1.2.4', troubles: [], plant_code: 'SAV-1', host: 'cabinet-7' }])
  })

  test('a text that no database can hold is written all the same', async () => {
    const what = `a NUL \0, half a pair \ud800, a quote ' and ${'x'.repeat(1_000)}`
    expect(await says({ troubles: [{ ...TROUBLE, what }], troubleCount: 1 })).toBeUndefined()
    expect(await verdicts()).toEqual({ 'edge-1': 'trouble' })
    const rows = await central.sql(
      `SELECT told ->> 'what' AS what FROM edge_gateway.fleet, jsonb_array_elements(troubles) AS told`,
    )
    expect(rows).toEqual([
      { what: expect.stringMatching(/^a NUL \\u0000, half a pair \\ud800, a quote ' and x+…$/) },
    ])
  })
})

describe('who sees which gateways', () => {
  beforeEach(async () => {
    await says()
    await otherSays()
  })

  test('a gateway those of its own organization', async () => {
    expect(await seenBy({ user: central.role, password: central.password })).toEqual(['edge-1'])
    expect(await seenBy({ user: OTHER_ROLE, password: 'other' })).toEqual(['theirs'])
  })

  test('a reader those of the organization that he was given, also through a group, and nothing else', async () => {
    await central.sql(await fleetReaderSql({ reader: 'readers', organization: 'SAV' }))
    await central.sql(await fleetReaderSql({ reader: 'readers', organization: 'SAV' }))
    await central.sql(`CREATE ROLE person LOGIN PASSWORD 'p' IN ROLE readers`)
    onTestFinished(async () => {
      await central.sql('DROP ROLE person')
    })
    const person = { user: 'person', password: 'p' }
    expect(await seenBy(person)).toEqual(['edge-1'])
    const client = new Client({ ...central.server.superuser(), ...person })
    await client.connect()
    for (const table of ['gateway_report', 'stream', 'quarantine', 'fleet_reader', 'binding'])
      await expect(client.query(`SELECT FROM edge_gateway.${table}`)).rejects.toThrow('permission denied')
    await client.end()
    await central.sql(await fleetReaderSql({ reader: 'readers' }))
    expect(await seenBy(person)).toEqual(['edge-1', 'theirs'])
    await central.sql(await fleetReaderSql({ reader: 'readers', remove: true }))
    await expect(seenBy(person)).rejects.toThrow('permission denied')
    await central.sql('DROP ROLE readers')
  })

  test('the DBA all of them', async () => {
    expect(Object.keys(await verdicts()).sort()).toEqual(['edge-1', 'theirs'])
  })

  test('no gateway can write the report of another organization', async () => {
    const client = new Client({ ...central.server.superuser(), user: OTHER_ROLE, password: 'other' })
    await client.connect()
    await client.query(`UPDATE edge_gateway.gateway_report SET version = 'forged'`)
    await client.query(`SELECT set_config('app.current_organization_id', '1', false)`)
    await client.query(`UPDATE edge_gateway.gateway_report SET version = 'forged'`)
    await client.end()
    const rows = await central.sql(
      `SELECT gateway_id FROM edge_gateway.gateway_report WHERE version = 'forged'`,
    )
    expect(rows).toEqual([{ gateway_id: 'theirs' }])
  })

  test('a role of people is not taken for that of a gateway, nor an organization that has none', async () => {
    await expect(central.sql(await fleetReaderSql({ reader: OTHER_ROLE }))).rejects.toThrow(
      'is that of a gateway',
    )
    await expect(
      central.sql(await fleetReaderSql({ reader: 'readers', organization: 'NONE' })),
    ).rejects.toThrow('No gateway of an organization with the code "NONE"')
  })
})

test('a running gateway says how it is, soon what has changed, and in the end that it was stopped', async () => {
  const gateway = await startWatchedGateway(central, mapOfPress(1))
  const said = () =>
    central.sql('SELECT state, machines, maps_hash, troubles FROM edge_gateway.gateway_report')
  await vi.waitFor(
    async () => expect(await said()).toMatchObject([{ state: 'running', machines: 1 }]),
    60_000,
  )
  await vi.waitFor(
    async () =>
      expect(await said()).toMatchObject([
        { troubles: [expect.objectContaining({ code: 'device-lost', device: 'PRESS-07' })] },
      ]),
    { timeout: 110_000, interval: 500 },
  )
  await gateway[Symbol.asyncDispose]()
  expect(await said()).toMatchObject([{ state: 'stopped' }])
}, 200_000)

describe('a central that takes no reports', () => {
  test('of version 4 takes events, and says what a report needs until it is brought up to date', async () => {
    await central.sql(`UPDATE edge_gateway.binding SET schema_version = 4 WHERE organization_code = 'SAV'`)
    onTestFinished(async () => {
      await central.sql(`UPDATE edge_gateway.binding SET schema_version = 5 WHERE organization_code = 'SAV'`)
    })
    await using session = await createMesDestination(central.settings()).connect(soon())
    expect(await session.report?.(REPORT, 60)).toContain('millrace central sql --organization SAV')
    await session.transaction(async (transaction) =>
      transaction.begin({ incarnation: crypto.randomUUID(), epoch: 1 }, { seq: 0, hash: new Uint8Array() }),
    )
    expect(await verdicts()).toEqual({ 'edge-1': 'unreported' })
    await central.sql(await gatewaySql({ organization: 'SAV' }))
    expect(await session.report?.(REPORT, 60)).toBeUndefined()
    expect(await verdicts()).toEqual({ 'edge-1': 'good' })
  })

  test('without the right to is told from a lost link: the session goes on', async () => {
    await central.sql(`REVOKE INSERT ON edge_gateway.gateway_report FROM ${central.role}`)
    onTestFinished(async () => {
      await central.sql(await gatewaySql({ organization: 'SAV' }))
    })
    await using session = await createMesDestination(central.settings()).connect(soon())
    expect(await session.report?.(REPORT, 60)).toContain('permission denied')
    expect(await session.head()).toBeUndefined()
  })
})

describe('millrace central fleet', () => {
  const printed = async (...args: string[]) => {
    const cwd = mkdtempSync(join(tmpdir(), 'millrace-fleet-'))
    onTestFinished(() => rmSync(cwd, { recursive: true }))
    for (const folder of ['config', 'devices']) await mkdir(join(cwd, folder))
    const { host, port, database } = central.server.superuser()
    writeFileSync(
      join(cwd, 'config', 'gateway.yaml'),
      `gateway: edge-1
organization: SAV
plant: SAV-1
timezone: Europe/Rome
central: {url: "postgres://${central.role}@${host}:${port}/${database}", tls: off}
`,
    )
    return callMillrace(['central', 'fleet', ...args], {
      cwd,
      env: { MILLRACE_CENTRAL_PASSWORD: central.password },
    })
  }

  test('names each gateway and what is wrong with it', async () => {
    await says()
    await says({ troubles: [TROUBLE], troubleCount: 3 }, 'edge-2')
    const { out, code } = await printed()
    expect(code).toBe(1)
    expect(out).toMatch(/good +SAV-1 +edge-1 +\d s ago +0 s +0 +0 +1\.2\.3 +c0ffee +cabinet-7/)
    expect(out).toContain('    device-lost: PRESS-07: no answer\n    and 2 more: millrace status there\n')
    expect(out).toMatch(/2 gateways: 1 good, 1 trouble\n$/)
  })

  test('is content where all are good or were stopped, and gives programs JSON', async () => {
    await says()
    await says({ state: 'stopped' }, 'edge-2')
    const { out, code } = await printed('--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject([
      { gateway_id: 'edge-1', verdict: 'good', organization_code: 'SAV', machines: 12, clock_offset_ms: -3 },
      { gateway_id: 'edge-2', verdict: 'stopped' },
    ])
  })
})

describe('a site without row-level security, and one that takes the gateways out', () => {
  test('shows its gateways like any other, and leaves nothing behind', async () => {
    const tables = await central.sql<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND rowsecurity`,
    )
    await central.sql(tables.map(({ name }) => `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`).join(';'))
    await central.sql(await gatewaySql({ organization: 'SAV' }))
    expect(await says()).toBeUndefined()
    await otherSays()
    expect(await seenBy({ user: central.role, password: central.password })).toEqual(['edge-1'])
    await central.sql(await removalSql({ organization: 'OTHER' }))
    await central.sql(await removalSql({ organization: 'SAV', dropSchema: true }))
    expect(await central.sql(`SELECT FROM pg_namespace WHERE nspname = 'edge_gateway'`)).toEqual([])
  })
})
