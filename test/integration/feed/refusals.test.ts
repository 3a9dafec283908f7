/** What a broker refuses: a message by itself goes into quarantine, and what is about the login or all topics waits. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { visitFeed } from '../../../src/routes/mqtt/route.ts'
import { feedSchema, settleFeed } from '../../../src/routes/mqtt/settings.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { giveUpRows } from '../../../src/uploader/given-up.ts'
import { hasMosquitto, startBroker } from '../../support/broker.ts'
import { testFolder } from '../../support/buffer.ts'
import { amended, downtime, opened } from '../../support/central-events.ts'
import { listen, type RunningFeed, shown, startFeed } from '../../support/feed.ts'

const CNC_02 = 'machine:CNC-02'
const PASSWORDS = { gateway: 'secret of the gateway', listener: 'secret of the listener' }
const LISTENER = { name: 'listener', password: PASSWORDS.listener }

/** A broker at which the gateway may write these topics only. */
async function brokerWithRights(gatewayMay: readonly string[]) {
  const folder = testFolder()
  const rights = [
    'user listener',
    'topic readwrite #',
    'user gateway',
    ...gatewayMay.map((filter) => `topic write ${filter}`),
  ]
  const aclFile = join(folder, 'acl')
  const write = (lines: readonly string[]) => writeFileSync(aclFile, `${lines.join('\n')}\n`, { mode: 0o600 })
  write(rights)
  const broker = await startBroker({ users: PASSWORDS, mosquitto: [`acl_file ${aclFile}`] })
  onTestFinished(() => broker[Symbol.asyncDispose]())
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, PASSWORDS.gateway)
  const allow = (filter: string) => write([...rights, `topic write ${filter}`])
  return { broker, allow, keys: { user: 'gateway', password_file: passwordFile } }
}

function healthOf({ uploader }: RunningFeed) {
  return uploader.health().summary
}

