/** A machine in shadow, with a real gateway, device, scanner, log and central: it is shown, and nobody else ever learns of it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { SimulatedScanner } from '../../../simulators/scanner/scanner.ts'
import { tcpCable } from '../../../simulators/scanner/tcp-cable.ts'
import { openOutbox } from '../../../src/buffer/outbox.ts'
import { outboxOptions } from '../../../src/buffer/outbox-options.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { startBroker } from '../../support/broker.ts'
import { CENTRAL, recordingLog, testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { listen } from '../../support/feed.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startWatchedGateway, type WatchedGateway } from '../../support/watched-gateway.ts'

const RUNNING = 1
const STOPPED = 2

function machineMap(port: number, head = ''): string {
  return `machine: PRESS-07
${head}
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${port}, poll: 100ms}
signals: {state: {at: 40101, type: u16}}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s, micro_stop_below: 0s}
status:
  - {when: {state: ${RUNNING}}, is: running, for: 0s, release: 0s}
  - {else: true, is: down, for: 0s, release: 0s}
`
}
const SHADOW = 'shadow: true'

function stationMap(address: string): string {
  return `scanner: ST-12
port: {tcp: "${address}"}
station: {machine: PRESS-07, location: Line 3}
operator: {badge: '^BADGE-(?<employee_code>\\d+)$'}
rules:
  - {match: '^!(START|COMPLETE)$', is: command}
  - {match: '^RSN:(?<code>[a-z_]+)$', is: downtime_reason}
  - {match: '^(?<wo>WO-\\d+)$', is: work_order, lookup: work_orders.work_order_number}
  - {match: '^PART-\\d+$', is: serial}
reasons: {material_shortage: {category: material}}
ack: {good: "47", bad: "42"}
`
}

interface Press extends AsyncDisposable {
  readonly device: ModbusDevice
  state: number
}

async function press(): Promise<Press> {
  const machine = { state: RUNNING }
  const device = await ModbusDevice.start(answerRegisters(() => machine.state))
  return Object.assign(machine, { device, [Symbol.asyncDispose]: () => device[Symbol.asyncDispose]() })
}

/** What the log of the gateway holds, once it has stopped. */
async function eventsIn({ folder }: WatchedGateway, central: TestCentral): Promise<readonly Event[]> {
  const env = { MILLRACE_CENTRAL_PASSWORD: central.password }
  const config = loadConfig({ file: join(folder, 'gateway.yaml'), env, cwd: folder })
  const world = { clock: systemClock, log: recordingLog().log, bootId: 'boot-1', routes: [CENTRAL] }
  await using outbox = await openOutbox(outboxOptions(config, world))
  return (await outbox.read(0, 1_000)).map(({ event }) => event as Event)
}

const statusRows = (central: TestCentral) =>
  central.sql(`SELECT new_status, reason_code, changed_at, duration_minutes, notes
               FROM machine_status_history ORDER BY changed_at`)

const momentOf = (row: Awaited<ReturnType<typeof statusRows>>[number] | undefined) =>
  Number(row?.changed_at ?? Number.NaN)

const machineInCentral = (central: TestCentral) =>
  central.sql(
    `SELECT status, current_work_order_id, updated_at FROM machines WHERE machine_code = 'PRESS-07'`,
  )

/** What the machine would have written, as the console says it. */
async function rowsInShadow({ dataFolder }: WatchedGateway): Promise<unknown> {
  const { host, port } = JSON.parse(readFileSync(join(dataFolder, 'running.json'), 'utf8'))
  const answer = await fetch(`http://${host}:${port}/api/v1/machines/PRESS-07/shadow`)
  return answer.json()
}

async function shown(gateway: WatchedGateway, status: string): Promise<void> {
  await gateway.until(({ machines }) => expect(machines).toMatchObject([{ status, shadow: true }]))
}

