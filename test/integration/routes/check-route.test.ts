/** `central check` of a mapped route: each fault is planted in the database or in the file, found, and named with what mends it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { centralCommand } from '../../../src/commands/central.ts'
import { callMillrace } from '../../support/called-command.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { commandCall, gatewayYaml } from '../../support/central-check.ts'
import { TIMESTAMPS_ROUTE } from '../../support/timestamps-route.ts'

const TABLES = `
  CREATE SCHEMA scheduling;
  CREATE TYPE scheduling.kind AS ENUM ('START', 'STOP');
  CREATE TABLE scheduling.workstations (id SERIAL PRIMARY KEY, code TEXT UNIQUE NOT NULL);
  CREATE TABLE scheduling.timestamps (
    id BIGSERIAL PRIMARY KEY, workstation INTEGER NOT NULL REFERENCES scheduling.workstations (id),
    kind scheduling.kind NOT NULL, at TIMESTAMPTZ NOT NULL, minutes INTEGER, note JSONB, UNIQUE (workstation, at));
  CREATE TABLE scheduling.states (code TEXT PRIMARY KEY, status TEXT, since TIMESTAMPTZ);
  CREATE FUNCTION scheduling.see(p_machine TEXT, p_times INTEGER DEFAULT 1) RETURNS TEXT LANGUAGE sql AS $$ SELECT 'ok' $$;
  CREATE FUNCTION scheduling.log_it() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;`

let central: TestCentral
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral()
  await mkdir(join(folder, 'routes'))
  await mkdir(join(folder, 'devices'))
  await writeFile(join(folder, 'gateway.yaml'), gatewayYaml(central))
  await writeFile(join(folder, 'routes/timestamps.yaml'), TIMESTAMPS_ROUTE)
  await central.sql(TABLES)
  await letIn()
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: readonly string[]) {
  const { context, printed } = commandCall([...args, '--config', 'gateway.yaml'], folder, central)
  const code = await centralCommand.run(context)
  return { code, out: printed() }
}

/** What a DBA does: prints it, and runs it. */
async function letIn(): Promise<void> {
  await central.sql((await run('sql', '--route', 'routes/timestamps.yaml')).out)
}

async function writeRoute(yaml: string): Promise<void> {
  await writeFile(join(folder, 'routes/timestamps.yaml'), yaml)
}

/** The lines about the route, each with the remedy below it. */
async function saidOfRoute(): Promise<{ readonly code: number; readonly said: string }> {
  const { code, out } = await run('check')
  return { code, said: out.slice(out.search(/^... route/m)) }
}

test('a route that is let in is one line, and its rights are not more than needed', async () => {
  const { code, out } = await run('check')
  expect(out).toMatch(/^ok {2}rights: no DELETE, no TRUNCATE, no DDL, no passwords$/m)
  expect(out).toMatch(
    /^ok {2}route timestamps: scheduling\.timestamps, scheduling\.workstations, scheduling\.states, scheduling\.see\(\) are as the file says, and may be written; kept to its organization where a table has one$/m,
  )
  expect(out).not.toContain('NOT')
  expect(code).toBe(0)
})

test('check --central says the same beside the faults of the files', async () => {
  const call = (...args: readonly string[]) =>
    callMillrace(args, { cwd: folder, env: { MILLRACE_CENTRAL_PASSWORD: central.password } })
  const config = ['--config', 'gateway.yaml']
  expect(await call('check', '--central', ...config)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^ok {2}route timestamps: .* are as the file says, and may be written/m),
  })
  await central.sql('ALTER TABLE scheduling.states RENAME TO stated')
  const bad = await call('check', '--central', ...config)
  await central.sql('ALTER TABLE scheduling.stated RENAME TO states')
  expect(bad.out).toMatch(
    /^NOT route timestamps: there is no table scheduling\.states\n {4}did you mean "stated"\?$/m,
  )
  expect(bad.code).toBe(2)
  await writeRoute(TIMESTAMPS_ROUTE.replace('insert:', 'insrt:'))
  const faulty = await call('central', 'sql', '--route', 'routes/timestamps.yaml', ...config)
  await writeRoute(TIMESTAMPS_ROUTE)
  expect(faulty).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringContaining('routes/timestamps.yaml:7:'),
  })
})

