import type { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'

const MES_TABLES = [
  'organizations',
  'plants',
  'users',
  'user_plant_access',
  'projects',
  'work_orders',
  'materials',
  'shipments',
  'barcode_labels',
  'qr_code_scans',
  'shifts',
  'machines',
  'machine_status_history',
  'downtime_events',
]
const OWN_TABLES = ['stream', 'quarantine', 'incident'].map((table) => `edge_gateway.${table}`)

let central: TestCentral
let gateway: Client
let own: number
let other: number

beforeAll(async () => {
  central = await startTestCentral()
  const organizations = await central.sql<{ id: number; code: string }>('SELECT id, code FROM organizations')
  own = organizations.find(({ code }) => code === 'SAV')?.id ?? 0
  other = organizations.find(({ code }) => code === 'OTHER')?.id ?? 0
  await fillBothTenants()
  gateway = await central.asGateway()
})
afterAll(async () => {
  await gateway.end()
  await central[Symbol.asyncDispose]()
})

async function fillBothTenants(): Promise<void> {
  await central.sql(`INSERT INTO machine_status_history (organization_id, machine_id, new_status)
    SELECT organization_id, id, 'idle' FROM machines`)
  await central.sql(`INSERT INTO downtime_events (organization_id, machine_id, downtime_reason_code, started_at)
    SELECT organization_id, id, 'JAM', now() FROM machines`)
  await central.sql(`INSERT INTO qr_code_scans (organization_id, qr_code_data, scan_type, scanned_by)
    SELECT organization_id, 'X', 'unknown', id FROM users`)
  await central.sql(
    `INSERT INTO edge_gateway.stream SELECT id, 'edge-9', gen_random_uuid(), 1, 0, '' FROM organizations`,
  )
  await central.sql(
    `INSERT INTO edge_gateway.quarantine SELECT id, 'edge-9', gen_random_uuid(), 1, '{}', 'r' FROM organizations`,
  )
  await central.sql(
    `INSERT INTO edge_gateway.incident SELECT id, 'edge-9', now(), 'gap', '{}' FROM organizations`,
  )
}

/** What a statement does to whom, tried as the gateway while it claims to be a tenant; nothing stays. */
async function attempt(
  tenant: number,
  text: string,
): Promise<{ readonly rows: number } | { readonly refused: string }> {
  await gateway.query('BEGIN')
  try {
    await gateway.query(`SELECT set_config('app.current_organization_id', $1, true)`, [String(tenant)])
    const { rowCount } = await gateway.query(text)
    return { rows: rowCount ?? 0 }
  } catch (error) {
    return { refused: String((error as { code?: string }).code) }
  } finally {
    await gateway.query('ROLLBACK')
  }
}

/** Columns on which the role has a privilege. */
async function columnsWith(privilege: string, table: string): Promise<string[]> {
  const rows = await central.sql<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $2::regclass AND attnum > 0
       AND has_column_privilege($1, attrelid, attnum, $3)`,
    [central.role, table, privilege],
  )
  return rows.map(({ name }) => name)
}

describe('the gateway’s role', () => {
  test.each([...MES_TABLES, ...OWN_TABLES])(
    'sees no row of another tenant in %s, whichever tenant it claims to be',
    async (table) => {
      const columns = await columnsWith('SELECT', table)
      if (columns.length === 0) {
        expect(await attempt(other, `SELECT * FROM ${table}`)).toEqual({ refused: '42501' })
        return
      }
      for (const tenant of [own, other]) {
        const rows = `SELECT ${columns.join()} FROM ${table}`
        expect(await attempt(tenant, `${rows} WHERE organization_id <> ${own}`)).toEqual({ rows: 0 })
      }
      expect(await attempt(own, `SELECT ${columns.join()} FROM ${table}`)).not.toEqual({ rows: 0 })
    },
  )

  // Fault of the catalogue: [G5]
  test.each([...MES_TABLES, ...OWN_TABLES])('changes no row of another tenant in %s', async (table) => {
    const [column] = await columnsWith('UPDATE', table)
    const anyColumn = table === 'organizations' ? 'id' : 'organization_id'
    const change = `UPDATE ${table} SET ${column ?? anyColumn} = NULL`
    const result = await attempt(other, `${change} WHERE ${anyColumn} = ${other}`)
    expect([{ rows: 0 }, { refused: '42501' }]).toContainEqual(result)
  })

  test.each([
    ['machine_status_history', `(organization_id, machine_id, new_status) SELECT %t, 1, 'down'`],
    [
      'downtime_events',
      `(organization_id, machine_id, downtime_reason_code, started_at) SELECT %t, 1, 'X', now()`,
    ],
    ['qr_code_scans', `(organization_id, qr_code_data, scan_type, scanned_by) SELECT %t, 'X', 'unknown', 1`],
    [
      'edge_gateway.stream',
      `(organization_id, gateway_id, incarnation, epoch, last_seq, last_hash) SELECT %t, 'e', gen_random_uuid(), 1, 0, ''`,
    ],
    ['edge_gateway.incident', `(organization_id, gateway_id, kind, detail) SELECT %t, 'e', 'gap', '{}'`],
  ])('inserts into %s for its own tenant only', async (table, values) => {
    const insertFor = (tenant: number) => `INSERT INTO ${table} ${values.replace('%t', String(tenant))}`
    expect(await attempt(own, insertFor(own))).toEqual({ rows: 1 })
    expect(await attempt(own, insertFor(other))).toEqual({ refused: '42501' })
    expect(await attempt(other, insertFor(other))).toEqual({ refused: '42501' })
  })

  test.each([...MES_TABLES, ...OWN_TABLES, 'edge_gateway.binding'])(
    'may neither delete from, empty, alter nor drop %s',
    async (table) => {
      for (const statement of [
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
        `ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`,
        `CREATE POLICY mine ON ${table} USING (true)`,
        `DROP TABLE ${table}`,
      ]) {
        expect(await attempt(own, statement), statement).toEqual({ refused: '42501' })
      }
    },
  )

  test('writes exactly the columns that it has to', async () => {
    expect(await columnsWith('UPDATE', 'machines')).toEqual(['status', 'current_work_order_id', 'updated_at'])
    expect(await columnsWith('INSERT', 'machines')).toEqual([])
    expect(await columnsWith('INSERT', 'work_orders')).toEqual([])
    expect(await columnsWith('UPDATE', 'machine_status_history')).not.toContain('machine_id')
    expect(await columnsWith('UPDATE', 'downtime_events')).not.toContain('organization_id')
  })

  test('reads of users only who they are, never a password', async () => {
    expect(await columnsWith('SELECT', 'users')).toEqual([
      'id',
      'organization_id',
      'employee_code',
      'is_active',
    ])
  })

  test('cannot bind itself to another tenant', async () => {
    expect(await attempt(own, `UPDATE edge_gateway.binding SET organization_id = ${other}`)).toEqual({
      refused: '42501',
    })
    expect(await attempt(own, `SET ROLE postgres`)).toEqual({ refused: '42501' })
  })
})

describe('ids of another organization', () => {
  const foreign = (table: string) => `(SELECT min(id) FROM ${table} WHERE organization_id = ${other})`
  let ids: Readonly<Record<'machine' | 'order' | 'user' | 'plant', number>>
  beforeAll(async () => {
    const [found] = await central.sql<typeof ids>(
      `SELECT ${foreign('machines')} AS machine, ${foreign('work_orders')} AS order, ${foreign('users')} AS user,
         ${foreign('plants')} AS plant`,
    )
    ids = found ?? { machine: 0, order: 0, user: 0, plant: 0 }
  })

  test('are refused in a row of its own, whatever column they stand in', async () => {
    const history =
      'INSERT INTO machine_status_history (organization_id, machine_id, new_status, work_order_id)'
    const downtime =
      'INSERT INTO downtime_events (organization_id, machine_id, downtime_reason_code, started_at, work_order_id, reported_by)'
    const scan = 'INSERT INTO qr_code_scans (organization_id, qr_code_data, scan_type, scanned_by, plant_id)'
    for (const statement of [
      `${history} VALUES (${own}, ${ids.machine}, 'down', NULL)`,
      `${history} VALUES (${own}, 1, 'down', ${ids.order})`,
      `${downtime} VALUES (${own}, ${ids.machine}, 'X', now(), NULL, NULL)`,
      `${downtime} VALUES (${own}, 1, 'X', now(), ${ids.order}, NULL)`,
      `${downtime} VALUES (${own}, 1, 'X', now(), NULL, ${ids.user})`,
      `${scan} VALUES (${own}, 'X', 'unknown', ${ids.user}, NULL)`,
      `${scan} VALUES (${own}, 'X', 'unknown', 1, ${ids.plant})`,
      `UPDATE machines SET current_work_order_id = ${ids.order} WHERE id = 1`,
      `UPDATE machine_status_history SET work_order_id = ${ids.order} WHERE machine_id = 1`,
      `UPDATE downtime_events SET resolved_by = ${ids.user} WHERE machine_id = 1`,
    ])
      expect(await attempt(own, statement), statement).toEqual({ refused: '42501' })
  })

  test('cannot be told from ids that nobody has', async () => {
    const insert = (machine: number) =>
      `INSERT INTO machine_status_history (organization_id, machine_id, new_status) VALUES (${own}, ${machine}, 'down')`
    expect(await attempt(own, insert(999_999))).toEqual(await attempt(own, insert(ids.machine)))
  })
})
