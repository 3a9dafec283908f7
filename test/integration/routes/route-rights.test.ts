/** What `central sql --route` prints, on a real server: enough for the route, and nothing besides. */
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import type { MappedSettings } from '../../../src/routes/mapped/mapped-route.ts'
import { rightsOf } from '../../../src/routes/mapped/rights.ts'
import { routeRightsSql } from '../../../src/routes/mapped/rights-sql.ts'
import { mappedRouteKind } from '../../../src/routes/mapped/route.ts'
import type { CentralSettings } from '../../../src/routes/mes/settings.ts'
import { findTenancy } from '../../../src/routes/mes/tenancy.ts'
import type { RouteContext } from '../../../src/routes/route-kind.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { opened, stored } from '../../support/central-events.ts'
import { DbaSite, refusal } from '../../support/dba-site.ts'
import { readRoute } from '../../support/mapped-route.ts'
import { TIMESTAMPS_ROUTE } from '../../support/timestamps-route.ts'

const site = DbaSite.use()

const TABLES = `
  CREATE SCHEMA scheduling;
  CREATE TYPE scheduling.kind AS ENUM ('START', 'STOP');
  CREATE TABLE scheduling.workstations (id SERIAL PRIMARY KEY, code TEXT UNIQUE NOT NULL, secret TEXT);
  INSERT INTO scheduling.workstations (code) VALUES ('CNC-01'), ('PRESS-07');
  CREATE TABLE scheduling.timestamps (
    id BIGSERIAL PRIMARY KEY, workstation INTEGER NOT NULL REFERENCES scheduling.workstations (id),
    kind scheduling.kind NOT NULL, at TIMESTAMPTZ NOT NULL, wage NUMERIC, UNIQUE (workstation, at));
  CREATE TABLE scheduling.states (code TEXT PRIMARY KEY, status TEXT, since TIMESTAMPTZ);
  INSERT INTO scheduling.states (code) VALUES ('CNC-01');
  CREATE TABLE scheduling.seen (machine TEXT);
  CREATE FUNCTION scheduling.see(p_machine TEXT) RETURNS TEXT LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
    AS $$ INSERT INTO scheduling.seen VALUES (p_machine) RETURNING 'ok' $$;
  REVOKE EXECUTE ON FUNCTION scheduling.see FROM PUBLIC;`