describe.skipIf(!hasMosquitto)('a broker that refuses', () => {
  it('a message that is too large for it: that one is set aside, and the others land', async () => {
    await using broker = await startBroker({ mosquitto: ['message_size_limit 1000'] })
    const listener = await listen(broker.url)
    const feed = await startFeed(broker.url)
    await feed.store([
      opened({ reason: 'a' }),
      opened({ remark: 'x'.repeat(2_000) }),
      opened({ reason: 'b' }),
    ])
    await feed.untilEmpty()
    expect(listener.events.map(({ said }) => said?.reason)).toEqual(['a', 'b'])
    await feed.until(() => healthOf(feed).quarantineCount === 1)
    expect(healthOf(feed).refused).toEqual([
      { machine: 'CNC-01', count: 1, reason: expect.stringContaining('it may be too large for the broker') },
    ])
    const visited = visitFeed(
      { name: 'feed', must: 'deliver' },
      { dataFolder: feed.folder, now: systemClock.now },
    )
    await using session = await visited.connect(AbortSignal.timeout(5_000))
    const aside = await session.transaction((transaction) => transaction.quarantined(undefined, 10))
    expect(aside).toMatchObject([{ seq: 2, event: { kind: 'status.opened', remark: 'x'.repeat(2_000) } }])
    expect(await session.quarantineSummary(5)).toMatchObject({ count: 1 })
    const why = { why: 'too large for everybody', by: 'anna@edge-01' }
    expect(await giveUpRows(session, (rows) => rows, why)).toEqual({ discarded: 1, left: 0 })
    expect(await session.incidents?.(5)).toMatchObject([{ kind: 'discard', detail: { seq: 2, ...why } }])
  })

  it('the topics of one machine: its events are set aside, and land once that is mended', async () => {
    const { broker, allow, keys } = await brokerWithRights(['SAV/SAV-1/CNC-01/#', 'SAV/SAV-1/gateway/#'])
    const listener = await listen(broker.url, { user: LISTENER })
    const feed = await startFeed(broker.url, { keys })
    await feed.store([
      opened(),
      opened({ subject: CNC_02, reason: 'jam' }),
      opened({ reason: 'b' }),
      amended(),
    ])
    await feed.untilEmpty()
    expect(listener.events.map(({ said }) => said?.machine)).toEqual(['CNC-01', 'CNC-01', 'CNC-01'])
    await feed.until(() => healthOf(feed).quarantineCount === 1)
    expect(healthOf(feed).refused).toEqual([
      { machine: 'CNC-02', count: 1, reason: expect.stringContaining('this user may not do that') },
    ])
    allow('SAV/SAV-1/CNC-02/#')
    await broker.kill()
    await broker.start()
    await feed.until(() => healthOf(feed).quarantineCount === 0, 29_000)
    await listener.until(() => listener.events.some(({ said }) => said?.machine === 'CNC-02'))
    expect(listener.events.at(-1)?.said).toMatchObject({ reason: 'jam', historical: true })
  })

  it('every topic: the events wait, and nothing is set aside', async () => {
    const { broker, allow, keys } = await brokerWithRights(['SAV/elsewhere/#'])
    const feed = await startFeed(broker.url, { keys, standings: () => [shown('CNC-01'), shown('CNC-02')] })
    await feed.store([opened(), opened({ subject: CNC_02 })])
    await feed.until(() => healthOf(feed).state === 'waiting')
    expect(healthOf(feed)).toMatchObject({
      cause: expect.stringContaining('every status.opened is refused'),
      quarantineCount: 0,
      lastSeq: 0,
    })
    expect(feed.uploader.health().troubles).toMatchObject([
      { code: 'feed-standing', what: expect.stringContaining('this user may not do that') },
    ])
    const listener = await listen(broker.url, { user: LISTENER })
    allow('SAV/SAV-1/#')
    await broker.kill()
    await broker.start()
    await feed.untilEmpty()
    await listener.until(() => listener.events.length === 2)
  })

  it('every event of a kind: they wait, and what has landed behind them is not published again', async () => {
    const { broker, allow, keys } = await brokerWithRights([
      'SAV/SAV-1/+/event/status/#',
      'SAV/SAV-1/gateway/#',
    ])
    const listener = await listen(broker.url, { user: LISTENER })
    const feed = await startFeed(broker.url, { keys })
    await feed.store([
      opened({ reason: 'before' }),
      downtime(),
      downtime({ subject: CNC_02 }),
      opened({ reason: 'behind' }),
    ])
    const eventsHeard = () =>
      listener.heard.filter(({ topic }) => topic.includes('/event/')).map(({ said }) => said?.reason)
    const timesAnnounced = () => listener.heard.filter(({ topic }) => topic.includes('/gateway/')).length
    // It says that it is there with each connection, and makes a new one for each try.
    await listener.until(() => timesAnnounced() >= 5 && eventsHeard().length >= 2)
    expect(eventsHeard()).toEqual(['before', 'behind'])
    allow('SAV/SAV-1/#')
    await broker.kill()
    await broker.start()
    await feed.untilEmpty()
    await listener.until(() => listener.events.length === 4)
  })

  it('the login: the feed waits and says what to mend', async () => {
    const { broker, keys } = await brokerWithRights(['#'])
    const feed = await startFeed(broker.url, { keys: { ...keys, user: 'gatewya' } })
    await feed.store([opened()])
    await feed.until(() => healthOf(feed).state === 'waiting')
    expect(healthOf(feed)).toMatchObject({
      cause: expect.stringContaining('check user and password_file'),
      lastSeq: 0,
    })
    expect(JSON.stringify(feed.uploader.health())).not.toContain(PASSWORDS.gateway)
  })

  it('no login at all, where the password comes from the environment', async () => {
    const { broker, keys } = await brokerWithRights(['#'])
    const resolve = (_: unknown, path: string) => path
    const secret = () => ({ variable: 'MILLRACE_ROUTE_FEED_PASSWORD', value: PASSWORDS.gateway })
    const written = feedSchema.parse({
      mqtt: { url: broker.url, ...keys, password_file: '/of/another/password' },
    })
    const settings = settleFeed({ resolve, secret }, written)
    expect(JSON.stringify(settings)).not.toContain(PASSWORDS.gateway)
    const feed = await startFeed(broker.url, { settings })
    await feed.until(() => healthOf(feed).state === 'connected')
  })

  it('more than one message at a time: the feed goes slower, and keeps the order', async () => {
    await using broker = await startBroker({
      mosquitto: ['max_inflight_messages 1', 'max_queued_messages 0'],
    })
    const listener = await listen(broker.url)
    const feed = await startFeed(broker.url)
    await feed.store(Array.from({ length: 500 }, (_, number) => opened({ reason: `E-${number}` })))
    await feed.untilEmpty()
    await listener.until(() => listener.events.length === 500)
    expect(listener.events.map(({ said }) => said?.reason)).toEqual(
      Array.from({ length: 500 }, (_, number) => `E-${number}`),
    )
  })
})
