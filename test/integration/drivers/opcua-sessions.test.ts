import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateSubscriptionRequest,
  CreateSubscriptionResponse,
  DataType,
  type ServerSession,
  ServerState,
  StatusCodes,
} from 'node-opcua'
import { afterAll, expect, test } from 'vitest'
import type { DeviceLink } from '../../../src/domain/driver.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deviceOf, driverContext, endOf, readUntil, valuesOf } from '../../support/driver-bench.ts'
import { refuses, refusesToPublish } from '../../support/opcua-limits.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-sessions-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const STATE = { name: 'state', dataType: 'Int32', initial: { dataType: DataType.Int32, value: 0 } } as const
const SIGNALS = { state: { at: `nsu=${NAMESPACE};s=state` } }
const WAIT = { timeout: 60_000, interval: 20 }

function start(maxSessions = 0): Promise<OpcUaTestServer> {
  return startOpcUaServer({ folder, variables: [STATE], maxSessions })
}

/** The devices of one gateway, all of them at one server. */
function gateway(url: string, settings: object = {}) {
  const driver = createOpcUaDriver()
  return {
    connect: (signal = new AbortController().signal): Promise<DeviceLink> =>
      driver.connect(
        deviceOf(driver, { url, security: 'None', ...settings }, SIGNALS),
        driverContext(folder),
        signal,
      ),
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  }
}

function sessions(server: OpcUaTestServer) {
  return {
    open: server.engine.engine.currentSessionCount,
    created: server.requests('CreateSessionRequest'),
    closed: server.requests('CloseSessionRequest'),
  }
}

function set(server: OpcUaTestServer, value: number): void {
  server.set('state', { dataType: DataType.Int32, value })
}

/** Reads on until the state has this value. */
function untilState(link: DeviceLink, value: number) {
  return readUntil(link, (all) => valuesOf(all, 'state').includes(value))
}

for (const mode of ['subscribe', 'poll']) {
  test(`four machines at a PLC with one session are all read (${mode})`, async () => {
    await using server = await start(1)
    await using all = gateway(server.url, { mode })
    const links = await Promise.all([all.connect(), all.connect(), all.connect(), all.connect()])
    const readings = links.map((link) => untilState(link, 4))
    set(server, 4)
    await Promise.all(readings)
    expect(sessions(server)).toEqual({ open: 1, created: 1, closed: 0 })
    for (const link of links) await link[Symbol.asyncDispose]()
    expect(sessions(server)).toEqual({ open: 0, created: 1, closed: 1 })
  })

  test(`a machine that is replaced, or whose map comes later, disturbs no other (${mode})`, async () => {
    await using server = await start(1)
    await using all = gateway(server.url, { mode })
    const first = await all.connect()
    const readings = untilState(first, 9)
    for (let round = 1; round <= 3; round++) {
      const other = await all.connect()
      set(server, round)
      await untilState(other, round)
      await other[Symbol.asyncDispose]()
      // Polling sees what is there at each poll, so each value stays for some of them.
      await systemClock.sleep(200)
    }
    set(server, 9)
    expect(valuesOf(await readings, 'state')).toEqual([0, 1, 2, 3, 9])
    expect(sessions(server)).toEqual({ open: 1, created: 1, closed: 0 })
    await expect.poll(() => subscriptions(server), WAIT).toBe(mode === 'subscribe' ? 1 : 0)
    await first[Symbol.asyncDispose]()
  })

  test(`a session whose connection broke is closed all the same (${mode})`, async () => {
    await using server = await start(1)
    await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
    await using all = gateway(`opc.tcp://127.0.0.1:${proxy.port}`, { mode })
    const link = await all.connect()
    await untilState(link, 0)
    proxy.refuse()
    proxy.reset()
    await endOf(link)
    await link[Symbol.asyncDispose]()
    expect(sessions(server)).toMatchObject({ open: 1 })
    proxy.repair()
    const again = await all.connect()
    await untilState(again, 0)
    await again[Symbol.asyncDispose]()
    expect(sessions(server)).toEqual({ open: 0, created: 2, closed: 2 })
  })
}

test('a machine whose subscription the server drops is read again, in the same session, and no other is disturbed', async () => {
  await using server = await start(1)
  const dropLatest = dropsSubscriptions(server)
  await using all = gateway(server.url)
  const other = await all.connect()
  const readings = untilState(other, 9)
  const dropped = await all.connect()
  await untilState(dropped, 0)
  const end = endOf(dropped)
  dropLatest()
  expect(await end).toBeInstanceOf(LinkLost)
  await dropped[Symbol.asyncDispose]()
  const again = await all.connect()
  set(server, 9)
  await untilState(again, 9)
  expect(valuesOf(await readings, 'state')).toEqual([0, 9])
  expect(sessions(server)).toEqual({ open: 1, created: 1, closed: 0 })
  await Promise.all([other, again].map((link) => link[Symbol.asyncDispose]()))
  expect(sessions(server)).toEqual({ open: 0, created: 1, closed: 1 })
})

