/** Central already has a row that names another organization's: what the gateway then may not write must hold up nothing else. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, stored } from '../../support/central-events.ts'

const identity = { incarnation: '66666666-6666-4666-8666-666666666666', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq]) })

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

test.each([
  ['row-level security', '09:00', ''],
  ['views', '10:00', 'ALTER TABLE machines DISABLE ROW LEVEL SECURITY'],
])(
  'a machine with a work order of another organization keeps no history out, by %s',
  async (_, hour, shape) => {
    await central.sql(shape)
    await central.sql(await gatewaySql({ organization: 'SAV' }))
    await central.sql(`UPDATE machines SET status = 'available', current_work_order_id =
    (SELECT id FROM work_orders WHERE work_order_number = 'WO-9001') WHERE machine_code = 'CNC-01'`)
    const at = `2026-01-31T${hour}:00.000Z`
    await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
    await session.transaction(async (transaction) => {
      if (!transaction.head) await transaction.begin(identity, place(0))
      await transaction.apply(stored([opened({ at }), opened({ at, subject: 'machine:PRESS-07' })]), {
        guarded: true,
      })
      await transaction.advance(place(1))
    })
    const { length } = await central.sql('SELECT FROM machine_status_history WHERE changed_at = $1', [at])
    expect(length).toBe(2)
    expect(
      await central.sql(
        `SELECT status FROM machines WHERE machine_code = 'PRESS-07' AND organization_id =
         (SELECT id FROM organizations WHERE code = 'SAV')`,
      ),
    ).toEqual([{ status: 'running' }])
  },
)
