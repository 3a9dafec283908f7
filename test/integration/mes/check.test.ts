import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { centralCommand } from '../../../src/commands/central.ts'
import { checkCommand } from '../../../src/commands/check.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { SOUND_MAP } from '../../support/broken-config.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type CheckRun, commandCall, gatewayYaml } from '../../support/central-check.ts'

let central: TestCentral
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  central = await startTestCentral()
  await writeFile(join(folder, 'gateway.yaml'), gatewayYaml(central))
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: string[]): Promise<CheckRun> {
  const { context, printed } = commandCall(args, folder, central)
  return { code: await centralCommand.run(context), out: printed() }
}

const check = () => run('check', '--config', 'gateway.yaml')
const mend = async () => central.sql(await gatewaySql({ organization: 'SAV' }))

test('central sql prints what the DBA runs', async () => {
  const { code, out } = await run('sql', '--organization', 'SAV')
  expect(code).toBe(0)
  expect(out).toBe(await gatewaySql({ organization: 'SAV' }))
})

test('central check proves everything, a line each, and leaves no row behind', async () => {
  const { code, out } = await check()
  expect(out).not.toContain('NOT')
  expect(out.split('\n').map((line) => line.split(':')[0])).toEqual([
    'ok  connection',
    'ok  TLS',
    'ok  clock',
    'ok  role',
    'ok  organization',
    'ok  schema',
    'ok  machines',
    'ok  rights',
    'ok  own rows',
    'ok  shape',
    "ok  others' rows",
    "ok  others' rows",
    "ok  others' ids",
    '',
  ])
  expect(out).toContain(
    'or a person, except in qr_code_scans.reference_id, which may be the number of a row of any',
  )
  expect(code).toBe(0)
  expect(await central.sql('SELECT FROM machine_status_history')).toEqual([])
  expect(await central.sql('SELECT FROM edge_gateway.stream')).toEqual([])
  expect(await central.sql(`SELECT FROM machines WHERE status <> 'available'`)).toEqual([])
})

test.each([
  [
    'a policy that was dropped',
    'DROP POLICY millrace_sav_bound ON machines',
    "others' rows: writing: possible in machines",
  ],
  [
    'a bound that is missing',
    'DROP POLICY millrace_sav_bound ON work_orders',
    'NOT shape: no policy binds this role in work_orders',
  ],
  [
    'a bound that binds to nothing, though none of the first rows is foreign',
    'ALTER POLICY millrace_sav_bound ON machine_status_history USING (true)',
    'NOT shape: no policy binds this role in machine_status_history',
  ],
  [
    'a bound that takes rows of everybody',
    'ALTER POLICY millrace_sav_bound ON users WITH CHECK (organization_id = 1 OR true)',
    'NOT shape: no policy binds this role in users',
  ],
  [
    'streams of other organizations that lie open',
    'ALTER TABLE edge_gateway.stream DISABLE ROW LEVEL SECURITY',
    'NOT shape: nothing keeps this role to its organization in edge_gateway.stream',
  ],
  [
    'a quarantine that nothing binds to an organization',
    'DROP POLICY millrace_sav_bound ON edge_gateway.quarantine',
    'NOT shape: nothing keeps this role to its organization in edge_gateway.quarantine',
  ],
  [
    'bindings that everybody may read',
    'ALTER TABLE edge_gateway.binding DISABLE ROW LEVEL SECURITY',
    'NOT shape: nothing keeps this role to its organization in edge_gateway.binding',
  ],
  [
    'a right that it could hand on',
    'GRANT SELECT (id) ON machines TO millrace_sav WITH GRANT OPTION',
    'REVOKE GRANT OPTION FOR SELECT ("id") ON TABLE "public"."machines" FROM "millrace_sav" CASCADE;',
  ],
  [
    'passwords of the server in the open',
    'GRANT SELECT ON pg_authid TO millrace_sav',
    'REVOKE SELECT ON TABLE "pg_catalog"."pg_authid" FROM "millrace_sav";',
    'REVOKE SELECT ON pg_authid FROM millrace_sav',
  ],
  [
    'a right too many',
    'GRANT DELETE ON machines TO millrace_sav',
    'REVOKE DELETE ON TABLE "public"."machines" FROM "millrace_sav";',
  ],
  [
    'passwords in the open',
    'GRANT SELECT (hashed_password) ON users TO millrace_sav',
    'REVOKE SELECT ("hashed_password") ON TABLE "public"."users" FROM "millrace_sav";',
  ],
  [
    'a policy that lets ids of other organizations in',
    `DROP POLICY millrace_sav_bound ON downtime_events;
     CREATE POLICY millrace_sav_bound ON downtime_events AS RESTRICTIVE TO millrace_sav USING (organization_id = 1)`,
    "NOT others' ids: taken in downtime_events.machine_id, downtime_events.work_order_id, downtime_events.reported_by, downtime_events.resolved_by",
  ],
  [
    'a work order of another organization on a machine',
    `DROP POLICY millrace_sav_bound ON machines;
     CREATE POLICY millrace_sav_bound ON machines AS RESTRICTIVE TO millrace_sav USING (organization_id = 1)`,
    "NOT others' ids: taken in machines.current_work_order_id",
  ],
  [
    'a right too few',
    'REVOKE UPDATE ON downtime_events FROM millrace_sav; REVOKE UPDATE (notes) ON downtime_events FROM millrace_sav',
    'own rows: central at',
  ],
  [
    'a quarantine that takes no rows',
    'REVOKE INSERT (event) ON edge_gateway.quarantine FROM millrace_sav',
    'permission denied for table quarantine',
  ],
  [
    'a quarantine that releases no rows',
    'REVOKE UPDATE (released_at) ON edge_gateway.quarantine FROM millrace_sav',
    'permission denied for table quarantine',
  ],
  [
    'a position that cannot be read',
    'REVOKE SELECT (last_hash) ON edge_gateway.stream FROM millrace_sav',
    'permission denied for table stream',
  ],
  [
    'a stream that cannot be adopted',
    'REVOKE UPDATE (epoch) ON edge_gateway.stream FROM millrace_sav',
    'permission denied for table stream',
  ],
  [
    'machines whose renaming cannot be followed',
    'REVOKE UPDATE (first_at) ON edge_gateway.machine FROM millrace_sav',
    'permission denied for table machine',
  ],
  [
    'other gateways that cannot be seen',
    'REVOKE SELECT (first_at) ON edge_gateway.machine FROM millrace_sav',
    'permission denied for table machine',
  ],
])('central check finds %s', async (_, damage, said, undo = '') => {
  await central.sql(damage)
  const broken = await check()
  await central.sql(undo)
  await mend()
  expect(broken.out).toContain(said)
  expect(broken.code).toBe(1)
  expect((await check()).code).toBe(0)
})

