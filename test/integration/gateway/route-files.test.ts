/** Routes out of files while the gateway runs: added, changed, spoilt, mended and taken away, with central and the machine untouched. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import type { StatusReport } from '../../../src/console/report.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import { ROUTE_KINDS } from '../../../src/routes/index.ts'
import type { RouteKind } from '../../../src/routes/route-kind.ts'
import { archivedEvents } from '../../seams/archive-route.ts'
import { archiveKind } from '../../support/archive-kind.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { answerRegisters, ModbusDevice } from '../../support/modbus-device.ts'
import { startSilentServer } from '../../support/silent-server.ts'
import { startWatchedGateway, troublesOf, type WatchedGateway } from '../../support/watched-gateway.ts'

/** The press changes its state so often that something is always on its way. */
const SHOWN_MS = 400

const faultyKind: RouteKind = {
  key: 'faulty',
  schema: z.object({ faulty: z.unknown() }),
  settle: () => ({}),
  create: () => {
    throw new Error('a mistake in the program')
  },
}

let central: TestCentral
let device: ModbusDevice
let folder: string

beforeAll(async () => {
  central = await startTestCentral()
  device = await ModbusDevice.start(answerRegisters(() => Math.floor(Date.now() / SHOWN_MS) % 2))
})
afterAll(async () => {
  await device[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  )
  folder = testFolder()
  mkdirSync(join(folder, 'routes'))
})

function start(): Promise<WatchedGateway> {
  const map = `machine: CNC-01
device: {driver: modbus-tcp, host: 127.0.0.1, port: ${device.port}, poll: 50ms}
signals:
  state: {at: 40101, type: u16}
stops: {ignore_stop_below: 0s, ignore_run_below: 0s}
status:
  - {when: {state: 1}, is: running, for: 0s}
  - {else: true, is: idle, for: 0s}
`
  return startWatchedGateway(central, map, 'edge-1', folder, [archiveKind, faultyKind, ...ROUTE_KINDS])
}

function write(name: string, must: string, file: string): void {
  writeFileSync(
    join(folder, 'routes', name),
    `route: line-archive\nmust: ${must}\narchive: {file: ${file}}\n`,
  )
}

function routeIn({ routes }: StatusReport): StatusReport['routes'][number] | undefined {
  return routes.find(({ route }) => route === 'line-archive')
}

/** Whether the archive has every event from the first on, once each. */
async function hasAllSoFar(gateway: WatchedGateway, file: string): Promise<void> {
  await gateway.until((report) => {
    expect(routeIn(report)).toMatchObject({ state: 'connected' })
    expect(archivedEvents(file, eventCodec).length).toBeGreaterThan(3)
  })
  const events = archivedEvents(file, eventCodec).map((event) => JSON.stringify(event))
  expect(new Set(events).size).toBe(events.length)
}

test('a route that is added and changed while the gateway runs is started and restarted alone', async () => {
  await using gateway = await start()
  await gateway.until((report) => {
    expect(report.central.state).toBe('connected')
    expect(report.machines[0]?.status).not.toBeNull()
    expect(report.routes.map(({ route }) => route)).toEqual(['central'])
  })
  write('a.yaml', 'deliver', '../a.db')
  await hasAllSoFar(gateway, join(folder, 'a.db'))
  write('a.yaml', 'deliver', '../b.db')
  gateway.reload()
  await hasAllSoFar(gateway, join(folder, 'b.db'))
  expect(gateway.told('route in force')).toHaveLength(1)
  expect(gateway.told('route changed, and started again')).toHaveLength(1)
  expect(gateway.told('central is connected')).toHaveLength(1)
  expect((await gateway.status()).degraded).toEqual([])
})

test('a file that turns bad changes nothing, over a restart too, and is named until it is mended', async () => {
  write('a.yaml', 'deliver', '../a.db')
  {
    await using gateway = await start()
    await hasAllSoFar(gateway, join(folder, 'a.db'))
    writeFileSync(join(folder, 'routes/a.yaml'), 'route: line-archive\nmust: deliver\narchive: {fiel: x}\n')
    await gateway.until((report) => expect(troublesOf(report)).toHaveProperty('route-faults'))
    expect(routeIn(await gateway.status())).toMatchObject({ state: 'connected' })
  }
  await using gateway = await start()
  await hasAllSoFar(gateway, join(folder, 'a.db'))
  const { degraded } = await gateway.status()
  expect(degraded).toContainEqual({
    code: 'route-faults',
    what: 'routes/a.yaml:3:11: unknown key "fiel"',
    hint: 'did you mean "file"?; until then the last good version of the route goes on',
    since: null,
  })
  expect(gateway.told('the last good version of the route goes on: routes/a.yaml:3:11')).toHaveLength(1)
  write('a.yaml', 'deliver', '../a.db')
  await gateway.until((report) => expect(report.degraded).toEqual([]))
})