test('what the role has besides is named, also on tables of routes', async () => {
  await central.sql('GRANT UPDATE (note) ON scheduling.timestamps TO millrace_sav')
  const { code, out } = await run('check')
  expect(out).toContain('REVOKE UPDATE ("note") ON TABLE "scheduling"."timestamps" FROM "millrace_sav";')
  expect(code).toBe(1)
  await central.sql('REVOKE UPDATE (note) ON scheduling.timestamps FROM millrace_sav')
})

describe('in the database', () => {
  test.each([
    [
      'ALTER TABLE scheduling.states RENAME TO stated',
      'there is no table scheduling.states\n    did you mean "stated"?',
      'ALTER TABLE scheduling.stated RENAME TO states',
    ],
    [
      'ALTER TABLE scheduling.states RENAME since TO sinse',
      'scheduling.states has no column "since"\n    did you mean "sinse"?',
      'ALTER TABLE scheduling.states RENAME sinse TO since',
    ],
    [
      'ALTER TABLE scheduling.workstations RENAME code TO station_code',
      'scheduling.workstations has no column "code"',
      'ALTER TABLE scheduling.workstations RENAME station_code TO code',
    ],
    [
      'ALTER TABLE scheduling.timestamps ADD operator TEXT NOT NULL',
      'scheduling.timestamps.operator may not be empty, has no default, and no row fills it\n    give it a value',
      'ALTER TABLE scheduling.timestamps DROP operator',
    ],
    [
      'REVOKE INSERT (kind) ON scheduling.timestamps FROM millrace_sav',
      'scheduling.timestamps: the role may not INSERT (kind)\n    have the DBA run what `millrace central sql --route routes/timestamps.yaml` prints',
      'GRANT INSERT (kind) ON scheduling.timestamps TO millrace_sav',
    ],
    [
      'REVOKE USAGE ON SEQUENCE scheduling.timestamps_id_seq FROM millrace_sav',
      'the role may not number rows by scheduling.timestamps_id_seq',
      'GRANT USAGE ON SEQUENCE scheduling.timestamps_id_seq TO millrace_sav',
    ],
    [
      'REVOKE USAGE ON SCHEMA scheduling FROM millrace_sav',
      'the role may not use the schema scheduling',
      'GRANT USAGE ON SCHEMA scheduling TO millrace_sav',
    ],
    [
      'ALTER TABLE scheduling.timestamps ALTER at TYPE integer USING 1',
      'rows 1 (insert timestamps): scheduling.timestamps.at is an integer, and gets a time: at',
      'ALTER TABLE scheduling.timestamps ALTER at TYPE timestamptz USING now()',
    ],
    [
      'ALTER TABLE scheduling.timestamps DROP CONSTRAINT timestamps_workstation_fkey, ALTER workstation TYPE date USING now()',
      'is a date, and gets what was looked up in workstations.id, an integer',
      'ALTER TABLE scheduling.timestamps ALTER workstation TYPE integer USING 1',
    ],
    [
      "ALTER TYPE scheduling.kind RENAME VALUE 'START' TO 'BEGIN'",
      'is a scheduling.kind, and does not take "START"',
      "ALTER TYPE scheduling.kind RENAME VALUE 'BEGIN' TO 'START'",
    ],
    [
      'ALTER TABLE scheduling.timestamps ALTER at DROP NOT NULL; ALTER TABLE scheduling.states ADD x integer; ALTER FUNCTION scheduling.see RENAME TO look',
      'there is no function or procedure scheduling.see',
      'ALTER FUNCTION scheduling.look RENAME TO see; ALTER TABLE scheduling.states DROP x',
    ],
    [
      'REVOKE EXECUTE ON FUNCTION scheduling.see FROM PUBLIC, millrace_sav',
      'the role may not EXECUTE scheduling.see(text,integer)',
      'GRANT EXECUTE ON FUNCTION scheduling.see TO millrace_sav',
    ],
    [
      'ALTER FUNCTION scheduling.see SECURITY DEFINER',
      'a call runs scheduling.see(text,integer) with the rights of postgres, and without a search_path of its own\n    ALTER ROUTINE',
      'ALTER FUNCTION scheduling.see SECURITY INVOKER',
    ],
    [
      'ALTER FUNCTION scheduling.log_it SECURITY DEFINER; CREATE TRIGGER logged BEFORE INSERT ON scheduling.timestamps FOR EACH ROW EXECUTE FUNCTION scheduling.log_it()',
      'scheduling.timestamps: writing a row runs scheduling.log_it() with the rights of postgres',
      'DROP TRIGGER logged ON scheduling.timestamps',
    ],
    [
      'ALTER TABLE scheduling.states ADD organization_id INTEGER',
      'scheduling.states has an organization_id and no row-level security: rows of all organizations can be reached\n    ALTER TABLE scheduling.states ENABLE ROW LEVEL SECURITY;',
      'ALTER TABLE scheduling.states DROP organization_id',
    ],
    [
      'ALTER TABLE scheduling.states ADD organization_id INTEGER; ALTER TABLE scheduling.states ENABLE ROW LEVEL SECURITY',
      'no policy keeps this role to its organization in scheduling.states',
      'ALTER TABLE scheduling.states DISABLE ROW LEVEL SECURITY; ALTER TABLE scheduling.states DROP organization_id',
    ],
    [
      'ALTER TABLE scheduling.workstations ENABLE ROW LEVEL SECURITY',
      'scheduling.workstations has row-level security, and no policy lets this role in',
      'ALTER TABLE scheduling.workstations DISABLE ROW LEVEL SECURITY',
    ],
  ])('%s', async (fault, said, undo) => {
    await central.sql(fault)
    const found = await saidOfRoute()
    await central.sql(undo)
    expect(found.said).toContain('NOT route timestamps: ')
    expect(found.said).toContain(said)
    expect(found.code).toBe(1)
    expect((await saidOfRoute()).code).toBe(0)
  })

  test('policies that `central sql --route` makes keep the role to its organization', async () => {
    await central.sql(
      'ALTER TABLE scheduling.states ADD organization_id INTEGER DEFAULT 2; ALTER TABLE scheduling.states ENABLE ROW LEVEL SECURITY',
    )
    await letIn()
    expect((await saidOfRoute()).code).toBe(0)
    await central.sql('ALTER POLICY millrace_sav_route_bound ON scheduling.states USING (true)')
    expect((await saidOfRoute()).said).toContain(
      'no policy keeps this role to its organization in scheduling.states',
    )
    await central.sql(
      'ALTER TABLE scheduling.states DISABLE ROW LEVEL SECURITY; DROP POLICY millrace_sav_route_bound ON scheduling.states; DROP POLICY millrace_sav_route_in ON scheduling.states; ALTER TABLE scheduling.states DROP organization_id',
    )
  })

  test('a row that cannot be told from another is a tip, with the index that ends it', async () => {
    await central.sql('ALTER TABLE scheduling.workstations DROP CONSTRAINT workstations_code_key')
    const { code, said } = await saidOfRoute()
    expect(said).toContain(
      'tip route timestamps: rows 1 (insert timestamps): nothing keeps two rows of scheduling.workstations from having the same code',
    )
    expect(code).toBe(0)
    await central.sql(/CREATE UNIQUE INDEX.*;/.exec(said)?.[0] ?? '')
    expect((await saidOfRoute()).said).not.toContain('tip')
  })
})