test('a machine in shadow is shown, and neither the log nor central learns of it: running, stopping, restarting, at its end', async () => {
  await using central = await startTestCentral()
  const before = await machineInCentral(central)
  await using machine = await press()
  const map = machineMap(machine.device.port, SHADOW)
  const first = await startWatchedGateway(central, map)
  await shown(first, 'running')
  expect(await first.text()).toMatch(/PRESS-07 running .*in shadow/)
  expect(await first.status()).toMatchObject({
    healthy: true,
    machines: [{ shadow_since: expect.any(String) }],
  })
  machine.state = STOPPED
  await shown(first, 'down')
  const [{ shadow_since: since } = {}] = (await first.status()).machines
  await first[Symbol.asyncDispose]()
  expect(await eventsIn(first, central)).toEqual([])

  const second = await startWatchedGateway(central, map, 'edge-1', first.folder)
  await shown(second, 'down')
  machine.state = RUNNING
  await shown(second, 'running')
  expect((await second.status()).machines).toMatchObject([{ shadow_since: since }])
  expect(await rowsInShadow(second)).toMatchObject({
    since,
    rows: [
      { kind: 'status', status: 'running', until: null, cause: [{ signal: 'state', value: 1 }] },
      { kind: 'downtime', until: expect.any(String) },
      { kind: 'status', status: 'down', previous_status: 'running', until: expect.any(String) },
      { kind: 'status', status: 'running', until: expect.any(String) },
    ],
  })
  second.takeMapAway()
  await second.until(({ machines }) => expect(machines).toEqual([]))
  await second[Symbol.asyncDispose]()
  expect(await eventsIn(second, central)).toEqual([])
  expect(await statusRows(central)).toEqual([])
  expect(await central.sql('SELECT 1 FROM downtime_events')).toEqual([])
  expect(await machineInCentral(central)).toEqual(before)
  expect(await central.sql('SELECT machine_code FROM edge_gateway.machine')).toEqual([])
}, 120_000)

test('out of the shadow its rows begin at that moment, and into it the open row ends where the machine was last seen', async () => {
  await using central = await startTestCentral()
  await using machine = await press()
  const { port } = machine.device
  await using gateway = await startWatchedGateway(central, machineMap(port, SHADOW))
  machine.state = STOPPED
  await shown(gateway, 'down')

  const liveFrom = Date.now()
  gateway.map(machineMap(port))
  await vi.waitFor(async () => {
    const rows = await statusRows(central)
    expect(rows).toMatchObject([{ new_status: 'down', reason_code: null }])
    expect(momentOf(rows[0])).toBeGreaterThanOrEqual(liveFrom)
  }, 60_000)
  await gateway.until(({ machines }) => expect(machines[0]).not.toHaveProperty('shadow'))

  gateway.map(machineMap(port, SHADOW))
  machine.state = RUNNING
  await shown(gateway, 'running')
  const shownMs = Date.now()
  await vi.waitFor(async () => {
    expect(await statusRows(central)).toMatchObject([
      {
        new_status: 'down',
        duration_minutes: expect.any(Number),
        notes: expect.stringContaining('reconfigured'),
      },
      {
        new_status: 'available',
        reason_code: 'NO_DATA',
        notes: expect.stringContaining('map put into shadow'),
      },
    ])
  }, 60_000)
  expect(await central.sql('SELECT ended_at IS NOT NULL AS ended FROM downtime_events')).toEqual([
    { ended: true },
  ])
  const [, marker] = await statusRows(central)
  expect(momentOf(marker)).toBeLessThanOrEqual(shownMs)

  const again = Date.now()
  gateway.map(machineMap(port))
  await vi.waitFor(async () => {
    const [, , third] = await statusRows(central)
    expect(third).toMatchObject({ new_status: 'running' })
    expect(momentOf(third)).toBeGreaterThanOrEqual(again)
    expect(third?.notes).not.toContain('counted')
  }, 60_000)
}, 120_000)

test('a map that was put into shadow while the gateway stood ends the row where the machine was last seen', async () => {
  await using central = await startTestCentral()
  await using machine = await press()
  const { port } = machine.device
  const first = await startWatchedGateway(central, machineMap(port))
  await vi.waitFor(async () => expect(await statusRows(central)).toHaveLength(1), 60_000)
  await first[Symbol.asyncDispose]()
  const stoppedAt = Date.now()
  machine.state = STOPPED
  await using second = await startWatchedGateway(central, machineMap(port, SHADOW), 'edge-1', first.folder)
  await shown(second, 'down')
  await vi.waitFor(async () => {
    const rows = await statusRows(central)
    expect(rows).toMatchObject([
      { new_status: 'running' },
      { new_status: 'available', reason_code: 'NO_DATA' },
    ])
    expect(momentOf(rows[1])).toBeLessThanOrEqual(stoppedAt)
  }, 60_000)
}, 120_000)

