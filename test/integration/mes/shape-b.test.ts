/**
 * Sites without row-level security, as compressed hypertables are: everything goes through views. TimescaleDB itself is tried
 * only where the server has it.
 */
import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { openLedger } from '../../../src/routes/mes/ledger.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { MES_TABLES } from '../../../src/routes/mes/tables/index.ts'
import { columnsOf, isMachineTable } from '../../../src/routes/mes/tables/table.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { type CheckRun, checkedCentral } from '../../support/central-check.ts'
import {
  amended,
  downtime,
  downtimeAmended,
  opened,
  scan,
  scanUndone,
  stored,
} from '../../support/central-events.ts'

const identity = { incarnation: '33333333-3333-4333-8333-333333333333', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq]) })
const NINE = '2026-01-31T09:00:00.000Z'
const MATERIAL = {
  code: 'MAT-100',
  places: [{ table: 'materials', column: 'material_code' }],
  known: null,
} as const

let central: TestCentral
let gateway: Client
let own: number
let other: number

beforeAll(async () => {
  central = await startTestCentral()
  const organizations = await central.sql<{ id: number; code: string }>('SELECT id, code FROM organizations')
  own = organizations.find(({ code }) => code === 'SAV')?.id ?? 0
  other = organizations.find(({ code }) => code === 'OTHER')?.id ?? 0
  await central.sql(`INSERT INTO machine_status_history (organization_id, machine_id, new_status)
    SELECT organization_id, id, 'idle' FROM machines WHERE organization_id = ${other}`)
  const tables = await central.sql<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND rowsecurity`,
  )
  await central.sql(tables.map(({ name }) => `ALTER TABLE ${name} DISABLE ROW LEVEL SECURITY`).join(';'))
  await central.sql(await gatewaySql({ organization: 'SAV' }))
  gateway = await central.asGateway()
})
afterAll(async () => {
  await gateway.end()
  await central[Symbol.asyncDispose]()
})

async function refusal(text: string): Promise<string> {
  const [found] = await Promise.allSettled([gateway.query(text)])
  return found?.status === 'rejected' ? String((found.reason as { code?: string }).code) : 'it was done'
}

test('a gateway writes and amends rows through the views, and central says what they say', async () => {
  await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
  const apply = (seq: number, ...events: Parameters<typeof stored>[0]) =>
    session.transaction(async (transaction) => {
      if (!transaction.head) await transaction.begin(identity, place(0))
      await transaction.apply(stored(events), { guarded: true })
      await transaction.advance(place(seq))
    })
  await apply(1, opened({ at: NINE, workOrder: 'WO-1001' }), downtime({ at: NINE }))
  await apply(2, amended({ at: NINE, workOrder: 'WO-1001' }), downtimeAmended({ at: NINE }))
  expect(
    await central.sql(
      `SELECT new_status, duration_minutes FROM machine_status_history WHERE organization_id = ${own}`,
    ),
  ).toEqual([{ new_status: 'running', duration_minutes: 5 }])
  expect(await central.sql('SELECT duration_minutes, downtime_reason_code FROM downtime_events')).toEqual([
    { duration_minutes: 5, downtime_reason_code: 'mechanical_failure' },
  ])
  expect(
    await central.sql(
      `SELECT m.status, w.work_order_number FROM machines m JOIN work_orders w ON w.id = current_work_order_id
       WHERE machine_code = 'CNC-01'`,
    ),
  ).toEqual([{ status: 'running', work_order_number: 'WO-1001' }])
  const operator = await operatorOf(central)
  await apply(3, scan(operator, { reference: MATERIAL, at: NINE }))
  await apply(4, scanUndone(operator, { at: NINE }))
  expect(
    await central.sql(`SELECT reference_type, notes FROM qr_code_scans WHERE organization_id = ${own}`),
  ).toEqual([{ reference_type: 'material', notes: expect.stringMatching(/^scanner=PACK-1; undone=/) }])
  await using ledger = await openLedger(central.settings(), AbortSignal.timeout(30_000))
  for (const table of MES_TABLES.filter(isMachineTable)) {
    const latest = await ledger.latest(table, ['CNC-01'])
    const row = latest.get('CNC-01') ?? {}
    const key = Object.fromEntries(columnsOf(table, 'key').map(({ field }) => [field, row[field] ?? null]))
    expect(await ledger.rows(table, [key])).toEqual([row])
  }
})

describe('the role', () => {
  test('reaches no table itself', async () => {
    for (const table of ['machines', 'machine_status_history', 'users', 'qr_code_scans'])
      expect(await refusal(`SELECT organization_id FROM ${table}`)).toBe('42501')
    expect(
      await refusal(
        `INSERT INTO machine_status_history (organization_id, machine_id, new_status) VALUES (${own}, 1, 'down')`,
      ),
    ).toBe('42501')
  })

  test('sees and changes its own organization’s rows only, whatever tenant it claims to be', async () => {
    const view = `edge_gateway.machine_status_history_${own}`
    await gateway.query(`SELECT set_config('app.current_organization_id', '${other}', false)`)
    const { rows } = await gateway.query(`SELECT DISTINCT organization_id FROM ${view}`)
    expect(rows).toEqual([{ organization_id: own }])
    const changed = await gateway.query(`UPDATE ${view} SET notes = 'x' WHERE organization_id = ${other}`)
    expect(changed.rowCount).toBe(0)
    await gateway.query('RESET app.current_organization_id')
  })

  test('is refused another organization’s row, machine, order and person, and any other column', async () => {
    const insert = (view: string, columns: string, values: string) =>
      refusal(`INSERT INTO edge_gateway.${view}_${own} (${columns}) VALUES (${values})`)
    const history = (organization: number, machine: string, order = 'NULL') =>
      insert(
        'machine_status_history',
        'organization_id, machine_id, new_status, work_order_id',
        `${organization}, ${machine}, 'down', ${order}`,
      )
    const [foreign] = await central.sql<{ machine: number; order: number; user: number }>(
      `SELECT (SELECT min(id) FROM machines WHERE organization_id = ${other}) AS machine,
         (SELECT min(id) FROM work_orders WHERE organization_id = ${other}) AS order,
         (SELECT min(id) FROM users WHERE organization_id = ${other}) AS user`,
    )
    expect(await history(other, '1')).toBe('44000')
    expect(await history(own, `${foreign?.machine}`)).toBe('44000')
    expect(await history(own, '1', `${foreign?.order}`)).toBe('44000')
    expect(
      await insert(
        'qr_code_scans',
        'organization_id, qr_code_data, scan_type, scanned_by',
        `${own}, 'X', 'unknown', ${foreign?.user}`,
      ),
    ).toBe('44000')
    expect(await refusal(`UPDATE edge_gateway.machines_${own} SET name = 'x'`)).toBe('42501')
    expect(await refusal(`DELETE FROM edge_gateway.machines_${own}`)).toBe('42501')
  })

  test('learns nothing of other rows by a function that leaks', async () => {
    await gateway.query(`CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
      $$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$`)
    const told: string[] = []
    gateway.on('notice', ({ message }) => told.push(String(message)))
    await gateway.query(`SELECT FROM edge_gateway.machines_${own} WHERE pg_temp.leak(machine_code)`)
    expect(told.toSorted()).toEqual(['CNC-01', 'PRESS-07', 'WELD-03'])
  })
})

describe('central check', () => {
  const check = (): Promise<CheckRun> => checkedCentral(central)

  test('proves everything, and names the shape', async () => {
    const { code, out } = await check()
    expect(out).not.toContain('NOT')
    expect(out).toContain('shape: B: behind views barcode_labels, downtime_events, machine_status_history')
    expect(out).toContain('except in machines.current_work_order_id, behind a view')
    expect(code).toBe(0)
  })

  test.each([
    [
      'a view that shows all organizations',
      () => `ALTER VIEW edge_gateway.plants_${own} RESET (security_barrier)`,
      'NOT shape: plants has no row-level security, and no view keeps this role to its organization',
    ],
    [
      'a view that takes rows of all organizations',
      () => `ALTER VIEW edge_gateway.machine_status_history_${own} RESET (check_option)`,
      "NOT others' rows: writing: possible in machine_status_history",
    ],
    [
      'a right on a table behind a view',
      () => 'GRANT SELECT (id) ON machines TO millrace_sav',
      'REVOKE SELECT ("id") ON TABLE "public"."machines" FROM "millrace_sav";',
    ],
  ])('finds %s', async (_, damage, said) => {
    await central.sql(damage())
    const broken = await check()
    await central.sql(await gatewaySql({ organization: 'SAV' }))
    expect(broken.out).toContain(said)
    expect(broken.code).toBe(1)
    expect((await check()).code).toBe(0)
  })
})

test('a table that gets row-level security is reached directly again after central sql', async () => {
  await central.sql('ALTER TABLE machine_status_history ENABLE ROW LEVEL SECURITY')
  await central.sql(await gatewaySql({ organization: 'SAV' }))
  const { out } = await checkedCentral(central)
  expect(out).not.toContain('NOT')
  expect(out).toContain('row-level security on 1 table')
})