test('a bad file that never was good stops nothing, and its events are kept until it is mended', async () => {
  writeFileSync(join(folder, 'routes/a.yaml'), 'route: line-archive\nmust: deliver\narchive:\n')
  await using gateway = await start()
  await gateway.until((report) => {
    expect(report.central.state).toBe('connected')
    expect(routeIn(report)).toMatchObject({ must: 'deliver', state: 'held' })
    expect(routeIn(report)?.pending).toBeGreaterThan(3)
    expect(troublesOf(report)).toHaveProperty('route-faults')
  })
  expect(await gateway.text()).toContain('line-archive held')
  write('a.yaml', 'deliver', '../a.db')
  await hasAllSoFar(gateway, join(folder, 'a.db'))
})

test('a route whose file is taken away ends once it has what was stored until then', async () => {
  write('a.yaml', 'deliver', '../gone/a.db')
  await using gateway = await start()
  await gateway.until((report) => expect(routeIn(report)).toMatchObject({ state: 'away' }))
  rmSync(join(folder, 'routes/a.yaml'))
  gateway.reload()
  await gateway.until(() => expect(gateway.told('it ends once it has what is stored by now')).toHaveLength(1))
  expect(routeIn(await gateway.status())).toMatchObject({ state: 'away' })
  mkdirSync(join(folder, 'gone'))
  await gateway.until((report) => expect(routeIn(report)).toBeUndefined())
  expect(archivedEvents(join(folder, 'gone/a.db'), eventCodec).length).toBeGreaterThan(1)
  await gateway.until(() => expect(gateway.told('it has all that was stored until then')).toHaveLength(1))
  expect(existsSync(join(gateway.dataFolder, 'routes/line-archive.json'))).toBe(false)
})

test('a route at best effort ends with its file, whatever it still lacks', async () => {
  write('a.yaml', 'best-effort', '../gone/a.db')
  await using gateway = await start()
  await gateway.until((report) => expect(routeIn(report)).toMatchObject({ state: 'away' }))
  rmSync(join(folder, 'routes/a.yaml'))
  gateway.reload()
  await gateway.until((report) => expect(routeIn(report)).toBeUndefined())
  await gateway.until(() => expect(gateway.told('line-archive is over')).toHaveLength(1))
  expect((await gateway.status()).degraded).toEqual([])
})

test('the whole folder gone is taken for a mistake: its routes go on', async () => {
  write('a.yaml', 'deliver', '../a.db')
  await using gateway = await start()
  await hasAllSoFar(gateway, join(folder, 'a.db'))
  rmSync(join(folder, 'routes'), { recursive: true })
  gateway.reload()
  await gateway.until((report) => expect(troublesOf(report)).toHaveProperty('route-faults'))
  expect(routeIn(await gateway.status())).toMatchObject({ state: 'connected' })
  mkdirSync(join(folder, 'routes'))
  await gateway.until((report) => expect(routeIn(report)).toBeUndefined())
})

test('a route that waits for a destination which says nothing is replaced all the same', async () => {
  await using broker = await startSilentServer()
  const text = `route: line-archive\nmust: deliver\nmqtt: {url: "mqtt://127.0.0.1:${broker.port}"}\n`
  writeFileSync(join(folder, 'routes/a.yaml'), text)
  await using gateway = await start()
  await gateway.until(() => expect(broker.heard).toBeGreaterThan(0))
  write('a.yaml', 'deliver', '../a.db')
  await hasAllSoFar(gateway, join(folder, 'a.db'))
  await gateway.until(() => expect(broker.connections).toBe(0))
})

test('a kind of route that fails in itself keeps no other route from running', async () => {
  writeFileSync(join(folder, 'routes/0.yaml'), 'route: faulty\nmust: best-effort\nfaulty: {}\n')
  write('a.yaml', 'deliver', '../a.db')
  await using gateway = await start()
  await hasAllSoFar(gateway, join(folder, 'a.db'))
  await gateway.until((report) => expect(troublesOf(report)).toHaveProperty('part-restarts'))
  rmSync(join(folder, 'routes/0.yaml'))
  await gateway.until(({ central: { state }, routes }) => {
    expect(state).toBe('connected')
    expect(routes.map(({ route }) => route)).toEqual(['central', 'line-archive'])
  })
  write('a.yaml', 'deliver', '../b.db')
  await hasAllSoFar(gateway, join(folder, 'b.db'))
})

test('what a disk does not take of a route file is said, and kept by itself once it takes it', async () => {
  mkdirSync(join(folder, 'data'), { recursive: true })
  const kept = join(folder, 'data', 'routes')
  writeFileSync(kept, 'a file in the way')
  await using gateway = await start()
  write('a.yaml', 'deliver', '../a.db')
  await gateway.until((report) => expect(troublesOf(report)['route-faults']).toContain('could not be kept'))
  rmSync(kept)
  await gateway.until((report) => expect(report.degraded).toEqual([]))
  expect(existsSync(join(kept, 'line-archive.json'))).toBe(true)
})
