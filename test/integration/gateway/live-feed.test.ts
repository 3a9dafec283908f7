/** A gateway with a file for a live feed: a listener sees the machine change, and central notices nothing of a broker that goes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type Heard, listen } from '../../support/feed.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const MACHINE = 'SAV/SAV-1/Milling/L1/CNC-01'
const PRESENCE = 'SAV/SAV-1/gateway/edge-1/availability'

let central: TestCentral
let broker: TestBroker
let device: ModbusDevice
let state = 1
beforeAll(async () => {
  central = await startTestCentral()
  broker = await startBroker()
  device = await ModbusDevice.start(answerRegisters(() => state))
})
afterAll(async () => {
  await device[Symbol.asyncDispose]()
  await broker[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
})

function mapOf({ port }: ModbusDevice): string {
  return `machine: CNC-01
place: {area: Milling, line: L1}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 50ms}
signals:
  state: {at: 40101, type: u16}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s}
status:
  - {when: {state: 1}, is: running, for: 0s}
  - {else: true, is: down, reason: jam, for: 0s}
`
}

/** The status that the machine shows, as it was said last. */
function shownIn(heard: readonly Heard[]): unknown {
  return heard.findLast(({ topic }) => topic === `${MACHINE}/status`)?.said?.status
}

function presenceIn(heard: readonly Heard[]): unknown {
  return heard.findLast(({ topic }) => topic === PRESENCE)?.said?.state
}

test('a listener sees each machine change at its place, and central gets its rows while the broker is away', async () => {
  const folder = testFolder()
  const version = broker.versions.includes(5) ? 5 : 4
  mkdirSync(join(folder, 'routes'))
  writeFileSync(
    join(folder, 'routes', 'shop-floor.yaml'),
    `route: shop-floor\nmust: best-effort\nmqtt: {url: ${broker.url}}\n`,
  )
  const listener = await listen(broker.url, { version })
  const gateway = await startWatchedGateway(central, mapOf(device), 'edge-1', folder)
  await listener.until((heard) => presenceIn(heard) === 'online' && shownIn(heard) === 'running')
  state = 2
  await listener.until((heard) => shownIn(heard) === 'down')
  await listener.until(() => listener.events.some(({ said }) => said?.status === 'down'))
  const stop = listener.events.find(({ said }) => said?.status === 'down')
  expect(stop).toMatchObject({
    topic: `${MACHINE}/event/status/opened`,
    said: { reason: 'jam', machine: 'CNC-01' },
  })
  expect(stop?.said?.historical).toBeUndefined()

  await broker.stop()
  state = 1
  await gateway.until((report) => {
    expect(report.routes.find(({ route }) => route === 'shop-floor')).toMatchObject({ state: 'away' })
    expect(report.central.state).toBe('connected')
    expect(report.outbox.pending).toBe(0)
    expect(report.machines[0]?.status).toBe('running')
  })
  await broker.start()
  await listener.until((heard) => shownIn(heard) === 'running')
  await gateway[Symbol.asyncDispose]()
  await listener.until((heard) => presenceIn(heard) === 'offline')
  const rows = await central.sql('SELECT new_status FROM machine_status_history ORDER BY changed_at')
  expect(rows.map(({ new_status }) => new_status)).toEqual(['running', 'down', 'running'])
})
