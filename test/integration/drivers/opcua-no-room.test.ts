/** Servers with room for fewer subscriptions, items or publish requests than the machines of a gateway ask for. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateMonitoredItemsRequest,
  CreateSubscriptionRequest,
  DataType,
  type ServerSession,
  type ServerSidePublishEngine,
  StatusCodes,
} from 'node-opcua'
import { afterAll, expect, test, vi } from 'vitest'
import type { DeviceLink, DriverContext } from '../../../src/domain/driver.ts'
import type { Reading } from '../../../src/domain/signal.ts'
import { createOpcUaDriver } from '../../../src/drivers/opcua/driver.ts'
import { FIND_AGAIN_MS } from '../../../src/drivers/opcua/nodes.ts'
import { SUBSCRIBE_AGAIN_MS } from '../../../src/drivers/opcua/subscription/refused-subscriptions.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import {
  deviceOf,
  driverContext,
  endOf,
  readUntil,
  type SignalDraft,
  samplesOf,
  valuesOf,
} from '../../support/driver-bench.ts'
import { refuses } from '../../support/opcua-limits.ts'
import { NAMESPACE, type OpcUaTestServer, startOpcUaServer } from '../../support/opcua-server.ts'

/** A server and its clients in one process are slow on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'millrace-opcua-no-room-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const WAIT = { timeout: 60_000, interval: 20 }
const int32 = (value: number) => ({ dataType: DataType.Int32, value })
const STATE = { name: 'state', dataType: 'Int32', initial: int32(0) } as const
const at = (name: string) => ({ at: `nsu=${NAMESPACE};s=${name}` })

type Options = Partial<Parameters<typeof startOpcUaServer>[0]>

function start(options: Options): Promise<OpcUaTestServer> {
  return startOpcUaServer({ folder, variables: [STATE], ...options })
}

/** The machines of one gateway, which ask for a subscription again whenever `askAgain` is called. */
function gateway(url: string) {
  const driver = createOpcUaDriver()
  const events: string[] = []
  let asking: (() => void)[] = []
  const note = ({ event }: { readonly event: string }) => void events.push(event)
  const context: DriverContext = {
    ...driverContext(folder),
    log: { debug: () => {}, info: note, warn: note },
    after: (ms, ring) => {
      if (ms === SUBSCRIBE_AGAIN_MS) asking.push(ring)
      return systemClock.after(ms === FIND_AGAIN_MS ? 500 : ms, ring)
    },
  }
  return {
    events,
    connect: (id: string, signals: Readonly<Record<string, SignalDraft>> = { state: at('state') }) =>
      driver.connect(
        { ...deviceOf(driver, { url, security: 'None' }, signals), id },
        context,
        new AbortController().signal,
      ),
    askAgain: () => {
      const rings = asking
      asking = []
      for (const ring of rings) ring()
    },
    [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
  }
}

function untilState(link: DeviceLink, value: number): Promise<readonly Reading[]> {
  return readUntil(link, (all) => valuesOf(all, 'state').includes(value))
}

function subscriptions(server: OpcUaTestServer): number {
  return server.engine.engine.currentSubscriptionCount
}

const close = (links: readonly DeviceLink[]) => Promise.all(links.map((link) => link[Symbol.asyncDispose]()))

const NO_SUBSCRIPTION =
  /^polled, because the server has no subscription left \(BadTooManySubscriptions\).*mode: poll/

test('machines for which a server has no subscription are polled in the same session, and no other is disturbed', async () => {
  await using server = await start({ maxSessions: 1, room: { maxSubscriptionsPerSession: 2 } })
  await using all = gateway(server.url)
  const subscribed = await Promise.all(['M-1', 'M-2'].map((id) => all.connect(id)))
  const reading = subscribed.map((link) => untilState(link, 9))
  const polled = await Promise.all(['M-3', 'M-4'].map((id) => all.connect(id)))
  await Promise.all(polled.map((link) => untilState(link, 0)))
  server.set('state', int32(9))
  for (const readings of await Promise.all(reading)) expect(valuesOf(readings, 'state')).toEqual([0, 9])
  await Promise.all(polled.map((link) => untilState(link, 9)))
  for (const link of subscribed) expect(link.remark).toBeUndefined()
  for (const link of polled) expect(link.remark).toMatch(NO_SUBSCRIPTION)
  expect(all.events).toEqual(['opcua-subscription-refused', 'opcua-subscription-refused'])
  expect(server.requests('CreateSessionRequest')).toBe(1)
  await close([...subscribed, ...polled])
  expect(server.engine.engine.currentSessionCount).toBe(0)
})

test('a machine that is polled for want of room is subscribed once there is room, and sees nothing out of order', async () => {
  await using server = await start({ maxSessions: 1, room: { maxSubscriptions: 1 } })
  await using all = gateway(server.url)
  const first = await all.connect('M-1')
  const link = await all.connect('M-2')
  const reading = untilState(link, 1_000)
  let counted = 0
  const machine = setInterval(() => server.set('state', int32(++counted)), 20)
  try {
    await expect.poll(() => counted, WAIT).toBeGreaterThan(10)
    const asked = server.requests('CreateSubscriptionRequest')
    all.askAgain()
    // Refused once more, it goes on as before.
    await expect.poll(() => server.requests('CreateSubscriptionRequest'), WAIT).toBe(asked + 1)
    expect(link.remark).toMatch(NO_SUBSCRIPTION)
    await first[Symbol.asyncDispose]()
    await expect
      .poll(() => {
        all.askAgain()
        return link.remark
      }, WAIT)
      .toBeUndefined()
    const goneOverAt = counted
    await expect.poll(() => counted, WAIT).toBeGreaterThan(goneOverAt + 20)
  } finally {
    clearInterval(machine)
  }
  server.set('state', int32(1_000))
  const readings = await reading
  const values = valuesOf(readings, 'state').map(Number)
  expect(values).toEqual(values.toSorted((one, other) => one - other))
  const times = readings.map(({ completeTo }) => completeTo.monoMs)
  expect(times).toEqual(times.toSorted((one, other) => one - other))
  const moments = samplesOf(readings, 'state').map((sample) => sample.at.monoMs)
  expect(moments).toEqual(moments.toSorted((one, other) => one - other))
  expect(all.events).toEqual(['opcua-subscription-refused', 'opcua-subscription-taken'])
  expect(subscriptions(server)).toBe(1)
  expect(server.requests('CreateSessionRequest')).toBe(1)
  await link[Symbol.asyncDispose]()
  expect(server.engine.engine.currentSessionCount).toBe(0)
})

test('a server that is restarted with more room gives each machine its subscription at the next connect', async () => {
  const before = await start({ room: { maxSubscriptionsPerSession: 1 } })
  await using all = gateway(before.url)
  const links = await Promise.all(['M-1', 'M-2'].map((id) => all.connect(id)))
  expect(links.filter(({ remark }) => remark !== undefined)).toHaveLength(1)
  const ends = links.map(endOf)
  await before.stop()
  await Promise.all(ends)
  await close(links)
  await using server = await start({ port: before.port, room: { maxSubscriptionsPerSession: 2 } })
  const again = await Promise.all(['M-1', 'M-2'].map((id) => all.connect(id)))
  expect(again.map(({ remark }) => remark)).toEqual([undefined, undefined])
  expect(subscriptions(server)).toBe(2)
  expect(all.events).toEqual(['opcua-subscription-refused', 'opcua-subscription-taken'])
  await close(again)
})

test.each([
  ['of one subscription', { maxMonitoredItemsPerSubscription: 5 }],
  ['of all of them', { maxMonitoredItems: 5 }],
])('a server with too few items %s: the machine that needs more is polled as a whole', async (_, room) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const variables = names.map((name, n) => ({ name, dataType: 'Int32' as const, initial: int32(n) }))
  await using server = await start({ variables, maxSessions: 1, room })
  await using all = gateway(server.url)
  const alarms = { severityMin: 0, code: 'condition' } as const
  const link = await all.connect('LARGE', {
    ...Object.fromEntries(names.map((name) => [name, at(name)])),
    alarms: { at: 'i=2253', alarms: alarms as never },
  })
  const [reading] = await readUntil(link, ({ length }) => length === 1)
  const bad = reading?.samples.filter(({ quality }) => quality !== 'good')
  expect(bad).toMatchObject([{ signal: 'alarms', detail: expect.stringContaining('by subscription only') }])
  expect(names.map((name) => valuesOf(reading ? [reading] : [], name))).toEqual(names.map((_name, n) => [n]))
  expect(link.remark).toMatch(
    /^polled, because the server watches no more values \(BadTooManyMonitoredItems\)/,
  )
  // What it got of its subscription is given back, and is enough for a machine that needs less.
  expect(subscriptions(server)).toBe(0)
  const small = await all.connect('SMALL', { a: at('a') })
  expect(small.remark).toBeUndefined()
  await close([link, small])
})

