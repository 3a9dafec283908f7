/** Scans on their way from a real log into a real central, beside rows of machines, whatever the site or the link is like. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import { stationOwner } from '../../../src/domain/owner.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, scan, scanUndone } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const START_MS = Date.UTC(2026, 0, 31, 9)
let central: TestCentral
let operator: number

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(
    'TRUNCATE qr_code_scans, machine_status_history, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  ),
)

function scans(count: number, changes: Parameters<typeof scan>[1] = {}): readonly Event[] {
  return Array.from({ length: count }, (_, index) =>
    scan(operator, { at: utcText(START_MS + index), data: `PIECE ${index}`, ...changes }),
  )
}

const landed = async () =>
  (
    await central.sql<{ data: string }>('SELECT qr_code_data AS data FROM qr_code_scans ORDER BY scanned_at')
  ).map(({ data }) => data)
const machineRows = async () => (await central.sql('SELECT FROM machine_status_history')).length
const quarantined = (from = central) =>
  from.sql<{ seq: number; reason: string }>(
    'SELECT seq::int, reason FROM edge_gateway.quarantine WHERE released_at IS NULL ORDER BY seq',
  )

test.each(['before-forwarding', 'before-answer'] as const)(
  'a commit whose outcome nobody knows (%s) makes no scan come twice, and loses none',
  async (point) => {
    await using proxy = await startTcpProxy(central.server)
    const cut = proxy.cutAt((bytes) => bytes.includes('COMMIT'), point)
    const delivery = await startDelivery(central.settingsVia(proxy), scans(50))
    await cut
    await delivery.untilEmpty()
    expect(await landed()).toEqual(Array.from({ length: 50 }, (_, index) => `PIECE ${index}`))
  },
)

describe('a code that is longer than an index of the site can hold', () => {
  const long = randomBytes(3_072).toString('base64')

  test('is set aside with what to do, and all others land', async () => {
    const delivery = await startDelivery(central.settings(), [
      ...scans(3),
      scan(operator, { at: utcText(START_MS + 10), data: long }),
      scan(operator, { at: utcText(START_MS + 11), subject: stationOwner('PACK-2') }),
      opened(),
    ])
    await delivery.untilEmpty()
    expect((await landed()).length).toBe(4)
    expect(await machineRows()).toBe(1)
    expect(await quarantined()).toEqual([
      { seq: 4, reason: expect.stringMatching(/index row .*ask the DBA to index a hash of it/) },
    ])
  })

  test('lands where there is no such index', async () => {
    await central.sql('DROP INDEX idx_qr_code_scans_data')
    const delivery = await startDelivery(central.settings(), [scan(operator, { data: long })])
    await delivery.untilEmpty()
    expect(await landed()).toEqual([long])
    await central.sql(
      'TRUNCATE qr_code_scans; CREATE INDEX idx_qr_code_scans_data ON qr_code_scans (qr_code_data)',
    )
  })
})

describe('a station whose own user is none of this organization', () => {
  test('has its scans set aside, and those of others land', async () => {
    const bad = (index: number) =>
      scan(999, { subject: stationOwner('BAD'), at: utcText(START_MS + 100 + index) })
    const delivery = await startDelivery(central.settings(), [...[0, 1, 2].map(bad), ...scans(20)])
    await delivery.untilEmpty()
    expect((await landed()).length).toBe(20)
    expect((await quarantined()).map(({ seq }) => seq)).toEqual([1, 2, 3])
    expect(delivery.uploader.health().summary.refused).toEqual([
      { machine: 'BAD', reason: expect.stringContaining('has no user 999'), count: 3 },
    ])
  })
})

describe('a site', () => {
  test('without a table of scans gets its machines’ rows, and its scans once there is one', async () => {
    await using bare = await startTestCentral()
    await bare.sql('ALTER TABLE qr_code_scans RENAME TO scans_of_old')
    await using session = await createMesDestination(bare.settings()).connect(AbortSignal.timeout(60_000))
    const delivery = await startDelivery(bare.settings(), [...scans(2), opened()])
    await delivery.untilEmpty()
    expect((await bare.sql('SELECT FROM machine_status_history')).length).toBe(1)
    expect(await quarantined(bare)).toEqual([
      { seq: 1, reason: expect.stringContaining('central has no table qr_code_scans') },
      { seq: 2, reason: expect.stringContaining('millrace central sql') },
    ])
    expect(await session.holdsAny(scans(1))).toBe(true)

    await bare.sql('ALTER TABLE scans_of_old RENAME TO qr_code_scans')
    await bare.sql(await gatewaySql({ organization: 'SAV' }))
    // The same connection as before notices it.
    const waiting = await session.transaction(async (transaction) => {
      const rows = await transaction.quarantined(undefined, 10)
      const events = rows.map(({ seq, event }) => ({ seq, event, capturedAtMs: 0, hash: new Uint8Array() }))
      const refused = await transaction.apply(events, { guarded: true })
      await transaction.release(rows)
      return refused
    })
    expect(waiting).toEqual([])
    expect((await bare.sql('SELECT FROM qr_code_scans')).length).toBe(2)
  })

  test('that does not let scans be written is told what is missing', async () => {
    await central.sql(`REVOKE UPDATE (notes) ON qr_code_scans FROM ${central.role}`)
    const delivery = await startDelivery(central.settings(), scans(1))
    await delivery.untilEmpty()
    expect(await quarantined()).toEqual([
      {
        seq: 1,
        reason:
          'central does not let this gateway write notes of qr_code_scans; have the DBA run what `millrace central sql` prints',
      },
    ])
    await central.sql(`GRANT UPDATE (notes) ON qr_code_scans TO ${central.role}`)
  })

  test('that lacks columns which a scan can do without gets the others', async () => {
    await using odd = await startTestCentral()
    await odd.sql(
      `ALTER TABLE qr_code_scans DROP COLUMN location, DROP COLUMN reference_id, DROP COLUMN plant_id CASCADE;
       ALTER TABLE downtime_events DROP COLUMN reported_by CASCADE, DROP COLUMN resolved_by CASCADE`,
    )
    await odd.sql(await gatewaySql({ organization: 'SAV' }))
    const delivery = await startDelivery(odd.settings(), [...scans(1, { location: 'Dock' }), opened()])
    await delivery.untilEmpty()
    expect(await odd.sql('SELECT qr_code_data, notes FROM qr_code_scans')).toEqual([
      { qr_code_data: 'PIECE 0', notes: 'scanner=PACK-1' },
    ])
    expect(await quarantined(odd)).toEqual([])
  })

  test('without tables of people and codes takes scans as they are', async () => {
    await using bare = await startTestCentral()
    await bare.sql(
      'DROP TABLE barcode_labels, shipments, user_plant_access; ALTER TABLE users DISABLE ROW LEVEL SECURITY',
    )
    await bare.sql(await gatewaySql({ organization: 'SAV' }))
    const reference = {
      code: 'MAT-100',
      places: [
        { table: 'shipments', column: 'shipment_number' },
        { table: 'materials', column: 'material_code' },
      ],
      known: null,
    } as const
    const delivery = await startDelivery(bare.settings(), [
      ...scans(1, { reference }),
      scanUndone(operator, { at: utcText(START_MS) }),
    ])
    await delivery.untilEmpty()
    expect(await bare.sql('SELECT reference_type, notes FROM qr_code_scans')).toEqual([
      { reference_type: 'material', notes: expect.stringContaining('undone=') },
    ])
  })
})