function settings(): CentralSettings {
  const { host = '', port = 0, database = '' } = site.dba
  return {
    connection: {
      hosts: [{ host, port }],
      database,
      user: site.role,
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

async function letRouteIn(route: MappedSettings): Promise<void> {
  const rights = rightsOf(route, 'public')
  await site.dba.query(
    await routeRightsSql(rights, { route: 'timestamps', role: site.role, mesSchema: 'public' }),
  )
}

async function push(route: MappedSettings, ...events: readonly Event[]): Promise<void> {
  const central = settings()
  const { connection, schema, log, now } = central
  const context = {
    ...{ gateway: 'edge-1', organization: 'SAV', plant: 'SAV-1', dataFolder: '/nonexistent', log, now },
    central: { connection, schema, findTenancy: (link: never) => findTenancy(link, central) },
  } as unknown as RouteContext
  const { destination } = mappedRouteKind.create(route, { name: 'timestamps', must: 'deliver' }, context)
  await using session = await destination.connect(AbortSignal.timeout(30_000))
  await session.transaction(async (transaction) => {
    const place = (seq: number) => ({ seq, hash: new Uint8Array(32) })
    if (!transaction.head)
      await transaction.begin({ incarnation: '55555555-5555-4555-8555-555555555555', epoch: 1 }, place(0))
    expect(await transaction.apply(stored(events), { guarded: true })).toEqual([])
    await transaction.advance(place(events.length))
  })
}

async function prepare(): Promise<MappedSettings> {
  await site.dba.query(TABLES)
  await site.letIn()
  await site.dba.query(`ALTER ROLE ${site.role} PASSWORD 'x'`)
  return readRoute(TIMESTAMPS_ROUTE)
}

test('gives a route in the same database what it needs, once or twice', async () => {
  const route = await prepare()
  await expect(push(route, opened())).rejects.toThrow(/permission denied|there is no|not let/)
  await letRouteIn(route)
  await letRouteIn(route)
  await push(route, opened())
  const { rows } = await site.dba.query(
    'SELECT w.code, t.kind, s.status, n.machine FROM scheduling.timestamps t JOIN scheduling.workstations w ON w.id = t.workstation, scheduling.states s, scheduling.seen n',
  )
  expect(rows).toEqual([{ code: 'CNC-01', kind: 'START', status: 'running', machine: 'CNC-01' }])
})

test('and nothing besides', async () => {
  const route = await prepare()
  await letRouteIn(route)
  const rights = (await site.rightsOf(site.role)) as {
    table_schema: string
    table_name: string
    column_name: string
    privilege_type: string
  }[]
  expect(
    rights
      .filter(({ table_schema }) => table_schema === 'scheduling')
      .map((one) => `${one.privilege_type} ${one.table_name}.${one.column_name}`),
  ).toEqual([
    'SELECT states.code',
    'UPDATE states.since',
    'UPDATE states.status',
    'INSERT timestamps.at',
    'SELECT timestamps.at',
    'INSERT timestamps.kind',
    'INSERT timestamps.workstation',
    'SELECT timestamps.workstation',
    'SELECT workstations.code',
    'SELECT workstations.id',
  ])
})

test('says which table or column is not there, and gives nothing', async () => {
  const route = await prepare()
  await site.dba.query('ALTER TABLE scheduling.workstations RENAME code TO kode')
  expect(await refusal(letRouteIn(route), site.dba)).toBe(
    "Table scheduling.workstations has no column code. Correct the route's file, or add it first.",
  )
  await site.dba.query('DROP TABLE scheduling.states')
  await site.dba.query('ALTER TABLE scheduling.workstations RENAME kode TO code')
  expect(await refusal(letRouteIn(route), site.dba)).toContain('There is no table scheduling.states.')
  expect(JSON.stringify(await site.rightsOf(site.role))).not.toContain('scheduling')
})

test('a role that was not let in is refused', async () => {
  await site.dba.query(TABLES)
  expect(await refusal(letRouteIn(readRoute(TIMESTAMPS_ROUTE)), site.dba)).toContain(
    'There is no schema edge_gateway',
  )
})

test('keeps the role to its organization where a table has one, and warns where it cannot', async () => {
  const route = await prepare()
  await site.dba.query(`ALTER TABLE scheduling.states ADD organization_id INTEGER NOT NULL DEFAULT 2;
    ALTER TABLE scheduling.states ENABLE ROW LEVEL SECURITY; ALTER TABLE scheduling.timestamps ADD organization_id INTEGER`)
  await letRouteIn(route)
  expect(site.notices).toContainEqual(
    expect.stringContaining('scheduling.timestamps has an organization_id and no row-level security'),
  )
  const gateway = await site.connectedAs({ user: site.role, password: 'x', database: site.database })
  expect((await gateway.query('SELECT code FROM scheduling.states')).rows).toEqual([])
  expect((await gateway.query(`UPDATE scheduling.states SET status = 'x'`)).rowCount).toBe(0)
  await site.dba.query('UPDATE scheduling.states SET organization_id = 1')
  expect((await gateway.query('SELECT code FROM scheduling.states')).rows).toEqual([{ code: 'CNC-01' }])
  await gateway.end()
})

test('a database of its own gets the tables of the gateway, for a role that is bound to no organization', async () => {
  await site.dba.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await site.dba.query(TABLES)
  await site.letIn({ schema: null })
  await site.letIn({ schema: null })
  await site.dba.query(`ALTER ROLE ${site.role} PASSWORD 'x'`)
  const written = readRoute(TIMESTAMPS_ROUTE)
  const route: MappedSettings = {
    ...written,
    to: { database: 'other', connection: settings().connection, schema: 'scheduling' },
  }
  await letRouteIn(route)
  await push(route, opened())
  expect(
    (await site.dba.query('SELECT organization_id, gateway_id, last_seq FROM edge_gateway.stream')).rows,
  ).toEqual([{ organization_id: 0, gateway_id: 'edge-1/timestamps', last_seq: '1' }])
  await site.takeOut()
  expect((await site.dba.query('SELECT FROM pg_roles WHERE rolname = $1', [site.role])).rows).toEqual([])
})

test('what a route was given goes with the role', async () => {
  const route = await prepare()
  await site.dba.query(
    'ALTER TABLE scheduling.states ADD organization_id INTEGER; ALTER TABLE scheduling.states ENABLE ROW LEVEL SECURITY',
  )
  await letRouteIn(route)
  await site.takeOut()
  expect((await site.dba.query(`SELECT FROM pg_policies WHERE schemaname = 'scheduling'`)).rows).toEqual([])
})

const MACHINES = `
route: timestamps
must: deliver
to: {schema: scheduling}
rows:
  - on: status.opened
    insert: seen
    columns: {machine: {lookup: public.machines.machine_code, by: machine, take: COLUMN}}
`

test('a table of the MES without row-level security is reached through its view, and never itself', async () => {
  await site.dba.query(TABLES)
  await site.dba.query('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
  await site.letIn()
  await site.dba.query(`ALTER ROLE ${site.role} PASSWORD 'x'`)
  const route = readRoute(MACHINES.replace('COLUMN', 'id'))
  await letRouteIn(route)
  await push(route, opened())
  expect((await site.dba.query('SELECT machine FROM scheduling.seen')).rows).toHaveLength(1)
  expect(await refusal(letRouteIn(readRoute(MACHINES.replace('COLUMN', 'serial_number'))), site.dba)).toMatch(
    /machines has no row-level security, and the view edge_gateway\.machines_1 through which the role reaches it lacks serial_number/,
  )
  expect(JSON.stringify(await site.rightsOf(site.role))).not.toContain('"table_name":"machines"')
})

test('whoever may not give these rights is told so', async () => {
  const route = await prepare()
  await site.dba.query(
    `CREATE ROLE ${site.role}_owner LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA scheduling TO ${site.role}_owner`,
  )
  const rights = await routeRightsSql(rightsOf(route, 'public'), {
    route: 'timestamps',
    role: site.role,
    mesSchema: 'public',
  })
  const owner = await site.connectedAs({ user: `${site.role}_owner`, password: 'x', database: site.database })
  expect(await refusal(owner.query(rights), owner)).toContain(
    'did not make the schema edge_gateway. Run this as a superuser',
  )
  await owner.end()
})