test('a server that has no room for an item that is made later: the machine is polled from then on', async () => {
  await using server = await start({})
  await using all = gateway(server.url)
  const signals = { state: at('state'), late: at('late') }
  const link = await all.connect('M-1', signals)
  const end = endOf(link)
  server.teach(
    refuses(
      StatusCodes.BadTooManyMonitoredItems,
      (request) => request instanceof CreateMonitoredItemsRequest,
    ),
  )
  addLate(server)
  expect(await end).toMatchObject({ code: 'link-items' })
  await link[Symbol.asyncDispose]()
  const again = await all.connect('M-1', signals)
  const readings = await readUntil(again, ({ length }) => length === 1)
  expect(valuesOf(readings, 'late')).toEqual([7])
  expect(again.remark).toContain('BadTooManyMonitoredItems')
  await close([again])
})

test('a server without subscriptions is polled', async () => {
  await using server = await start({})
  server.teach(
    refuses(StatusCodes.BadServiceUnsupported, (request) => request instanceof CreateSubscriptionRequest),
  )
  await using all = gateway(server.url)
  const link = await all.connect('M-1')
  await untilState(link, 0)
  expect(link.remark).toMatch(/^polled, because the server has no subscriptions \(BadServiceUnsupported\)/)
  await link[Symbol.asyncDispose]()
})

