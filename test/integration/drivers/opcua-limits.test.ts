import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataType } from 'node-opcua'
import { afterAll, describe, expect, test } from 'vitest'
import type { DeviceLink } from '../../../src/domain/driver.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { deviceOf, driverContext, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { cannotSend, makesAtMost, makesSlowly, readsAtMost } from '../../support/opcua-limits.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { startSilentServer } from '../../support/silent-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-limits-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** In a Hello message, behind its header of 8 bytes, the protocol's version and the size of what we receive (OPC 10000-6, 7.1.2.3). */
const SEND_BUFFER_SIZE_AT = 16

const MODES = ['subscribe', 'poll'] as const

type Options = Partial<Parameters<typeof startOpcUaServer>[0]>

const namesOf = (count: number, length = 0) =>
  Array.from({ length: count }, (_, n) => `v${n}`.padEnd(length, '_'))

/** Each variable holds its own place in the list. */
function start(names: readonly string[], options: Options = {}): Promise<OpcUaTestServer> {
  const variables = names.map((name, value) => ({
    name,
    dataType: 'Int32' as const,
    initial: { dataType: DataType.Int32, value },
  }))
  return startOpcUaServer({ folder, variables, ...options })
}

async function connect(server: OpcUaTestServer, names: readonly string[], mode: string): Promise<DeviceLink> {
  const driver = createOpcUaDriver()
  const signals = Object.fromEntries(names.map((name) => [name, { at: `nsu=${NAMESPACE};s=${name}` }]))
  const device = deviceOf(driver, { url: server.url, security: 'None', mode }, signals)
  return driver.connect(device, driverContext(folder), new AbortController().signal)
}

/** That every signal has its value, and that one session was enough to get them. */
async function expectAllRead(server: OpcUaTestServer, names: readonly string[], mode: string): Promise<void> {
  await using link = await connect(server, names, mode)
  const readings = await readUntil(link, ({ length }) => length === 1)
  expect(badOf(readings)).toEqual([])
  expect(names.map((name) => valuesOf(readings, name)[0])).toEqual(names.map((_, n) => n))
  expect(server.requests('CreateSessionRequest')).toBe(1)
}

function badOf(readings: readonly Reading[]) {
  return readings.flatMap(({ samples }) => samples.filter(({ quality }) => quality !== 'good'))
}

describe.each(MODES)('with mode: %s', (mode) => {
  test('a server that reads one node at a time, and does not say so', async () => {
    const names = namesOf(5)
    await using server = await start(names)
    server.teach(readsAtMost(1))
    await expectAllRead(server, names, mode)
  })

  test('a server that says that it reads two nodes at a time', async () => {
    const names = namesOf(7)
    await using server = await start(names, { maxNodesPerRead: 2 })
    await expectAllRead(server, names, mode)
  })

  test('a server that takes small requests only, and does not say so', async () => {
    const names = namesOf(170)
    await using server = await start(names)
    server.teach(readsAtMost(50))
    server.teach(makesAtMost(30))
    await expectAllRead(server, names, mode)
  })

  // Fault of the catalogue: [A6]
  test('a server that takes messages of 16 KiB, with 300 signals of long names', async () => {
    const names = namesOf(300, 40)
    await using server = await start(names, { maxMessageSize: 16 * 1024 })
    await expectAllRead(server, names, mode)
  })
})

test('a server that takes 20 ms to make each of 300 items gets them in one session', async () => {
  const names = namesOf(300)
  await using server = await start(names)
  server.teach(makesSlowly(20))
  await expectAllRead(server, names, 'subscribe')
})

test('a value that is too large for a message is bad by itself, and the others are read in large requests', async () => {
  const names = namesOf(60)
  await using server = await start(names)
  server.teach(cannotSend('v7'))
  await using link = await connect(server, names, 'poll')
  const readings = await readUntil(link, ({ length }) => length === 1)
  expect(badOf(readings)).toMatchObject([{ signal: 'v7', detail: expect.stringContaining('larger than') }])
  const before = server.requests('ReadRequest')
  await readUntil(link, ({ length }) => length === 4)
  expect(server.requests('ReadRequest') - before).toBeLessThanOrEqual(5)
})

// The library takes memory for a whole piece at each request, and asks for 640 KB unless it is told otherwise.
test('a request is sent in pieces of 64 KB', async () => {
  await using server = await startSilentServer()
  const driver = createOpcUaDriver()
  const url = `opc.tcp://127.0.0.1:${server.port}`
  const device = deviceOf(driver, { url, security: 'None' }, { s: { at: 'i=1' } })
  const giveUp = new AbortController()
  const connecting = driver.connect(device, driverContext(folder), giveUp.signal).catch(() => {})
  const hello = await server.firstWords
  expect(hello.toString('latin1', 0, 3)).toBe('HEL')
  expect(hello.readUInt32LE(SEND_BUFFER_SIZE_AT)).toBe(65_536)
  giveUp.abort()
  await connecting
})