/** @returns what ends the subscription that was made last */
function dropsSubscriptions(server: OpcUaTestServer): () => void {
  let session: ServerSession | undefined
  let latest = 0
  server.engine.on('create_session', (created: ServerSession) => (session = created))
  server.teach({
    answer: (answer) => {
      if (answer instanceof CreateSubscriptionResponse) latest = answer.subscriptionId
      return answer
    },
  })
  return () => session?.deleteSubscription(latest)
}

function subscriptions(server: OpcUaTestServer): number {
  return server.engine.engine.currentSubscriptionCount
}

test('a server that refuses to publish is noticed within 10 s, and not flooded', async () => {
  await using server = await start()
  await using all = gateway(server.url)
  const end = endOf(await all.connect())
  const before = server.requests('PublishRequest')
  server.teach(refusesToPublish(server.engine, StatusCodes.BadSessionNotActivated))
  const within10s = systemClock.sleep(10_000).then(() => 'not noticed')
  expect(await Promise.race([end, within10s])).toMatchObject({ code: 'link-silent' })
  expect(server.requests('PublishRequest') - before).toBeLessThan(100)
}, 120_000)

test('a machine that is taken away while the cable is out leaves no subscription in the session of another', async () => {
  await using server = await start()
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using all = gateway(`opc.tcp://127.0.0.1:${proxy.port}`)
  const [leaving, staying] = await Promise.all([all.connect(), all.connect()])
  const readings = untilState(staying, 4)
  expect(subscriptions(server)).toBe(2)
  for (const direction of ['to-server', 'to-client'] as const) proxy.impair(direction, { kind: 'hold' })
  // Nothing comes for so long that the library repairs the connection.
  await systemClock.sleep(9_000)
  await leaving[Symbol.asyncDispose]()
  proxy.repair()
  set(server, 4)
  await readings
  await expect.poll(() => subscriptions(server), WAIT).toBe(1)
  expect(sessions(server)).toEqual({ open: 1, created: 1, closed: 0 })
})

test('a machine that is taken away while its server is reset leaves no session behind', async () => {
  await using server = await start()
  await using proxy = await startTcpProxy({ host: '127.0.0.1', port: server.port })
  await using all = gateway(`opc.tcp://127.0.0.1:${proxy.port}`, { mode: 'poll' })
  const link = await all.connect()
  await untilState(link, 0)
  proxy.reset()
  await endOf(link)
  await link[Symbol.asyncDispose]()
  expect(sessions(server)).toEqual({ open: 0, created: 1, closed: 1 })
})

test('a session that comes when nobody waits for it any more is closed', async () => {
  await using server = await start()
  server.teach({
    answer: async (answer) => {
      if (answer.schema.name === 'CreateSessionResponse') await systemClock.sleep(500)
      return answer
    },
  })
  await using all = gateway(server.url)
  const abort = new AbortController()
  const connecting = all.connect(abort.signal)
  await expect.poll(() => server.requests('CreateSessionRequest'), WAIT).toBe(1)
  abort.abort()
  await expect(connecting).rejects.toMatchObject({ code: 'link-stopped' })
  await expect.poll(() => sessions(server), WAIT).toEqual({ open: 0, created: 1, closed: 1 })
})
test('a server that refuses is asked again no sooner than after 4 s, each time with a session that is closed', async () => {
  await using server = await start()
  server.teach(
    refuses(StatusCodes.BadUserAccessDenied, (request) => request instanceof CreateSubscriptionRequest),
  )
  await using all = gateway(server.url)
  await expect(all.connect()).rejects.toMatchObject({ code: 'link-rights' })
  const beganMs = Date.now()
  await expect(all.connect()).rejects.toMatchObject({ code: 'link-rights' })
  expect(Date.now() - beganMs).toBeGreaterThan(3_900)
  expect(sessions(server)).toEqual({ open: 0, created: 2, closed: 2 })
})

test('a server that has lost its own devices is not believed, and read again once it runs', async () => {
  await using server = await start()
  await using all = gateway(server.url)
  const link = await all.connect()
  const end = endOf(link)
  await systemClock.sleep(300)
  server.engine.engine.setServerState(ServerState.CommunicationFault)
  expect(await end).toMatchObject({
    code: 'link-state',
    message: expect.stringContaining('CommunicationFault'),
    hint: expect.stringContaining('cable'),
  })
  await link[Symbol.asyncDispose]()
  await expect(all.connect()).rejects.toMatchObject({ code: 'link-state' })
  server.engine.engine.setServerState(ServerState.Running)
  const again = await all.connect()
  await untilState(again, 0)
  await again[Symbol.asyncDispose]()
  expect(sessions(server)).toMatchObject({ open: 0, created: 3, closed: 3 })
})