function addLate({ engine: { engine } }: OpcUaTestServer): void {
  const { addressSpace } = engine
  if (!addressSpace) throw new Error('the server has no address space')
  addressSpace
    .getNamespace(NAMESPACE)
    .addVariable({
      browseName: 'late',
      nodeId: 's=late',
      dataType: 'Int32',
      organizedBy: addressSpace.rootFolder.objects,
    })
    .setValueFromSource(int32(7))
}

test('a server that keeps two publish requests serves three machines, and is not flooded', async () => {
  await using server = await start({})
  server.engine.on('create_session', (session: ServerSession) => {
    const engine = session.publishEngine as ServerSidePublishEngine & { maxPublishRequestInQueue: number }
    engine.maxPublishRequestInQueue = 2
  })
  let refused = 0
  server.teach({
    answer: (answer) => {
      if (answer.responseHeader.serviceResult.equals(StatusCodes.BadTooManyPublishRequests)) refused++
      return answer
    },
  })
  await using all = gateway(server.url)
  const links = await Promise.all(['M-1', 'M-2', 'M-3'].map((id) => all.connect(id)))
  for (let value = 1; value <= 5; value++) {
    const readings = links.map((link) => untilState(link, value))
    server.set('state', int32(value))
    await Promise.all(readings)
  }
  expect(links.map(({ remark }) => remark)).toEqual([undefined, undefined, undefined])
  // The library sends five for each subscription, before it knows.
  expect(refused).toBeGreaterThan(0)
  expect(refused).toBeLessThan(30)
  await close(links)
})

test('a server whose only session is taken says so, and is read once there is one', async () => {
  await using server = await start({ maxSessions: 1 })
  await using other = gateway(server.url)
  await using all = gateway(server.url)
  const taking = await other.connect('OTHER')
  await expect(all.connect('M-1')).rejects.toMatchObject({
    code: 'link-sessions',
    hint: expect.stringMatching(/close other clients.*machines of this gateway share one session/),
  })
  await taking[Symbol.asyncDispose]()
  const link = await all.connect('M-1')
  await untilState(link, 0)
  await link[Symbol.asyncDispose]()
})
