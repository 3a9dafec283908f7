/** A batch that was prepared before its turn is written as one that was not. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DestinationSession } from '../../../src/domain/destination.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { gatewaySql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, downtimeAmended, opened, scan, stored } from '../../support/central-events.ts'

let central: TestCentral
let session: DestinationSession
let operator: number

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, qr_code_scans, edge_gateway.stream, edge_gateway.machine RESTART IDENTITY',
  )
  session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(60_000))
})

/** Rows that are opened and amended within the run, opened only, or amended only; texts that need care in an array; a machine nobody knows. */
const events = (): readonly Event[] => [
  opened({ reason: 'a "quoted" \\ back{slash},NULL' }),
  amended(),
  opened({ at: '2026-01-31T09:10:00.000Z', workOrder: 'WO-1' }),
  downtime({ at: '2026-01-31T09:10:00.000Z' }),
  downtimeAmended({ at: '2026-01-31T08:00:00.000Z' }),
  opened({ subject: machineOwner('nobody'), at: '2026-01-31T09:20:00.000Z' }),
  scan(operator),
]

async function written(isPrepared: boolean) {
  const run = stored(events())
  if (isPrepared) session.prepare?.(run)
  const left = await session.transaction((transaction) => transaction.apply(run, { guarded: false }))
  const rows = await Promise.all(
    ['machine_status_history', 'downtime_events', 'qr_code_scans'].map((table) =>
      central.sql(`SELECT to_jsonb(t) - 'id' - 'created_at' AS row FROM ${table} t ORDER BY id`),
    ),
  )
  return { rows, left: left.map(({ event, reason }) => [event.seq, reason]) }
}

describe('a prepared batch', () => {
  test('leaves the same rows, and leaves the same ones out', async () => {
    const plain = await written(false)
    expect(plain.rows.map(({ length }) => length)).toEqual([2, 1, 1])
    expect(plain.left.map(([seq]) => seq)).toEqual([5, 6])
    await central.sql(
      'TRUNCATE machine_status_history, downtime_events, qr_code_scans, edge_gateway.machine RESTART IDENTITY',
    )
    expect(await written(true)).toEqual(plain)
    await session[Symbol.asyncDispose]()
  })

  test('is made anew where the site has got a table meanwhile', async () => {
    await session[Symbol.asyncDispose]()
    await central.sql('ALTER TABLE qr_code_scans RENAME TO scans_of_old')
    try {
      session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(60_000))
      const run = stored([scan(operator)])
      session.prepare?.(run)
      await central.sql('ALTER TABLE scans_of_old RENAME TO qr_code_scans')
      await central.sql(await gatewaySql({ organization: 'SAV' }))
      const left = await session.transaction((transaction) => transaction.apply(run, { guarded: false }))
      expect(left).toEqual([])
      expect((await central.sql('SELECT FROM qr_code_scans')).length).toBe(1)
      await session[Symbol.asyncDispose]()
    } finally {
      await central.sql('ALTER TABLE IF EXISTS scans_of_old RENAME TO qr_code_scans')
    }
  })
})
