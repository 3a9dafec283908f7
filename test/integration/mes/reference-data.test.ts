import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type {
  ReferenceGap,
  ReferenceKind,
  ReferencePage,
  ReferenceRow,
  ReferenceUser,
} from '../../../src/domain/reference-data.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createReferenceSource } from '../../../src/routes/mes/reference-data.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'

const EVERYTHING: readonly ReferenceKind[] = [
  'users',
  'shifts',
  'machines',
  'barcode_labels',
  'work_orders',
  'materials',
  'shipments',
]

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

/** The pages, and what could not be read. */
async function readAll(kinds: readonly ReferenceKind[], settings = central.settings()) {
  const pages: ReferencePage[] = []
  const gaps: ReferenceGap[] = []
  const source = createReferenceSource(settings)
  for await (const page of source.read(kinds, AbortSignal.timeout(60_000))) {
    if ('unread' in page) gaps.push(page)
    else pages.push(page)
  }
  return { pages, gaps }
}

async function read(
  kinds: readonly ReferenceKind[] = EVERYTHING,
  settings = central.settings(),
): Promise<readonly ReferencePage[]> {
  const { pages, gaps } = await readAll(kinds, settings)
  expect(gaps).toEqual([])
  return pages
}

async function rowsOf<Row>(kind: ReferenceKind): Promise<readonly Row[]> {
  return (await read([kind])).flatMap((page) => page.rows as readonly unknown[] as readonly Row[])
}

async function badges(): Promise<readonly string[]> {
  return (await rowsOf<ReferenceUser>('users')).map(({ employeeCode }) => employeeCode).sort()
}

test('everything that is asked for comes, in the order asked for, and of this organization only', async () => {
  const pages = await read()
  expect(pages.map(({ kind }) => kind)).toEqual(EVERYTHING)
  const text = JSON.stringify(pages)
  for (const foreign of ['9901', 'WO-9001', 'MAT-900', 'SHP-9', 'LATHE-02'])
    expect(text).not.toContain(foreign)
  expect(pages[0]?.rows).toContainEqual({ id: await operatorOf(central), employeeCode: '4711' })
})

describe('people', () => {
  beforeEach(() =>
    central.sql(
      `DELETE FROM user_plant_access; UPDATE users SET is_active = true;
       UPDATE users SET hashed_password = 'not-to-be-seen';
       DELETE FROM plants WHERE code = 'SAV-2';
       INSERT INTO plants (organization_id, name, code, plant_type) SELECT id, 'SAV-2', 'SAV-2', 'production' FROM organizations WHERE code = 'SAV'`,
    ),
  )

  const grant = (badge: string, plant: string, right = 'can_read') =>
    central.sql(
      `INSERT INTO user_plant_access (organization_id, user_id, plant_id, can_read, can_write)
       SELECT u.organization_id, u.id, p.id, $3 = 'can_read', $3 = 'can_write' FROM users u JOIN plants p USING (organization_id)
       WHERE u.employee_code = $1 AND p.code = $2`,
      [badge, plant, right],
    )

  test('who is given no plant works in all, and who is given some works in those', async () => {
    expect(await badges()).toEqual(['4711', '4712'])
    await grant('4711', 'SAV-2')
    expect(await badges()).toEqual(['4712'])
    await grant('4711', 'SAV-1', 'can_write')
    expect(await badges()).toEqual(['4711', '4712'])
  })

  test('access without any right is none', async () => {
    await grant('4711', 'SAV-1', 'none')
    expect(await badges()).toEqual(['4712'])
  })

  test('somebody who is not active is left out, and nothing but number and badge is asked for', async () => {
    await central.sql(`UPDATE users SET is_active = NULL WHERE employee_code = '4711'`)
    const pages = await read(['users'])
    expect(JSON.stringify(pages)).not.toContain('not-to-be-seen')
    expect(pages.flatMap(({ rows }) => rows.map((row) => Object.keys(row)))).toEqual([['id', 'employeeCode']])
    expect(await badges()).toEqual(['4712'])
  })

  test('nobody is let in while it cannot be read who may work here', async () => {
    await central.sql(`REVOKE ALL ON user_plant_access FROM ${central.role}`)
    const { pages, gaps } = await readAll(['users', 'work_orders'])
    expect(gaps).toEqual([
      {
        kind: 'users',
        unread: expect.stringContaining('does not let this role read organization_id, user_id and plant_id'),
        hint: expect.stringContaining('millrace central sql'),
      },
    ])
    expect(pages).toMatchObject([{ kind: 'work_orders' }])
    await central.sql(
      `GRANT SELECT (organization_id, user_id, plant_id, can_read, can_write) ON user_plant_access TO ${central.role}`,
    )
  })
})

