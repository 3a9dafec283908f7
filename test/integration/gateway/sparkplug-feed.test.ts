/** A gateway with a file for a feed in Sparkplug: its host sees the machine change, go and come back, and a judge finds nothing wrong. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { SparkplugJudge } from '../../support/sparkplug/judge.ts'
import { startSparkplugHost } from '../../support/sparkplug/sparkplug-host.ts'
import { tapBroker } from '../../support/sparkplug/tap.ts'
import { startWatchedGateway } from '../../support/watched-gateway.ts'

const NAMES = { group: 'SAV-1', node: 'edge-1' }
const HOST = 'scada'
const PATIENCE_MS = 60_000

let central: TestCentral
let broker: TestBroker
let state = 1
beforeAll(async () => {
  central = await startTestCentral()
  broker = await startBroker()
})
afterAll(async () => {
  await broker[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
})

function mapOf(port: number): string {
  return `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 50ms}
signals:
  state: {at: 40101, type: u16}
on_comm_loss: {after: 5s}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s}
status:
  - {when: {state: 1}, is: running, for: 0s}
  - {else: true, is: down, reason: jam, for: 0s}
`
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const untilMs = Date.now() + PATIENCE_MS
  while (!condition() && Date.now() < untilMs) await systemClock.sleep(20)
  expect(condition(), what).toBe(true)
}

test('a host sees the machine change, die with its link and come back', async () => {
  let device = await ModbusDevice.start(answerRegisters(() => state))
  const { port } = device
  const judge = new SparkplugJudge({ ...NAMES, primaryHost: HOST, nowMs: Date.now })
  await using wire = await tapBroker(broker, judge)
  await using host = await startSparkplugHost({ url: broker.url, hostId: HOST, ...NAMES })
  const folder = testFolder()
  const version = broker.versions.at(-1)
  mkdirSync(join(folder, 'routes'))
  writeFileSync(
    join(folder, 'routes', 'scada.yaml'),
    `route: scada
must: deliver
mqtt: {url: ${wire.url}, version: ${version}, format: sparkplug, sparkplug: {primary_host: ${HOST}}}
`,
  )
  const gateway = await startWatchedGateway(central, mapOf(port), 'edge-1', folder)
  const shows = (status: string) => () => host.present('CNC-01', 'Status/State') === status
  await until(shows('running'), 'it runs')
  state = 2
  await until(shows('down'), 'it is down')
  expect(host.present('CNC-01', 'Status/Reason')).toBe('jam')
  await until(() => host.events.some(({ kind }) => kind === 'status.closed'), 'the run has ended')

  state = 1
  await until(shows('running'), 'it runs again')
  await device[Symbol.asyncDispose]()
  await until(() => !host.aliveDevices.includes('CNC-01'), 'it is dead without its link')
  expect(host.isNodeAlive).toBe(true)
  device = await ModbusDevice.start(
    answerRegisters(() => state),
    port,
  )
  await until(() => host.aliveDevices.includes('CNC-01'), 'it is alive again')
  await until(shows('running'), 'it runs on')

  judge.stopping()
  await gateway[Symbol.asyncDispose]()
  await until(() => !host.isNodeAlive, 'the gateway has said goodbye')
  await device[Symbol.asyncDispose]()
  expect(judge.violations).toEqual([])
  expect(judge.counts.sessions).toBe(1)
}, 120_000)
