/** What one gateway may write into central, if somebody else has its login, must not take the fleet's page away from everybody. */
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { fleetReaderSql, gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'

let central: TestCentral
let thief: Client
let own: number

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(await gatewaySql({ organization: 'OTHER' }))
  const [row] = await central.sql<{ id: number }>(`SELECT id FROM organizations WHERE code = 'SAV'`)
  own = row?.id ?? 0
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  thief = await central.asGateway()
  await thief.query(report('edge-1'))
})
afterEach(async () => {
  await thief.end()
  await central.sql('TRUNCATE edge_gateway.gateway_report, edge_gateway.stream')
})

function report(gateway: string, troubles = `'[]'`): string {
  return `INSERT INTO edge_gateway.gateway_report (organization_id, gateway_id, due_s, state, plant_code, host, version,
      started_at, pending, lag_s, machines, maps_hash, troubles, trouble_count)
    VALUES (${own}, '${gateway}', 60, 'running', 'SAV-1', 'h', '1', now(), 0, 0, 0, '', ${troubles}, 0)`
}

function fleet(): Promise<{ gateway_id: string; verdict: string; silent_s: string | null }[]> {
  return central.sql('SELECT * FROM edge_gateway.fleet')
}

describe('a gateway that lies', () => {
  test.for([
    ['a report that is due in 68 years', 'due_s = 2147483647', 'good'],
    ['a report of the end of time', `reported_at = 'infinity'`, 'silent'],
    ['a report of the beginning of time', `reported_at = '-infinity'`, 'silent'],
    ['a report of tomorrow', `reported_at = now() + interval '1 day'`, 'silent'],
    ['a start at the end of time', `started_at = 'infinity'`, 'good'],
  ])('leaves the page of the fleet as it is by %s', async ([, lie, verdict]) => {
    await thief.query(`UPDATE edge_gateway.gateway_report SET ${lie}`).catch(() => undefined)
    expect(await fleet()).toMatchObject([{ gateway_id: 'edge-1', verdict }])
  })

  test.for(['infinity', '-infinity', 'tomorrow'])('nor by a delivery at %s', async (moment) => {
    await thief.query(`INSERT INTO edge_gateway.stream (organization_id, gateway_id, incarnation, epoch, last_seq, last_hash)
      VALUES (${own}, 'edge-1', gen_random_uuid(), 1, 7, '\\x00')`)
    await thief.query(`UPDATE edge_gateway.gateway_report SET reported_at = now() - interval '1 hour'`)
    await thief.query(`UPDATE edge_gateway.stream SET updated_at = '${moment}'`)
    expect(await fleet()).toMatchObject([{ gateway_id: 'edge-1', verdict: 'silent' }])
  })

  test('cannot fill the page', async () => {
    const huge = `jsonb_build_array(repeat('x', 2000000))`
    await expect(thief.query(report('edge-2', huge))).rejects.toThrow('gateway_report_bounded')
    await expect(
      thief.query(`UPDATE edge_gateway.gateway_report SET host = repeat('x', 100000)`),
    ).rejects.toThrow('gateway_report_bounded')
    await expect(thief.query(`UPDATE edge_gateway.gateway_report SET troubles = '5'`)).rejects.toThrow(
      'gateway_report_bounded',
    )
  })
})

describe('a reader of all organizations', () => {
  test.for([false, true])('is not narrowed unseen (with --remove: %s)', async (remove) => {
    await central.sql(await fleetReaderSql({ reader: 'everything' }))
    await expect(
      central.sql(await fleetReaderSql({ reader: 'everything', organization: 'SAV', remove })),
    ).rejects.toThrow('sees the gateways of all organizations')
    await central.sql(await fleetReaderSql({ reader: 'everything', remove: true }))
    await central.sql(await fleetReaderSql({ reader: 'everything', organization: 'SAV' }))
    await central.sql(await fleetReaderSql({ reader: 'everything', remove: true }))
    await central.sql('DROP ROLE everything')
  })
})

describe('a person who may see one organization', () => {
  let person: Client
  beforeEach(async () => {
    const [other] = await central.sql<{ id: number }>(`SELECT id FROM organizations WHERE code = 'OTHER'`)
    await central.sql(`INSERT INTO edge_gateway.gateway_report SELECT ${other?.id}, 'secret-name', reported_at, due_s, state, 'OTH-1', 'secret-host',
      version, started_at, pending, lag_s, clock_offset_ms, machines, maps_hash, troubles, trouble_count FROM edge_gateway.gateway_report`)
    await central.sql(await fleetReaderSql({ reader: 'anna', organization: 'SAV' }))
    await central.sql(`ALTER ROLE anna LOGIN PASSWORD 'a'`)
    person = new Client({ ...central.server.superuser(), user: 'anna', password: 'a' })
    await person.connect()
  })
  afterEach(() => person.end())

  test('learns nothing of others by a cheap function, an error, a plan or the statistics', async () => {
    const said: string[] = []
    person.on('notice', ({ message = '' }) => said.push(message))
    await person.query(`CREATE FUNCTION pg_temp.leak(TEXT) RETURNS BOOLEAN LANGUAGE plpgsql COST 0.0000001 AS
      $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$`)
    const tries = [
      'SELECT gateway_id FROM edge_gateway.fleet WHERE pg_temp.leak(gateway_id) AND pg_temp.leak(host)',
      `SELECT gateway_id FROM edge_gateway.fleet WHERE 1 / (gateway_id <> 'secret-name')::INT > 0`,
      `SELECT gateway_id FROM edge_gateway.fleet WHERE gateway_id::INT > 0`,
      'EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM edge_gateway.fleet WHERE pg_temp.leak(gateway_id)',
      `SELECT * FROM pg_stats WHERE schemaname = 'edge_gateway'`,
    ]
    for (const text of tries)
      said.push(
        await person.query(text).then(
          ({ rows }) => JSON.stringify(rows),
          (error: Error) => error.message,
        ),
      )
    expect(said.filter((text) => text.includes('edge-1')).length).toBeGreaterThan(3)
    // The plan shows the question itself, and how many rows were left out: no more.
    expect(said.filter((text) => /secret|OTH-1|division by zero/.test(text))).toEqual([])
  })
})
