/** The MES renames machines, and gives codes to other ones, while rows of them are open. Each row is ended where it was begun. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { DestinationSession, RefusedEvent } from '../../../src/domain/destination.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { Owner } from '../../../src/domain/owner.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, downtimeAmended, minutes, opened, stored } from '../../support/central-events.ts'
import { startDelivery } from '../../support/delivery.ts'

let central: TestCentral
let session: DestinationSession

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql('UPDATE machines SET name = machine_code')
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await central.sql(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
    edge_gateway.incident, edge_gateway.machine`)
  await central.sql('UPDATE machines SET machine_code = id; UPDATE machines SET machine_code = name')
  session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
  return () => session[Symbol.asyncDispose]()
})

const at = (hour: number) => `2026-01-31T${String(hour).padStart(2, '0')}:00:00.000Z`
const of = (code: string, hour: number) => ({ subject: `machine:${code}` as Owner, at: at(hour) })
const rename = (from: string, to: string) =>
  central.sql('UPDATE machines SET machine_code = $2 WHERE machine_code = $1', [from, to])
const swap = async (one: string, other: string) => {
  await rename(one, 'swapping')
  await rename(other, one)
  await rename('swapping', other)
}

function apply(...events: readonly Event[]): Promise<readonly RefusedEvent[]> {
  return session.transaction((transaction) => transaction.apply(stored(events), { guarded: false }))
}

/** Rows by the machine's name, which is its first code: hour, and minutes once it is ended. */
async function rowsOf(name: string, table = 'machine_status_history', time = 'changed_at') {
  const rows = await central.sql(
    `SELECT extract(hour FROM t.${time} AT TIME ZONE 'UTC')::int AS hour, duration_minutes AS minutes
     FROM ${table} t JOIN machines m ON m.id = machine_id WHERE m.name = $1 ORDER BY t.${time}`,
    [name],
  )
  return rows.map(({ hour, minutes }) => [hour, minutes])
}
const stopsOf = (name: string) => rowsOf(name, 'downtime_events', 'started_at')
const CNC = 'CNC-01'
const PRESS = 'PRESS-07'

test('a machine is renamed: its open row and its open stop are ended, and what it begins waits for its map', async () => {
  await apply(opened(of(CNC, 8)), downtime(of(CNC, 8)))
  await rename(CNC, 'MILL-1')
  const leftOut = await apply(amended(of(CNC, 8)), downtimeAmended(of(CNC, 8)), opened(of(CNC, 9)))
  expect(leftOut.map(({ event, reason }) => [event.seq, reason])).toEqual([
    [
      3,
      'central knows no machine "CNC-01" any more: it calls the machine "MILL-1" now; correct machine: in its device map',
    ],
  ])
  expect(await rowsOf(CNC)).toEqual([[8, 5]])
  expect(await stopsOf(CNC)).toEqual([[8, 5]])
})

test('once the map is corrected, what was refused under the old code lands at the machine', async () => {
  await apply(opened(of(CNC, 8)))
  await rename(CNC, 'MILL-1')
  const old = [opened(of(CNC, 9)), amended(of(CNC, 9)), downtime(of(CNC, 9))]
  expect(await apply(amended(of(CNC, 8)), ...old)).toHaveLength(3)
  await apply(opened(of('MILL-1', 10)))
  expect(await apply(...old)).toEqual([])
  expect(await rowsOf(CNC)).toEqual([
    [8, 5],
    [9, 5],
    [10, null],
  ])
  expect(await stopsOf(CNC)).toEqual([[9, null]])
})

test('a code is given to another machine: the row of before is ended at the machine of before', async () => {
  await apply(opened(of(CNC, 8)))
  await rename(CNC, 'SCRAPPED')
  await rename(PRESS, CNC)
  await apply(amended(of(CNC, 8)), opened(of(CNC, 9)))
  expect(await rowsOf(CNC)).toEqual([[8, 5]])
  expect(await rowsOf(PRESS)).toEqual([[9, null]])
  await apply(amended({ ...of(CNC, 9), ended: minutes(7) }))
  expect(await rowsOf(PRESS)).toEqual([[9, 7]])
})