describe('codes', () => {
  test('an order is found by both its numbers, with its state', async () => {
    await central.sql(
      `UPDATE work_orders SET sap_production_order = '000010001234' WHERE work_order_number = 'WO-1001';
       UPDATE work_orders SET status = 'completed' WHERE work_order_number = 'WO-1003'`,
    )
    const orders = await rowsOf<ReferenceRow>('work_orders')
    expect(orders.map(({ code, state }) => [code, state])).toEqual([
      ['WO-1003', 'completed'],
      ['WO-1002', 'released'],
      ['WO-1001', 'released'],
    ])
    expect(orders.at(-1)).toMatchObject({
      codes: { work_order_number: 'WO-1001', sap_production_order: '000010001234' },
      type: 'work_order',
    })
    expect(orders.at(-2)?.codes).toEqual({ work_order_number: 'WO-1002' })
  })

  test('of an order that was closed long ago is not known, that of an open one is, however old', async () => {
    await central.sql(
      `INSERT INTO work_orders (organization_id, work_order_number, project_id, plant_id, operation_type, quantity_ordered, status, created_by)
       SELECT w.organization_id, 'BULK-' || n, project_id, plant_id, operation_type, 1, 'planned', created_by
       FROM work_orders w, generate_series(1, 10000) n WHERE work_order_number = 'WO-1001'`,
    )
    const old = (await rowsOf<ReferenceRow>('work_orders')).filter(({ code }) => code?.startsWith('WO-'))
    expect(old.map(({ code }) => code)).toEqual(['WO-1002', 'WO-1001'])
    await central.sql(`DELETE FROM work_orders WHERE work_order_number LIKE 'BULK-%'`)
  })

  test('a label stands for the row that it was printed for, with the code of that row', async () => {
    const [order] = await central.sql<{ id: number; organization_id: number }>(
      `SELECT id, organization_id FROM work_orders WHERE work_order_number = 'WO-1001'`,
    )
    await central.sql(
      `INSERT INTO barcode_labels (organization_id, label_type, reference_type, reference_id, barcode_data, generated_by)
       SELECT $1, 'box', 'work_order', $2, 'BOX 1', min(id) FROM users WHERE organization_id = $1`,
      [order?.organization_id, order?.id],
    )
    expect(await rowsOf<ReferenceRow>('barcode_labels')).toContainEqual({
      id: order?.id,
      codes: { barcode_data: 'BOX 1' },
      type: 'work_order',
      code: 'WO-1001',
      state: null,
    })
  })

  test('more rows than fit into a page come in several, each row once, the newest first', async () => {
    await central.sql(
      `INSERT INTO materials (organization_id, material_code, name, unit_of_measure)
       SELECT o.id, 'BULK-' || n, 'x', 'pcs' FROM organizations o, generate_series(1, 2500) n WHERE o.code = 'SAV'`,
    )
    const pages = await read(['materials'])
    expect(pages.length).toBe(3)
    const ids = (await rowsOf<ReferenceRow>('materials')).map(({ id }) => id)
    expect(new Set(ids).size).toBe(2_502)
    expect(ids).toEqual([...ids].sort((one, other) => other - one))
    await central.sql(`DELETE FROM materials WHERE material_code LIKE 'BULK-%'`)
  })
})

const WEEK = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']

test('shifts are those of the plant that are in use, in its local time', async () => {
  expect(await rowsOf('shifts')).toEqual([
    { name: 'Night', start: '22:00:00', end: '06:00:00', days: WEEK },
    {
      name: 'Late',
      start: '14:00:00',
      end: '22:00:00',
      days: WEEK,
    },
    {
      name: 'Early',
      start: '06:00:00',
      end: '14:00:00',
      days: WEEK,
    },
  ])
})

test('machines come with their name and status, and whether they are here and in use', async () => {
  await central.sql(
    `UPDATE machines SET is_active = false, status = 'maintenance' WHERE machine_code = 'CNC-01'`,
  )
  expect(await rowsOf('machines')).toContainEqual({
    code: 'CNC-01',
    name: 'Machine CNC-01',
    isHere: true,
    status: 'maintenance',
    isActive: false,
    said: null,
  })
  expect(await rowsOf('machines')).toContainEqual({
    code: 'WELD-03',
    name: 'Machine WELD-03',
    isHere: true,
    status: 'available',
    isActive: true,
    said: null,
  })
})

test('what a site lacks gives no page, and columns that it lacks are left out', async () => {
  await using bare = await startTestCentral()
  await bare.sql(
    `DROP TABLE shifts, barcode_labels, user_plant_access;
     ALTER TABLE users DROP COLUMN is_active; ALTER TABLE materials DROP COLUMN is_active, DROP COLUMN qr_code_data;
     ALTER TABLE work_orders DROP COLUMN sap_production_order, DROP COLUMN status`,
  )
  const pages = await read(EVERYTHING, bare.settings())
  expect(pages.map(({ kind }) => kind)).toEqual([
    'users',
    'machines',
    'work_orders',
    'materials',
    'shipments',
  ])
  expect(pages[0]?.rows.length).toBe(2)
  expect(pages[2]?.rows[0]).toMatchObject({ codes: { work_order_number: 'WO-1003' }, state: null })
})

