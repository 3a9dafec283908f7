import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType, OPCUACertificateManager, SecurityPolicy, StatusCodes } from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import { LinkLost } from '../../../src/domain/errors.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, endOf, readUntil, samplesOf, valuesOf } from '../../support/driver-bench.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const opcUaDriver = createOpcUaDriver()
// One folder for all tests: making keys takes longer than any of them.
const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const int32 = (value: number) => ({ dataType: DataType.Int32, value })
const STATE = { name: 'state', dataType: 'Int32', initial: int32(0) } as const
const SIGNALS = { state: { at: `nsu=${NAMESPACE};s=state` } }
const isFirst = (readings: readonly Reading[]) => readings.length === 1

function start(more: Partial<Parameters<typeof startOpcUaServer>[0]> = {}): Promise<OpcUaTestServer> {
  return startOpcUaServer({ folder, variables: [STATE], ...more })
}

function connect(url: string, settings: object = { security: 'None' }, signals: typeof SIGNALS = SIGNALS) {
  const device = deviceOf(opcUaDriver, { url, ...settings }, signals)
  return opcUaDriver.connect(device, driverContext(folder), new AbortController().signal)
}

/** Sets the state one by one, each time until the server has sampled it for its subscription, a tenth of a second at least. */
async function count(server: OpcUaTestServer, from: number, to: number): Promise<void> {
  for (let value = from; value <= to; value++) {
    server.set('state', int32(value))
    await Promise.all([server.sampled('state'), systemClock.sleep(100)])
  }
}

test('refuses a certificate that nobody trusted, and accepts it once it is trusted', async () => {
  await using server = await start()
  await expect(connect(server.url, {})).rejects.toMatchObject({
    code: 'link-untrusted',
    hint: expect.stringContaining(`millrace trust ${server.url}`),
  })
  const ours = new OPCUACertificateManager({
    rootFolder: join(folder, 'opcua', 'pki'),
    disableFileWatchers: true,
  })
  await ours.initialize()
  for (const certificate of server.certificates()) await ours.trustCertificate(certificate)
  await ours.dispose()

  await using connection = await connect(server.url, {})
  expect(valuesOf(await readUntil(connection, isFirst), 'state')).toEqual([0])
  expect(server.securityModes()).toEqual(['SignAndEncrypt'])
})

test('never settles for less security than asked for', async () => {
  await using server = await start({ policies: [SecurityPolicy.None] })
  await expect(connect(server.url, {})).rejects.toMatchObject({
    code: 'link-security',
    hint: expect.stringContaining('Basic256Sha256'),
  })
})

test('a user whose password cannot be read is told by file, and not sent', async () => {
  await using server = await start()
  const settings = { security: 'None', user: 'gateway', password_file: join(folder, 'no-such-file') }
  await expect(connect(server.url, settings)).rejects.toMatchObject({
    code: 'link-password',
    message: expect.stringContaining('no-such-file'),
  })
  expect(server.connections()).toBe(0)
})

test('a server that cannot be reached is told by its address', async () => {
  await expect(connect('opc.tcp://127.0.0.1:1')).rejects.toMatchObject({
    code: 'link-refused',
    message: expect.stringContaining('opc.tcp://127.0.0.1:1'),
  })
})

test('keeps quality and words of the server, and the time of the source', async () => {
  await using server = await start()
  await using connection = await connect(server.url)
  const sourceTime = new Date(Date.now() - 800)
  const readings = await readUntil(connection, (all) => {
    const told = samplesOf(all, 'state').length
    if (told === 1) server.set('state', int32(1), StatusCodes.UncertainLastUsableValue)
    if (told === 2) server.set('state', int32(1), StatusCodes.BadSensorFailure)
    if (told === 3) server.set('state', int32(1), StatusCodes.Good, sourceTime)
    return told === 4
  })
  const samples = samplesOf(readings, 'state')
  expect(samples.map(({ value, quality }) => [value, quality])).toEqual([
    [0, 'good'],
    [1, 'uncertain'],
    [null, 'bad'],
    [1, 'good'],
  ])
  expect(samples[2]?.detail).toContain('BadSensorFailure')
  const monotonic = samples.map(({ at }) => at.monoMs)
  expect(monotonic).toEqual(monotonic.toSorted((a, b) => a - b))
})