test('two machines swap their codes, and both have rows of the same moments: each is ended where it was begun', async () => {
  const both = (hour: number) => [opened(of(CNC, hour)), opened(of(PRESS, hour))]
  const ends = (hour: number) => [
    amended({ ...of(CNC, hour), ended: minutes(hour) }),
    amended({ ...of(PRESS, hour), ended: minutes(hour + 40) }),
  ]
  await apply(...both(8))
  await swap(CNC, PRESS)
  await apply(...ends(8), ...both(9))
  await swap(CNC, PRESS)
  await apply(...ends(9), ...both(10))
  await apply(...ends(10), ...ends(9), ...ends(8))
  expect(await rowsOf(CNC)).toEqual([
    [8, 8],
    [9, 49],
    [10, 10],
  ])
  expect(await rowsOf(PRESS)).toEqual([
    [8, 48],
    [9, 9],
    [10, 50],
  ])
})

test('a stop that is long enough only after its machine lost the code is written at that machine', async () => {
  await apply(opened(of(CNC, 8)))
  await swap(CNC, PRESS)
  await apply(downtime(of(CNC, 8)))
  await apply(amended(of(CNC, 8)), downtimeAmended(of(CNC, 8)))
  expect([await rowsOf(CNC), await stopsOf(CNC)]).toEqual([[[8, 5]], [[8, 5]]])
  expect([await rowsOf(PRESS), await stopsOf(PRESS)]).toEqual([[], []])
})

test('what a transaction had written down is forgotten with it', async () => {
  await session
    .transaction(async (transaction) => {
      await transaction.apply(stored([opened(of(CNC, 8))]), { guarded: true })
      throw new Error('never mind')
    })
    .catch(() => undefined)
  await swap(CNC, PRESS)
  await apply(opened(of(CNC, 8)), amended(of(CNC, 8)))
  expect([await rowsOf(CNC), await rowsOf(PRESS)]).toEqual([[], [[8, 5]]])
})

test('machines.status follows the machine, whatever it is called', async () => {
  await apply(opened(of(CNC, 8)))
  await rename(CNC, 'MILL-1')
  await rename(PRESS, CNC)
  await apply(amended(of(CNC, 8)))
  await apply(opened({ ...of(CNC, 9), status: 'down' }))
  const states = await central.sql(
    `SELECT machine_code, status FROM machines WHERE machine_code IN ('MILL-1', 'CNC-01')
       AND organization_id = (SELECT id FROM organizations WHERE code = 'SAV') ORDER BY 1`,
  )
  expect(states).toEqual([
    { machine_code: 'CNC-01', status: 'down' },
    { machine_code: 'MILL-1', status: 'running' },
  ])
})

test('what is known of a machine is written down once, and a round trip is not spent on it again', async () => {
  await apply(opened(of(CNC, 8)), opened(of(PRESS, 8)))
  await apply(amended(of(CNC, 8)), opened(of(CNC, 9)))
  const known = await central.sql(
    'SELECT machine_code, last_at::text AS written FROM edge_gateway.machine ORDER BY 1',
  )
  expect(known.map(({ machine_code }) => machine_code)).toEqual([CNC, PRESS])
  expect(known[0]?.written).toBe(known[1]?.written)
  await central.sql(`UPDATE edge_gateway.machine SET last_at = last_at - interval '2 minutes'`)
  await apply(amended(of(CNC, 9)), opened(of(CNC, 10)))
  const [row] = await central.sql(
    `SELECT now() - last_at < interval '1 minute' AS fresh FROM edge_gateway.machine WHERE machine_code = $1`,
    [CNC],
  )
  expect(row).toEqual({ fresh: true })
})

test('a gateway whose machine is renamed ends with every row closed and nothing in quarantine', async () => {
  const delivery = await startDelivery(central.settings({ batch: { rows: 100, lingerMs: 10 } }))
  await delivery.store([opened(of(CNC, 8)), downtime(of(CNC, 8))])
  await delivery.untilEmpty()
  await rename(CNC, 'MILL-1')
  await delivery.store([amended(of(CNC, 8)), opened(of(CNC, 9)), downtimeAmended(of(CNC, 8))])
  await delivery.untilEmpty()
  expect(delivery.uploader.health().summary.quarantineCount).toBe(1)
  // The map is corrected: the machine of the old code ends, and the one of the new code begins.
  await delivery.store([amended(of(CNC, 9)), opened(of('MILL-1', 10))])
  await delivery.untilEmpty()
  delivery.uploader.retryQuarantine()
  await delivery.until(() => delivery.uploader.health().summary.quarantineCount === 0)
  expect(await rowsOf(CNC)).toEqual([
    [8, 5],
    [9, 5],
    [10, null],
  ])
  expect(await stopsOf(CNC)).toEqual([[8, 5]])
})