test('central check names every right too many, with what takes it away', async () => {
  await central.sql(`CREATE TABLE diary (secret TEXT); GRANT ALL ON ALL TABLES IN SCHEMA public TO millrace_sav;
    GRANT SELECT ON materials TO PUBLIC; GRANT CREATE ON SCHEMA public TO PUBLIC`)
  const { code, out } = await check()
  expect(code).toBe(1)
  const named = out.match(/REVOKE DELETE ON TABLE "public"\."(\w+)"/g) ?? []
  const tables = await central.sql(`SELECT FROM pg_tables WHERE schemaname = 'public'`)
  expect(named.length).toBe(tables.length)
  expect(out).toContain('REVOKE SELECT ON TABLE "public"."materials" FROM PUBLIC;')
  expect(out).toContain('REVOKE CREATE ON SCHEMA "public" FROM PUBLIC;')
  const statements = out.match(/REVOKE .*;/g) ?? []
  await central.sql(statements.join('\n'))
  await mend()
  const mended = await check()
  expect(mended.out).toContain('ok  rights')
  await central.sql('DROP TABLE diary')
})

test('central check does not excuse a table that lies open, and central sql puts a view before it', async () => {
  await central.sql('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
  const open = await check()
  expect(open.code).toBe(1)
  expect(open.out).toContain('NOT shape: machines has no row-level security')
  expect(open.out).toContain('ALTER TABLE "public"."machines" ENABLE ROW LEVEL SECURITY;')
  expect(open.out).toContain("NOT others' rows: reading: not kept from machines")
  await mend()
  const viewed = await check()
  expect(viewed.out).toContain('ok  shape: B: behind views machines; row-level security on 11 tables')
  expect(viewed.code).toBe(0)
  await central.sql('ALTER TABLE machines ENABLE ROW LEVEL SECURITY')
  await mend()
  expect((await check()).out).toContain('ok  shape: A: row-level security on 12 tables')
})

test('central check says in one sentence what to do where central is of version 1', async () => {
  await central.sql(
    'ALTER TABLE edge_gateway.binding DROP COLUMN views; UPDATE edge_gateway.binding SET schema_version = 1',
  )
  const { code, out } = await check()
  await mend()
  expect(code).toBe(1)
  expect(out).toContain(
    "NOT organization: central has version 1 of the gateway's schema, and 4 is needed; have the DBA run what `millrace central sql --organization SAV --role millrace_sav` prints",
  )
})

test('central check tells a proof that fails as itself, and not as a lack of connection', async () => {
  await central.sql('ALTER TABLE plants RENAME COLUMN organization_id TO tenant_id')
  const { code, out } = await check()
  await central.sql('ALTER TABLE plants RENAME COLUMN tenant_id TO organization_id')
  expect(code).toBe(1)
  expect(out).toContain('NOT organization: ')
  expect(out).not.toContain('NOT connection')
})

describe('the machines of the device maps', () => {
  const devices = () => join(folder, 'devices')
  const mapOf = async (machine: string, file: string) => {
    await mkdir(devices(), { recursive: true })
    await writeFile(join(devices(), file), SOUND_MAP.replace('PRESS-07', machine))
  }
  afterEach(() => rm(devices(), { recursive: true }))

  test('are compared with those of central, and one that it lacks is named with the nearest', async () => {
    await mapOf('CNC-01', 'cnc.yaml')
    await mapOf('LSER-01', 'laser.yaml')
    const { code, out } = await check()
    expect(code).toBe(1)
    expect(out).toContain('NOT machines: central knows no "LSER-01" (devices/laser.yaml)')
    expect(out).toContain('create them in the MES (machines.machine_code), or correct the code in the map')
  })

  test('are named by what central calls them now, where it has renamed them', async () => {
    await mapOf('OLD-7', 'press.yaml')
    await central.sql(`INSERT INTO edge_gateway.machine (organization_id, gateway_id, machine_code, rows_from, machine_id)
      SELECT organization_id, 'edge-1', 'OLD-7', now(), id FROM machines WHERE machine_code = 'PRESS-07'`)
    const { code, out } = await check()
    await central.sql('TRUNCATE edge_gateway.machine')
    expect(code).toBe(1)
    expect(out).toContain('knows no "OLD-7" (devices/press.yaml), it calls that machine "PRESS-07" now; ')
  })

  test('are compared by check --central too, all of them or one file', async () => {
    await mapOf('CNC-01', 'cnc.yaml')
    await mapOf('LSER-01', 'laser.yaml')
    const checked = async (...args: string[]) => {
      const { context, printed } = commandCall(['--config', 'gateway.yaml', ...args], folder, central)
      return { code: await checkCommand.run(context), out: printed() }
    }
    const all = await checked('--central')
    expect(all.code).toBe(2)
    expect(all.out).toContain(
      'valid: 2 machines\nNOT machines: central knows no "LSER-01" (devices/laser.yaml)',
    )
    const one = await checked('--central', 'devices/cnc.yaml')
    expect(one).toEqual({
      code: 0,
      out: 'valid: 1 machine\nok  machines: central knows the one that the maps describe; without a map here: PRESS-07, WELD-03\n',
    })
    expect(JSON.parse((await checked('--central', '--json')).out)).toMatchObject({
      valid: true,
      central: { proven: false, said: expect.stringContaining('LSER-01') },
    })
    expect((await checked()).code).toBe(0)
  })

  test('may be fewer than those of central, which are mentioned', async () => {
    await mapOf('CNC-01', 'cnc.yaml')
    const { code, out } = await check()
    expect(code).toBe(0)
    expect(out).toMatch(
      /ok {2}machines: central knows the one that the maps describe; without a map here: \S+/,
    )
  })

  test('of a map with faults are not compared, and that is said', async () => {
    await mapOf('CNC-01', 'cnc.yaml')
    await writeFile(join(devices(), 'broken.yaml'), 'machine: X\n')
    expect((await check()).out).toContain('maps with faults were not compared: millrace check names them')
  })
})

describe("the stations of scanners' maps", () => {
  const devices = () => join(folder, 'devices')
  const station = async (keys: string) => {
    await mkdir(devices(), { recursive: true })
    const text = `scanner: ST-12\nport: {tcp: "10.20.3.40:4001", brand: honeywell}\n${keys}`
    await writeFile(join(devices(), 'st-12.yaml'), text)
  }
  afterEach(() => rm(devices(), { recursive: true }))

  test('are compared with central: their plant, their machine and their own user', async () => {
    const [user] = await central.sql<{ id: number }>(
      'SELECT min(id) AS id FROM users WHERE organization_id = 1 AND is_active',
    )
    await station(
      `station: {machine: PRESS-07, plant: SAV-1}\noperator: {without: {station_user: ${user?.id}}}\n`,
    )
    const sound = await check()
    expect(sound.out).toContain('ok  stations: central knows the plants, machines and users that they name')
    expect(sound.code).toBe(0)
    await station('station: {machine: PRES-7, plant: SAV-9}\noperator: {without: {station_user: 999999}}\n')
    const { code, out } = await check()
    expect(code).toBe(1)
    expect(out).toContain(
      'NOT stations: central knows no plant "SAV-9" of ST-12 (devices/st-12.yaml); ' +
        'central knows no machine "PRES-7" of ST-12 (devices/st-12.yaml); ' +
        'central knows no user 999999 of ST-12 (devices/st-12.yaml)',
    )
  })

  test('are told when their user was made inactive', async () => {
    const [user] = await central.sql<{ id: number }>(
      'SELECT min(id) AS id FROM users WHERE organization_id = 1 AND is_active',
    )
    await station(`operator: {without: {station_user: ${user?.id}}}\n`)
    await central.sql(`UPDATE users SET is_active = false WHERE id = ${user?.id}`)
    const { code, out } = await check()
    await central.sql(`UPDATE users SET is_active = true WHERE id = ${user?.id}`)
    expect(code).toBe(1)
    expect(out).toContain(
      `NOT stations: the user ${user?.id} of ST-12 (devices/st-12.yaml) is not active in central`,
    )
  })

  test('may write scans and know badges and codes, or it is said what keeps them from it', async () => {
    await station('operator: {without: {station_user: 1}}\n')
    const sound = await check()
    expect(sound.out).toContain('ok  scans: written to qr_code_scans, badges and codes can be read\n')
    await central.sql(
      `REVOKE INSERT (location, qr_code_data) ON qr_code_scans FROM ${central.role};
       REVOKE SELECT ON users, user_plant_access, shipments FROM ${central.role};
       REVOKE SELECT (id, employee_code) ON users FROM ${central.role};
       REVOKE SELECT (user_id) ON user_plant_access FROM ${central.role}; REVOKE SELECT (id) ON shipments FROM ${central.role}`,
    )
    const { code, out } = await check()
    await mend()
    expect(code).toBe(1)
    for (const said of [
      'NOT scans: central does not let this gateway write qr_code_data of qr_code_scans',
      'until then every scan goes to the quarantine',
      'central has no users that this role may read, so no badge is known',
      'this role may not read user_plant_access, so nobody is let in',
      'this role may read too little of shipments, so what stands there is unknown',
      'ask the DBA to run what `millrace central sql` prints',
    ])
      expect(out).toContain(said)
  })

  test('are not told that codes can be read whose column the site has renamed, and who is not kept out', async () => {
    await station('operator: {without: {station_user: 1}}\n')
    await central.sql('ALTER TABLE materials RENAME material_code TO code')
    const renamed = await check()
    await central.sql('ALTER TABLE materials RENAME code TO material_code')
    await central.sql('ALTER TABLE users RENAME is_active TO active')
    const everybody = await check()
    await central.sql('ALTER TABLE users RENAME active TO is_active')
    expect(renamed.code).toBe(1)
    expect(renamed.out).toContain('NOT scans: this role may read too little of materials')
    expect(everybody.out).toContain('users has no is_active, so whoever has left is let in')
  })
})

test('central check says why it cannot connect', async () => {
  await central.sql(`ALTER ROLE ${central.role} NOLOGIN`)
  const { code, out } = await check()
  await central.sql(`ALTER ROLE ${central.role} LOGIN`)
  expect(code).toBe(1)
  expect(out).toMatch(/^NOT connection: .*not permitted to log in/)
})

test('central check passes over what a site does not have', async () => {
  await central.sql(
    'DROP TABLE shipments, barcode_labels, qr_code_scans; ALTER TABLE shifts DROP COLUMN organization_id CASCADE',
  )
  await mend()
  const { code, out } = await check()
  expect(code).toBe(0)
  expect(out).toContain(
    'row-level security on 8 tables; without qr_code_scans, shifts, shipments, barcode_labels',
  )
})

test.each([
  [['sql'], '--organization is missing'],
  [['sql', '--organization', ''], 'organization must have'],
  [['sql', '--organization', 'SAV', '--keep-role'], '--keep-role is only for --remove'],
  [
    ['sql', '--remove', '--organization', 'SAV', '--schema', 'mes'],
    '--schema has no meaning together with --remove',
  ],
  [[], 'say sql, check or fleet'],
  [['chek'], 'there is no "central chek"; did you mean "central check"?'],
])('millrace central %j is explained', async (args, message) => {
  await expect(run(...args)).rejects.toThrow(message)
})
