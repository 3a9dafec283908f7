/**
 * Hypertables, on a server that has TimescaleDB. None comes with npm: name one to run this, by the URL of a superuser, as in
 * `MILLRACE_TEST_TIMESCALE=postgres://postgres@127.0.0.1:5432/postgres`. Databases and roles of its own are made there and removed.
 */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { createMesSchema, seedMasterData } from '../../../simulators/central/mes.ts'
import { checkCentral } from '../../../src/routes/mes/check.ts'
import { gatewaySql, removalSql } from '../../../src/routes/mes/gateway-sql.ts'
import type { Proof } from '../../../src/routes/mes/proof.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { amended, downtime, downtimeAmended, opened, stored } from '../../support/central-events.ts'
import { judgedProduction, saidOf } from '../../support/production-check.ts'

const SERVER = process.env.MILLRACE_TEST_TIMESCALE
const identity = { incarnation: '55555555-5555-4555-8555-555555555555', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq]) })
const soon = () => AbortSignal.timeout(60_000)
const LONG_AGO = '2026-01-01T09:00:00.000Z'
const LATER = '2026-01-01T10:00:00.000Z'

const name = `millrace_test_${randomBytes(4).toString('hex')}`
let dba: Client

async function begin(): Promise<void> {
  const maintenance = await connectedTo()
  await maintenance.query(`CREATE DATABASE ${name}`)
  await maintenance.end()
  dba = await connectedTo(name)
}

async function connectedTo(database?: string): Promise<Client> {
  const url = new URL(SERVER ?? '')
  if (database) url.pathname = `/${database}`
  const client = new Client({ connectionString: String(url) })
  await client.connect()
  return client
}

async function letIn(): Promise<void> {
  await dba.query(await gatewaySql({ organization: 'SAV', role: name }))
  await dba.query(`ALTER ROLE ${name} PASSWORD 'x'`)
}

function settings(): CentralSettings {
  const { hostname, port } = new URL(SERVER ?? '')
  return {
    connection: {
      hosts: [{ host: hostname, port: Number(port || 5432) }],
      database: name,
      user: name,
      password: new Secret('x'),
      tls: { mode: 'off' },
    },
    schema: 'public',
    organization: 'SAV',
    plant: 'SAV-1',
    gateway: 'edge-1',
    machineStatus: true,
    batch: { rows: 2_000, lingerMs: 200 },
    log: pino({ level: 'silent' }),
    now: systemClock.now,
  }
}

async function proofs(): Promise<readonly Proof[]> {
  const found: Proof[] = []
  await checkCentral(settings(), { machines: [], stations: [], faults: 0 }, soon(), (proof) =>
    found.push(proof),
  )
  return found
}

async function push(seq: number, ...events: Parameters<typeof stored>[0]): Promise<void> {
  await using session = await createMesDestination(settings()).connect(soon())
  await session.transaction(async (transaction) => {
    if (!transaction.head) await transaction.begin(identity, place(0))
    await transaction.apply(stored(events), { guarded: true })
    await transaction.advance(place(seq))
  })
}

