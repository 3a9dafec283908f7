/** A central without an encoding (SQL_ASCII): old clients of the MES left bytes in it that are no UTF8. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createMesSchema, SAV, seedMasterData } from '../../../simulators/central/mes.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createReferenceSource } from '../../../src/routes/mes/reference-data.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, scan } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'

const ROLE = 'millrace_old'
const password = 'of-the-test'
let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

async function oldCentral(encoding = 'SQL_ASCII') {
  await central.sql('DROP DATABASE IF EXISTS old WITH (FORCE)')
  await central.sql(`DROP ROLE IF EXISTS ${ROLE}`)
  await central.sql(
    `CREATE DATABASE old ENCODING '${encoding}' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`,
  )
  const client = new Client({ ...central.server.superuser(), database: 'old' })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end())
  await createMesSchema(client)
  await seedMasterData(client, { organizations: [{ ...SAV, machines: ['CNC-01', 'WELD-03'] }] })
  await client.query(await gatewaySql({ organization: 'SAV', role: ROLE }))
  await client.query(`ALTER ROLE ${ROLE} PASSWORD '${password}'`)
  const settings = central.settings()
  const connection = {
    ...settings.connection,
    database: 'old',
    user: ROLE,
    password: new Secret(password),
  }
  return { client, settings: { ...settings, connection } }
}

test('a machine that an old client renames with bytes of Latin-1 holds up no other machine', async () => {
  const { client, settings } = await oldCentral()
  const weld = { subject: machineOwner('WELD-03') } as const
  const delivery = await startDelivery(settings, [opened(), opened(weld)])
  await delivery.untilEmpty()
  await client.query(
    String.raw`SET client_encoding = 'SQL_ASCII'; UPDATE machines SET machine_code = E'FR\xc4SE' WHERE machine_code = 'CNC-01'`,
  )
  const later = { at: '2026-01-31T09:10:00.000Z', status: 'idle' } as const
  await delivery.store([opened(later), opened({ ...weld, ...later })])
  await delivery.untilEmpty()
  expect(delivery.uploader.health().summary.refused[0]?.reason).toMatch(/calls the machine "FR.+SE" now/)
  expect(delivery.uploader.health().summary.quarantineCount).toBe(1)
}, 120_000)

test('somebody whose badge has bytes of Latin-1 keeps nobody else out, and no code but its own is unknown', async () => {
  const { client, settings } = await oldCentral()
  await client.query(
    String.raw`SET client_encoding = 'SQL_ASCII'; UPDATE users SET employee_code = E'M\xfcller' WHERE employee_code = '4711';
      UPDATE materials SET barcode_data = E'GR\xd6SSE' WHERE material_code = 'MAT-100'; UPDATE machines SET machine_code = E'FR\xc4SE' WHERE machine_code = 'WELD-03'`,
  )
  const rows: unknown[] = []
  const source = createReferenceSource(settings)
  for await (const page of source.read(['users', 'materials', 'machines'], AbortSignal.timeout(20_000)))
    rows.push(...('rows' in page ? page.rows : [page]))
  expect(rows).toMatchObject([
    { employeeCode: '4712' },
    { codes: { material_code: 'MAT-200', barcode_data: 'MAT-200' } },
    { codes: { material_code: 'MAT-100' } },
    { code: 'CNC-01' },
  ])
})

test('a label of many long fields lands in a database that has no more characters than Latin-1', async () => {
  const { client, settings } = await oldCentral('LATIN1')
  const { rows: users } = await client.query<{ id: number }>('SELECT min(id) AS id FROM users')
  const fields = Object.fromEntries(['10', '21', '240'].map((name) => [name, name.repeat(100)]))
  const delivery = await startDelivery(settings, [scan(users[0]?.id ?? 0, { data: 'LABEL', fields })])
  await delivery.untilEmpty()
  const { rows } = await client.query('SELECT qr_code_data AS data FROM qr_code_scans')
  expect(rows).toEqual([{ data: 'LABEL' }])
})
