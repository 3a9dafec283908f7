/** One machine is in the maps of two gateways: a card was cloned and the copy got another name, but kept the maps. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, opened } from '../../support/central-events.ts'
import { type Delivery, startDelivery } from '../../support/delivery.ts'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
    edge_gateway.incident, edge_gateway.machine`),
)

/** No two gateways poll at the same millisecond. */
const at = (hour: number, ms = 0) => `2026-01-31T${String(hour).padStart(2, '0')}:00:00.00${ms}Z`
const gateway = (name: string) =>
  startDelivery(central.settings({ gateway: name, batch: { rows: 100, lingerMs: 10 } }))
/** The machine shows another status: the row of one hour ends, and that of the next begins. */
async function see(hour: number, ...gateways: readonly Delivery[]): Promise<void> {
  for (const [ms, { store, untilEmpty }] of gateways.entries()) {
    await store([...(hour > 8 ? [amended({ at: at(hour - 1, ms) })] : []), opened({ at: at(hour, ms) })])
    await untilEmpty()
  }
}
/** Time goes by, as central sees it: nothing but what gateways wrote down of themselves becomes older. */
const later = (time: string, name = '%') =>
  central.sql(
    `UPDATE edge_gateway.machine SET first_at = first_at - $1::interval, last_at = last_at - $1::interval
     WHERE gateway_id LIKE $2`,
    [time, name],
  )
const claims = ({ uploader }: Delivery) =>
  uploader
    .health()
    .troubles.filter(({ code }) => code === 'central-claimed')
    .map(({ what }) => what)
/** Both sides are compared every 20 s; this asks for it now. */
async function untilClaimed(delivery: Delivery, isClaimed: boolean): Promise<void> {
  await delivery.until(() => {
    delivery.uploader.retryQuarantine()
    return claims(delivery).length > 0 === isClaimed
  })
}
/** What a gateway that connects now is told. */
async function claimsMet(name: string): Promise<readonly string[]> {
  await using session = await createMesDestination(central.settings({ gateway: name })).connect(
    AbortSignal.timeout(30_000),
  )
  await session.head()
  return session.troubles.map(({ code }) => code)
}
const incidents = () =>
  central.sql(`SELECT gateway_id AS gateway, detail->>'machine' AS machine, detail->>'otherGateway' AS other
    FROM edge_gateway.incident WHERE kind = 'claim' ORDER BY 1`)

test('both gateways name the machine and the other gateway, central has one incident of each, and it ends by itself', async () => {
  const one = await gateway('edge-1')
  const two = await gateway('edge-2')
  await see(8, one, two)
  await later('2 minutes')
  await see(9, one, two)
  await untilClaimed(one, true)
  await untilClaimed(two, true)
  expect(claims(one)).toEqual(['gateway "edge-2" writes rows of CNC-01 too, so each is in central twice'])
  expect(claims(two)).toEqual(['gateway "edge-1" writes rows of CNC-01 too, so each is in central twice'])
  await see(10, one, two)
  await see(11, one, two)
  expect(await incidents()).toEqual([
    { gateway: 'edge-1', machine: 'CNC-01', other: 'edge-2' },
    { gateway: 'edge-2', machine: 'CNC-01', other: 'edge-1' },
  ])

  await two.stop()
  await later('31 minutes')
  await see(12, one)
  await untilClaimed(one, false)
  expect(await incidents()).toHaveLength(2)
})

test('a machine that was taken over by another gateway alarms neither of them', async () => {
  const one = await gateway('edge-1')
  const two = await gateway('edge-2')
  await see(8, one)
  await later('2 minutes')
  await see(9, one)
  await later('2 minutes')
  await two.store([opened({ at: at(10) })])
  await two.untilEmpty()
  await later('2 minutes', 'edge-2')
  await see(11, two)
  expect([...(await claimsMet('edge-1')), ...(await claimsMet('edge-2'))]).toEqual([])
  expect(await incidents()).toEqual([])
})

test('closings that still wait for a row that is nowhere do not count as writing', async () => {
  const one = await gateway('edge-1')
  const two = await gateway('edge-2')
  await see(8, one)
  await one.store([amended({ at: at(7) })])
  await one.untilEmpty()
  expect(one.uploader.health().summary.quarantineCount).toBe(1)
  await later('2 minutes')
  await two.store([opened({ at: at(9, 1) })])
  await two.untilEmpty()
  await later('2 minutes', 'edge-2')
  one.uploader.retryQuarantine()
  await one.store([amended({ at: at(6) })])
  await one.untilEmpty()
  expect([...(await claimsMet('edge-1')), ...(await claimsMet('edge-2'))]).toEqual([])
})

test('machines of their own, and names that another organization uses too, alarm nobody', async () => {
  const one = await gateway('edge-1')
  const two = await gateway('edge-2')
  for (const hour of [8, 9]) {
    await see(hour, one)
    await two.store([opened({ subject: 'machine:PRESS-07', at: at(hour) })])
    await two.untilEmpty()
    await later('2 minutes')
  }
  await central.sql(`INSERT INTO edge_gateway.machine (organization_id, gateway_id, machine_code, rows_from, machine_id, first_at)
    SELECT organization_id + 1, 'edge-3', machine_code, rows_from, machine_id, first_at - interval '1 hour' FROM edge_gateway.machine`)
  expect([...(await claimsMet('edge-1')), ...(await claimsMet('edge-2'))]).toEqual([])
})
