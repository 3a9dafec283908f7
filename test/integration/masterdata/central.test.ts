/** The copy of a real central's reference data. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { LookupPlace } from '../../../src/domain/master-data.ts'
import { createMasterData } from '../../../src/masterdata/master-data.ts'
import { createReferenceSource } from '../../../src/routes/mes/reference-data.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())

const ANYWHERE: readonly LookupPlace[] = [
  { table: 'work_orders', column: 'work_order_number' },
  { table: 'materials', column: 'material_code' },
  { table: 'shipments', column: 'shipment_number' },
]

/** A copy that is kept up to date until the test is over, once it has all of central. */
async function copyOfCentral() {
  const masterData = await createMasterData({
    file: join(testFolder(), 'masterdata.db'),
    whose: ['SAV'],
    source: createReferenceSource(central.settings()),
    timezone: 'Europe/Rome',
    breaks: [],
    ownMachines: () => ['PRESS-07'],
    wanted: () => 'stations',
    clock: systemClock,
    log: createLog('silent'),
  })
  const stop = new AbortController()
  const running = masterData.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
    await masterData[Symbol.asyncDispose]()
  })
  await vi.waitFor(async () => {
    const last = await masterData.find({
      places: [{ table: 'barcode_labels', column: 'barcode_data' }],
      code: 'SHP-1',
    })
    expect(last.kind).toBe('one')
  }, 60_000)
  return masterData
}

test('a station knows the badges and codes of its own organization, and no others', async () => {
  const masterData = await copyOfCentral()
  expect(await masterData.holderOf('4711')).toMatchObject({ operator: expect.any(Number), why: null })
  expect(await masterData.holderOf('9901')).toMatchObject({ operator: null })
  const ours = ['WO-1001', 'MAT-100', 'SHP-1'].map((code) => masterData.find({ places: ANYWHERE, code }))
  expect(await Promise.all(ours)).toMatchObject([
    { kind: 'one', reference: { type: 'work_order', code: 'WO-1001', state: 'released' } },
    { kind: 'one', reference: { type: 'material', code: 'MAT-100' } },
    { kind: 'one', reference: { type: 'shipment', code: 'SHP-1' } },
  ])
  const theirs = ['WO-9001', 'MAT-900', 'SHP-9'].map((code) => masterData.find({ places: ANYWHERE, code }))
  expect(await Promise.all(theirs)).toEqual([{ kind: 'unknown' }, { kind: 'unknown' }, { kind: 'unknown' }])
})

test('a badge that was given out a moment ago is known within seconds of the first try', async () => {
  const masterData = await copyOfCentral()
  await central.sql(
    `INSERT INTO users (organization_id, email, username, hashed_password, employee_code)
     SELECT id, 'new@sav.example', 'new', 'x', '4799' FROM organizations WHERE code = 'SAV'`,
  )
  await vi.waitFor(
    async () => expect(await masterData.holderOf('4799')).toMatchObject({ operator: expect.any(Number) }),
    { timeout: 60_000, interval: 500 },
  )
})

test('the machines are known as the MES has them', async () => {
  const masterData = await copyOfCentral()
  expect(masterData.machines).toContainEqual({
    code: 'PRESS-07',
    status: 'available',
    isActive: true,
    said: null,
  })
  expect(masterData.machines.map(({ code }) => code)).not.toContain('LATHE-02')
})

test('all machines of the plant are known by code and name, also those that the gateway has no map of', async () => {
  const masterData = await copyOfCentral()
  const { readAtMs, machines } = masterData.machinesOfPlant()
  expect(machines).toContainEqual({ code: 'PRESS-07', name: expect.any(String), isActive: true })
  expect(readAtMs).not.toBeNull()
  const theirs = await central.sql<{ machine_code: string }>(
    `SELECT machine_code FROM machines WHERE plant_id = (SELECT id FROM plants WHERE code = 'SAV-1') ORDER BY machine_code`,
  )
  expect(machines.map(({ code }) => code).toSorted()).toEqual(theirs.map((row) => row.machine_code))
})

test('a shift with an empty word among its days is one of the other days', async () => {
  await central.sql(
    `UPDATE shifts SET active_days = ARRAY['monday', NULL] WHERE organization_id = (SELECT id FROM organizations WHERE code = 'SAV')`,
  )
  const masterData = await copyOfCentral()
  const [shift] = await central.sql<{ start: string }>('SELECT start_time::text AS start FROM shifts LIMIT 1')
  const onSunday = Date.parse(`2026-01-18T${shift?.start}+01:00`)
  const onMonday = Date.parse(`2026-01-19T${shift?.start}+01:00`)
  expect(masterData.shiftEndMs(onSunday)).toBeNull()
  expect(masterData.shiftEndMs(onMonday)).not.toBeNull()
})
