/** `millrace buffer` where central cannot hold every character, on a real log and a real central. */
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMesSchema, SAV, seedMasterData } from '../../../simulators/central/mes.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesRoute } from '../../../src/routes/mes/route.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { bufferSite, uploadTo } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, opened } from '../../support/central-events.ts'

const ROLE = 'millrace_latin'
const PASSWORD = 'of-the-test'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(
    `CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'`,
  )
})
afterAll(() => central[Symbol.asyncDispose]())

test('machines that it cannot name keep no audit, resend, retry, discard or adoption from the others', async () => {
  const client = new Client({ ...central.server.superuser(), database: 'latin' })
  client.on('error', () => undefined)
  await client.connect()
  await createMesSchema(client)
  await seedMasterData(client, { organizations: [{ ...SAV, machines: ['CNC-01', 'FRÄSE-1'] }] })
  await client.query(await gatewaySql({ organization: 'SAV', role: ROLE }))
  await client.query(`ALTER ROLE ${ROLE} PASSWORD '${PASSWORD}'`)
  const { connection } = central.settings()
  const route = createMesRoute(
    central.settings({
      connection: { ...connection, database: 'latin', user: ROLE, password: new Secret(PASSWORD) },
    }),
  )
  const site = bufferSite(central)
  site.reconfigure({ '/postgres\n': '/latin\n', [`${central.role}@`]: `${ROLE}@` }, PASSWORD)
  const outbox = await site.open()
  await outbox.append({
    at: systemClock.now(),
    events: [
      opened({ subject: machineOwner('FRÄSE-1'), reason: 'Störung' }),
      opened({ subject: machineOwner('ПРЕСС-1') }),
      opened(),
      amended({ subject: machineOwner('ПРЕСС-1') }),
      amended({ subject: machineOwner('FRÄSE-1'), reason: 'Störung' }),
    ],
    states: {},
  })
  expect(await uploadTo(outbox, route)).toBe('connected')
  const audit = await site.run('audit', '--json')
  expect(audit.err).toBe('')
  expect(JSON.parse(audit.out)).toMatchObject({
    compared: 3,
    in_step: true,
    findings: [{ kind: 'quarantined', machine: 'ПРЕСС-1', seq: 2 }],
  })
  await client.query(
    `DELETE FROM machine_status_history WHERE machine_id = (SELECT id FROM machines WHERE machine_code = 'FRÄSE-1')`,
  )
  expect((await site.run('resend', '--from', '1', '--to', '5')).code).toBe(0)
  expect((await site.run('quarantine', 'retry')).out).toContain('0 landed, 2 still in quarantine')
  await client.query('UPDATE edge_gateway.stream SET incarnation = gen_random_uuid()')
  await outbox[Symbol.asyncDispose]()
  expect(await site.run('adopt', '--yes')).toMatchObject({ code: 0, err: '' })
  expect((await site.run('quarantine', 'discard', '--all', '--why', 'нет')).out).toContain('2 given up')
  expect((await site.run('audit')).code).toBe(0)
  await client.end()
})