// Faults of the catalogue: [A5] [D5]
test('a source time days away from ours is not believed', async () => {
  await using server = await start()
  await using connection = await connect(server.url)
  const readings = await readUntil(connection, (all) => {
    if (all.length === 1) server.set('state', int32(5), StatusCodes.Good, new Date('2001-01-01T00:00:00Z'))
    return valuesOf(all, 'state').includes(5)
  })
  const [, last] = samplesOf(readings, 'state')
  expect(Math.abs((last?.at.wallMs ?? 0) - Date.now())).toBeLessThan(10_000)
})

// Fault of the catalogue: [A1]
test('loses none of forty values that came while the link was silent', async () => {
  await using server = await start()
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using connection = await connect(`opc.tcp://127.0.0.1:${proxy.port}`)
  const readings = readUntil(connection, (all) => valuesOf(all, 'state').includes(40))
  await systemClock.sleep(500)
  for (const direction of ['to-server', 'to-client'] as const) proxy.impair(direction, { kind: 'hold' })
  await count(server, 1, 40)
  proxy.repair()
  const samples = samplesOf(await readings, 'state')
  expect(samples.map(({ value }) => value)).toEqual(Array.from({ length: 41 }, (_, n) => n))
  // They keep the times at which they came to be, although they were older than 5 s in the end.
  const spreadMs = (samples.at(-1)?.at.monoMs ?? 0) - (samples[1]?.at.monoMs ?? 0)
  expect(spreadMs).toBeGreaterThan(3_000)
})

test('loses no value when the connection is cut and the server keeps the session', async () => {
  await using server = await start()
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using connection = await connect(`opc.tcp://127.0.0.1:${proxy.port}`)
  const readings = readUntil(connection, (all) => valuesOf(all, 'state').includes(15))
  await systemClock.sleep(500)
  proxy.reset()
  await count(server, 1, 15)
  expect(valuesOf(await readings, 'state')).toEqual(Array.from({ length: 16 }, (_, n) => n))
})

// Fault of the catalogue: [A2]
test('ends with LinkLost when the server is restarted, and connects to the new one', async () => {
  const first = await start()
  const connection = await connect(first.url)
  const end = endOf(connection)
  await first.stop()
  expect(await end).toBeInstanceOf(LinkLost)
  await connection[Symbol.asyncDispose]()

  await using second = await start({ port: first.port })
  await using again = await connect(second.url)
  expect(valuesOf(await readUntil(again, isFirst), 'state')).toEqual([0])
})

test('polls in requests that are no longer than the server allows', async () => {
  const names = Array.from({ length: 7 }, (_, n) => `v${n}`)
  const variables = names.map((name, n) => ({ name, dataType: 'Int32' as const, initial: int32(n) }))
  await using server = await start({ variables, maxNodesPerRead: 3 })
  const signals = Object.fromEntries(names.map((name) => [name, { at: `nsu=${NAMESPACE};s=${name}` }]))
  const device = deviceOf(opcUaDriver, { url: server.url, security: 'None', mode: 'poll' }, signals)
  await using connection = await opcUaDriver.connect(
    device,
    driverContext(folder),
    new AbortController().signal,
  )
  const [reading] = await readUntil(connection, isFirst)
  expect(reading?.samples.map(({ value, quality }) => [value, quality])).toEqual(
    names.map((_, n) => [n, 'good']),
  )
})

test('a fraction where the map expects bits ends neither the link nor the readings', async () => {
  const level = {
    name: 'level',
    dataType: 'Double',
    initial: { dataType: DataType.Double, value: 4.5 },
  } as const
  await using server = await start({ variables: [STATE, level] })
  const signals = { ...SIGNALS, level: { at: `nsu=${NAMESPACE};s=level`, mask: 0x4 } }
  await using connection = await connect(server.url, { security: 'None' }, signals)
  const readings = await readUntil(connection, (all) => {
    server.set('state', int32(all.length))
    server.set('level', { dataType: DataType.Double, value: all.length + 0.5 })
    return valuesOf(all, 'state').includes(3)
  })
  expect(samplesOf(readings, 'level').length).toBeGreaterThan(0)
})