describe('in the file', () => {
  test.each([
    [
      'a parameter that is none',
      TIMESTAMPS_ROUTE.replace('p_machine: machine', 'p_machin: machine'),
      'scheduling.see has no parameter "p_machin"\n    did you mean "p_machine"?',
    ],
    [
      'a routine that is none',
      TIMESTAMPS_ROUTE.replace('call: see', 'call: seee'),
      'there is no function or procedure scheduling.seee\n    did you mean "see"?',
    ],
    [
      'a word that the column does not take',
      TIMESTAMPS_ROUTE.replace('value: START', 'value: BEGIN'),
      'scheduling.timestamps.kind is a scheduling.kind, and does not take "BEGIN"',
    ],
    [
      'a column that the server fills',
      TIMESTAMPS_ROUTE.replace('      at: at', '      at: at\n      id: {value: x}'),
      'scheduling.timestamps.id is a bigint, and does not take "x"',
    ],
    [
      'a schema that is none',
      TIMESTAMPS_ROUTE.replace('schema: scheduling', 'schema: schedule'),
      'there is no table schedule.timestamps',
    ],
    [
      'a file with faults',
      TIMESTAMPS_ROUTE.replace('insert:', 'insrt:'),
      'NOT route file routes/timestamps.yaml: ',
    ],
  ])('%s', async (_, yaml, said) => {
    await writeRoute(yaml)
    const found = await saidOfRoute()
    await writeRoute(TIMESTAMPS_ROUTE)
    expect(found.said).toContain(said)
    expect(found.code).toBe(1)
  })

  test('a field that not every event has, in a column that may not be empty, is a tip', async () => {
    await writeRoute(
      TIMESTAMPS_ROUTE.replace('      at: at', '      at: at\n      note: {json: [reason]}')
        .replace('code: machine', 'code: machine')
        .replace('status: status,', 'status: reason,'),
    )
    await central.sql(`ALTER TABLE scheduling.states ALTER status SET NOT NULL`)
    const { said } = await saidOfRoute()
    expect(said).toMatch(
      /tip route timestamps: rows 2 \(update states\): scheduling\.states\.status may not be empty, and reason is not said by every event/,
    )
    const beside = await callMillrace(['check', '--central', '--config', 'gateway.yaml'], {
      cwd: folder,
      env: { MILLRACE_CENTRAL_PASSWORD: central.password },
    })
    expect(beside.out).toMatch(/^tip route timestamps: rows 2/m)
    await central.sql(`ALTER TABLE scheduling.states ALTER status DROP NOT NULL`)
    await writeRoute(TIMESTAMPS_ROUTE)
  })
})