test('what is scanned at its station is stored without it, and its reason and order show in the shadow only', async () => {
  await using central = await startTestCentral()
  const before = await machineInCentral(central)
  await using machine = await press()
  await using scanner = new SimulatedScanner({ name: 'ST-12', cable: await tcpCable(), beepMaxMs: 5_000 })
  const folder = testFolder()
  mkdirSync(join(folder, 'devices'))
  writeFileSync(join(folder, 'devices', 'press.yaml'), machineMap(machine.device.port, SHADOW))
  await using gateway = await startWatchedGateway(
    central,
    stationMap(scanner.cable.address),
    'edge-1',
    folder,
  )
  const lastBeep = async (code: string) => {
    await scanner.play([{ scan: code }])
    return scanner.beeps.at(-1)?.bytes.toString()
  }
  await shown(gateway, 'running')
  await gateway.until(({ scanners }) => expect(scanners).toMatchObject([{ state: 'connected' }]))
  await vi.waitFor(async () => expect(await lastBeep('BADGE-4711')).toBe('G'), {
    timeout: 60_000,
    interval: 200,
  })
  await scanner.play([{ scan: '!START' }])
  expect(await lastBeep('WO-1001')).toBe('G')
  expect(await lastBeep('PART-7')).toBe('G')
  machine.state = STOPPED
  await shown(gateway, 'down')
  expect(await lastBeep('RSN:material_shortage')).toBe('G')
  await gateway.until(({ machines }) =>
    expect(machines).toMatchObject([
      { reason: 'material_shortage', work_order: 'WO-1001', operator: expect.any(Number) },
    ]),
  )
  await vi.waitFor(
    async () =>
      expect(
        await central.sql(
          `SELECT scan_type, notes ~ 'machine=|PRESS' AS named, notes ~ 'wo=' AS ordered FROM qr_code_scans ORDER BY scanned_at`,
        ),
      ).toEqual([
        { scan_type: 'work_order_start', named: false, ordered: true },
        { scan_type: 'work_order', named: false, ordered: true },
        { scan_type: 'serial', named: false, ordered: false },
        { scan_type: 'downtime_reason', named: false, ordered: false },
      ]),
    60_000,
  )
  expect(await statusRows(central)).toEqual([])
  expect(await central.sql('SELECT 1 FROM downtime_events')).toEqual([])
  expect(await machineInCentral(central)).toEqual(before)
}, 120_000)

test('a live feed hears nothing of a machine in shadow, its connection included, until it comes out of it', async () => {
  await using central = await startTestCentral()
  await using broker = await startBroker()
  await using machine = await press()
  const { port } = machine.device
  const folder = testFolder()
  mkdirSync(join(folder, 'routes'))
  writeFileSync(
    join(folder, 'routes', 'shop-floor.yaml'),
    `route: shop-floor\nmust: best-effort\nmqtt: {url: ${broker.url}}\n`,
  )
  const listener = await listen(broker.url, { version: broker.versions.includes(5) ? 5 : 4 })
  const gateway = await startWatchedGateway(central, machineMap(port, SHADOW), 'edge-1', folder)
  await using _ = gateway
  const ofMachine = () =>
    listener.heard.filter(({ topic, said }) => /PRESS-07/.test(topic + JSON.stringify(said)))
  await shown(gateway, 'running')
  await gateway.until(({ routes }) =>
    expect(routes.find(({ route }) => route === 'shop-floor')).toMatchObject({ state: 'connected' }),
  )
  machine.state = STOPPED
  await shown(gateway, 'down')
  expect(ofMachine()).toEqual([])
  gateway.map(machineMap(port))
  await listener.until(() => listener.events.some(({ said }) => said?.status === 'down'))
  gateway.map(machineMap(port, SHADOW))
  await listener.until(() => listener.events.some(({ said }) => said?.reason === 'NO_DATA'))
  machine.state = RUNNING
  await shown(gateway, 'running')
  expect(listener.heard.filter(({ said }) => said?.status === 'running')).toEqual([])
}, 120_000)
