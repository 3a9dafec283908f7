/** What becomes of a machine that the MES renames, and of one that two gateways read; with real gateways, a real device and central. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { historyIn } from '../../support/central-tiling.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway, troublesOf, type WatchedGateway } from '../../support/watched-gateway.ts'

let central: TestCentral
beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await central.sql(`TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine,
    edge_gateway.incident, edge_gateway.machine`)
  await rename('MILL-1', 'CNC-01')
})

/** Both sides are compared, and the quarantine is tried, every 20 s. */
const PATIENCE_MS = 120_000

async function startPress() {
  let state = 1
  const device = await ModbusDevice.start(answerRegisters(() => state))
  return {
    show: (next: number) => {
      state = next
    },
    mapOf: (machine: string) => `machine: ${machine}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
status: [{when: {state: 1}, is: running, for: 0s}, {else: true, is: idle, for: 0s}]
`,
    [Symbol.asyncDispose]: () => device[Symbol.asyncDispose](),
  }
}

const rename = (from: string, to: string) =>
  central.sql(
    `UPDATE machines SET machine_code = $2 WHERE machine_code = $1
     AND organization_id = (SELECT id FROM organizations WHERE code = 'SAV')`,
    [from, to],
  )

async function untilRows(count: number): Promise<void> {
  await expect.poll(async () => (await historyIn(central)).length, { timeout: 60_000 }).toBe(count)
}

// Fault of the catalogue: [H3]
test('a machine is renamed, then its map is corrected: nothing stays open, and nothing in quarantine', {
  timeout: PATIENCE_MS,
}, async () => {
  await using press = await startPress()
  await using gateway = await startWatchedGateway(central, press.mapOf('CNC-01'))
  await untilRows(1)
  await rename('CNC-01', 'MILL-1')
  press.show(2)
  await gateway.until((report) =>
    expect(troublesOf(report)['central-quarantine']).toContain(
      'it calls the machine "MILL-1" now; correct machine: in its device map',
    ),
  )
  gateway.map(press.mapOf('MILL-1'))
  await untilRows(4)
  await gateway.until((report) => expect(troublesOf(report)).toEqual({}))
  const rows = await historyIn(central)
  expect(await central.sql('SELECT FROM edge_gateway.quarantine WHERE released_at IS NULL')).toEqual([])
  expect([...new Set(rows.map(({ machine }) => machine))]).toEqual(['MILL-1'])
  expect(rows.map(({ status, reason }) => reason ?? status)).toEqual(['running', 'idle', 'NO_DATA', 'idle'])
  expect(rows.filter(({ minutes, reason }) => minutes === null && reason === null)).toHaveLength(1)
})

// Fault of the catalogue: [H2]
test('a card is cloned and only the copy’s name changed: both gateways say so, until the map is taken from one', {
  timeout: PATIENCE_MS,
}, async () => {
  await using press = await startPress()
  await using one = await startWatchedGateway(central, press.mapOf('CNC-01'), 'edge-1')
  await using two = await startWatchedGateway(central, press.mapOf('CNC-01'), 'edge-2')
  const later = (time: string) =>
    central.sql(
      'UPDATE edge_gateway.machine SET first_at = first_at - $1::interval, last_at = last_at - $1::interval',
      [time],
    )
  const untilClaimed = (gateway: WatchedGateway, by: string) =>
    gateway.until((report) =>
      expect(troublesOf(report)['central-claimed']).toBe(
        `gateway "${by}" writes rows of CNC-01 too, so each is in central twice`,
      ),
    )
  await untilRows(2)
  await later('2 minutes')
  press.show(2)
  await untilRows(4)
  await untilClaimed(one, 'edge-2')
  await untilClaimed(two, 'edge-1')

  two.map(press.mapOf('PRESS-07'))
  await untilRows(6)
  await later('31 minutes')
  press.show(1)
  for (const gateway of [one, two])
    await gateway.until((report) => expect(troublesOf(report)).not.toHaveProperty('central-claimed'))
})