test('a table that the role may not read is a gap, and the others come', async () => {
  await central.sql(`REVOKE ALL ON shipments FROM ${central.role}`)
  const { pages, gaps } = await readAll(['shipments', 'machines'])
  expect(pages).toMatchObject([{ kind: 'machines' }])
  expect(gaps).toMatchObject([
    { kind: 'shipments', unread: expect.stringContaining('lets this role read too little of shipments') },
  ])
})

test('a table that somebody holds is a gap after a second, and the others come', async () => {
  const holder = new Client(central.server.superuser())
  await holder.connect()
  await holder.query('BEGIN; LOCK TABLE materials IN ACCESS EXCLUSIVE MODE')
  const { pages, gaps } = await readAll(['materials', 'machines'])
  await holder.end()
  expect(pages).toMatchObject([{ kind: 'machines' }])
  expect(gaps).toMatchObject([{ kind: 'materials', unread: expect.stringContaining('lock timeout') }])
})

test('a site whose user_plant_access names no organization is told so, and has its orders all the same', async () => {
  await using site = await startTestCentral()
  await site.sql('ALTER TABLE user_plant_access DROP COLUMN organization_id CASCADE')
  await site.sql(await gatewaySql({ organization: 'SAV' }))
  const { pages, gaps } = await readAll(['users', 'work_orders'], site.settings())
  expect(pages).toMatchObject([{ kind: 'work_orders' }])
  expect(gaps).toMatchObject([{ kind: 'users', unread: expect.stringContaining('user_plant_access') }])
})

test('codes in columns of a fixed width, and of digits, are known as they are printed', async () => {
  await using site = await startTestCentral()
  await site.sql(
    `ALTER TABLE shipments ALTER shipment_number TYPE CHAR(20);
     UPDATE work_orders SET sap_production_order = '4500';
     ALTER TABLE work_orders ALTER sap_production_order TYPE BIGINT USING sap_production_order::bigint`,
  )
  const pages = await read(['shipments', 'work_orders'], site.settings())
  expect(pages[0]?.rows).toMatchObject([{ codes: { shipment_number: 'SHP-1' } }])
  expect(pages[1]?.rows[0]).toMatchObject({ codes: { sap_production_order: '4500' } })
})

describe('a label that stands for nothing here', () => {
  const print = (label: string, type: string, reference: string) =>
    central.sql(
      `INSERT INTO barcode_labels (organization_id, label_type, reference_type, reference_id, barcode_data, generated_by)
       SELECT o.id, 'x', $2, ${reference}, $1, (SELECT min(u.id) FROM users u WHERE u.organization_id = o.id)
       FROM organizations o WHERE o.code = 'SAV'`,
      [label, type],
    )
  const known = async () =>
    (await rowsOf<ReferenceRow>('barcode_labels')).map(({ codes }) => codes.barcode_data)

  test('is left out: one of a row of another organization', async () => {
    await print('THEIRS', 'work_order', `(SELECT id FROM work_orders WHERE work_order_number = 'WO-9001')`)
    await print('OURS', 'work_order', `(SELECT id FROM work_orders WHERE work_order_number = 'WO-1001')`)
    await print('TOOL', 'tool', '17')
    expect(await known()).toEqual(expect.arrayContaining(['OURS', 'TOOL']))
    expect(await known()).not.toContain('THEIRS')
  })

  test('is left out: one that stands for nothing yet', async () => {
    await central.sql('ALTER TABLE barcode_labels ALTER reference_id DROP NOT NULL')
    await print('BLANK', 'work_order', 'NULL')
    expect(await known()).not.toContain('BLANK')
  })

  test('is left out: a badge that was printed as a label, of which no copy may be kept', async () => {
    await print('B4711', 'user', '1')
    await print('4711', 'material', '1')
    const badges = (await known()).filter((code) => code?.includes('4711'))
    expect(badges).toEqual([])
  })
})

test('tables without row-level security are read through their views', async () => {
  await using open = await startTestCentral()
  await open.sql(
    `ALTER TABLE users DISABLE ROW LEVEL SECURITY; ALTER TABLE work_orders DISABLE ROW LEVEL SECURITY;
     ALTER TABLE user_plant_access DISABLE ROW LEVEL SECURITY; ALTER TABLE materials DISABLE ROW LEVEL SECURITY`,
  )
  await open.sql(await gatewaySql({ organization: 'SAV' }))
  const pages = await read(EVERYTHING, open.settings())
  expect(pages.map(({ kind }) => kind)).toEqual(EVERYTHING)
  expect(pages[0]?.rows.length).toBe(2)
  expect(JSON.stringify(pages)).not.toContain('WO-9001')
})

test('a reader that takes its time holds no transaction open meanwhile', async () => {
  const source = createReferenceSource(central.settings())
  for await (const _ of source.read(['users', 'machines'], AbortSignal.timeout(60_000))) {
    const open = await central.sql(
      `SELECT state FROM pg_stat_activity WHERE usename = '${central.role}' AND state <> 'idle'`,
    )
    expect(open).toEqual([])
  }
})