test('a route into another database is proven there, and one that was not let in says so', async () => {
  const url = `postgres://route_there@${central.server.host}:${central.server.port}/there`
  await writeFile(join(folder, 'there-password'), 'y')
  const yaml = TIMESTAMPS_ROUTE.replace(
    'to: {schema: scheduling}',
    `to: {url: '${url}', schema: scheduling, tls: off, password_file: ../there-password}`,
  )
  await writeRoute(yaml)
  expect((await saidOfRoute()).said).toContain('NOT route timestamps: ')
  await central.sql('CREATE DATABASE there')
  const { Client } = await import('pg')
  const there = new Client(central.server.superuser('there'))
  there.on('error', () => undefined)
  await there.connect()
  await there.query(TABLES)
  await there.query((await run('sql', '--route', 'routes/timestamps.yaml')).out)
  await there.query(`ALTER ROLE route_there PASSWORD 'y'`)
  const { said } = await saidOfRoute()
  expect(said).toMatch(/^ok {2}route timestamps: .* may be written; this database knows no organizations$/m)
  expect(said).not.toContain('NOT')
  // In central the role needs nothing of that any more.
  expect((await run('check')).out).toContain(
    'REVOKE UPDATE ("since") ON TABLE "scheduling"."states" FROM "millrace_sav";',
  )
  await there.end()
  await writeRoute(TIMESTAMPS_ROUTE)
})