// Fault of the catalogue: [F11]
describe.skipIf(SERVER === undefined)('hypertables (where MILLRACE_TEST_TIMESCALE names a server)', () => {
  afterEach(async () => {
    await dba.query(await removalSql({ organization: 'SAV', role: name })).catch(() => dba.query('ROLLBACK'))
    await dba.end()
    const maintenance = await connectedTo()
    await maintenance.query(`DROP DATABASE ${name} WITH (FORCE)`)
    await maintenance.query(`DROP ROLE IF EXISTS ${name}`)
    await maintenance.end()
  })

  test('with compression and without row-level security are written through views, compressed chunks too', async () => {
    await begin()
    await createMesSchema(dba, 'timescale')
    await seedMasterData(dba)
    await letIn()
    await push(1, opened({ at: LONG_AGO, workOrder: 'WO-1001' }), downtime({ at: LONG_AGO }))
    await dba.query(`SELECT compress_chunk(c) FROM show_chunks('machine_status_history') c`)
    await dba.query(`SELECT compress_chunk(c) FROM show_chunks('downtime_events') c`)
    await push(2, amended({ at: LONG_AGO, workOrder: 'WO-1001' }), downtimeAmended({ at: LONG_AGO }))
    await push(3, opened({ at: LATER, status: 'idle' }), amended({ at: LATER }))
    const { rows } = await dba.query(
      'SELECT new_status, duration_minutes FROM machine_status_history ORDER BY changed_at',
    )
    expect(rows).toEqual([
      { new_status: 'running', duration_minutes: 5 },
      { new_status: 'idle', duration_minutes: 5 },
    ])
    const found = await proofs()
    expect(found.filter(({ proven }) => !proven)).toEqual([])
    expect(found.find(({ what }) => what === 'shape')?.said).toMatch(
      /^B: behind views downtime_events, machine_status_history, qr_code_scans; row-level security on 9 tables$/,
    )
  })

  test('with row-level security and without compression are written directly', async () => {
    await begin()
    await createMesSchema(dba)
    await dba.query(`CREATE EXTENSION IF NOT EXISTS timescaledb;
      ALTER TABLE machine_status_history DROP CONSTRAINT machine_status_history_pkey;
      ALTER TABLE machine_status_history ADD PRIMARY KEY (id, changed_at);
      SELECT create_hypertable('machine_status_history', 'changed_at')`)
    await seedMasterData(dba)
    await letIn()
    await push(1, opened({ at: LONG_AGO }))
    await push(2, amended({ at: LONG_AGO }))
    const found = await proofs()
    expect(found.filter(({ proven }) => !proven)).toEqual([])
    expect(found.find(({ what }) => what === 'shape')?.said).toBe(
      'C: row-level security on 12 tables, of which machine_status_history are hypertables',
    )
  })

  test('what becomes of old rows is judged by the policies, and their SQL makes it good', async () => {
    await begin()
    // No policy runs by itself meanwhile, so none can fail on a server whose build cannot run them.
    await dba.query('CREATE EXTENSION timescaledb')
    await dba.query('SELECT _timescaledb_functions.stop_background_workers()')
    await createMesSchema(dba, 'timescale')
    await seedMasterData(dba)
    await letIn()
    await push(1, opened({ at: LONG_AGO }), downtime({ at: LONG_AGO }))
    await dba.query(`SELECT compress_chunk(c) FROM show_chunks('machine_status_history') c`)
    const judged = async () =>
      (await judgedProduction(settings())).filter(({ what }) => what.startsWith('retention'))
    const found = await judged()
    expect(found.map(({ verdict }) => verdict)).toEqual(['advice', 'advice', 'advice'])
    expect(found[1]?.said).toMatch(/compressed after 30 days, dropped never$/)
    for (const { remedy = '' } of found) await dba.query(remedy.replace(/ as long as .*$/, ''))
    expect((await judged()).map(({ verdict, said }) => [verdict, said.split('; ')[1]])).toEqual([
      ['good', 'compressed after 30 days, dropped after 3 years'],
      ['good', 'compressed after 30 days, dropped after 3 years'],
      ['good', 'compressed after 30 days, dropped after 3 years'],
    ])
  })

  test('a missing index of a hypertable is made chunk by chunk', async () => {
    await begin()
    await createMesSchema(dba, 'timescale')
    await seedMasterData(dba)
    await letIn()
    await push(1, opened({ at: LONG_AGO }))
    await dba.query('DROP INDEX idx_machine_status_history_machine')
    const judged = async () => (await judgedProduction(settings())).filter(({ what }) => what === 'indexes')
    const [missing] = await judged()
    expect(missing).toMatchObject({
      verdict: 'bad',
      remedy: expect.stringContaining('transaction_per_chunk'),
    })
    await dba.query(missing?.remedy ?? '')
    expect(saidOf(await judged(), 'indexes')).toEqual([expect.stringMatching(/^good/)])
  })
})
