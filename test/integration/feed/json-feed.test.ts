/** What listeners at a broker hear of a gateway. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LinkEvent } from '../../../src/domain/events/link.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { amended, downtime, downtimeAmended, opened, scan, scanUndone } from '../../support/central-events.ts'
import { type Heard, listen, shown, startFeed } from '../../support/feed.ts'

let broker: TestBroker
beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker[Symbol.asyncDispose]())

const version = () => (broker.versions.includes(5) ? 5 : 4)
const withVersion = () => ({ version: broker.versions.at(-1) })
const topics = (heard: readonly Heard[]) => heard.map(({ topic }) => topic)
const has1 =
  (part: string) =>
  ({ topic }: Heard) =>
    topic.includes(part)
const has = (part: string) => (heard: readonly Heard[]) => heard.some(({ topic }) => topic.includes(part))

/** A device that came up after an hour, or went down. */
function link(up: boolean): LinkEvent {
  const ended = { connectedAt: '2026-01-31T08:00:00.000Z', durationMs: 3_600_000, cause: 'no answer' }
  const { v, at, subject } = opened()
  return {
    v,
    at,
    subject,
    kind: 'link',
    device: 'CNC-01',
    up,
    flaps: 0,
    ...(up ? { connectedAt: at, durationMs: null, cause: null } : ended),
  }
}

describe('a feed in JSON', () => {
  it('publishes each event below the cell of its machine', async () => {
    const listener = await listen(broker.url, { version: version(), clientId: 'tree' })
    const feed = await startFeed(broker.url, {
      keys: { ...withVersion(), client_id: 'feed-tree' },
      places: { 'machine:CNC-01': { area: 'Milling', line: 'L1' }, 'station:PACK-1': { cell: 'Packing' } },
    })
    await feed.store([opened({ status: 'down', reason: 'jam' }), amended({ status: 'down' }), scan(7)])
    await feed.untilEmpty()
    await listener.until(has('event/scan'))
    expect(topics(listener.events)).toEqual([
      'SAV/SAV-1/Milling/L1/CNC-01/event/status/opened',
      'SAV/SAV-1/Milling/L1/CNC-01/event/status/closed',
      'SAV/SAV-1/Packing/event/scan',
    ])
    expect(listener.events[0]).toMatchObject({
      retain: false,
      contentType: version() === 5 ? 'application/json' : undefined,
      said: { kind: 'status.opened', machine: 'CNC-01', status: 'down', reason: 'jam', gateway: 'edge-1' },
    })
    expect(listener.events[2]?.said).toMatchObject({
      kind: 'scan',
      station: 'PACK-1',
      data: 'ABC-123',
      operator: 7,
    })
  })

  it('says every kind of event as docs/feed describes it', async () => {
    const listener = await listen(broker.url, { version: version(), filter: '+/KINDS/#', clientId: 'kinds' })
    const keys = { ...withVersion(), client_id: 'feed-kinds', topic: { site: 'KINDS' } }
    const feed = await startFeed(broker.url, {
      keys,
      standings: () => [shown('CNC-01'), shown('NEW', { status: null, sinceMs: null })],
    })
    await feed.store([
      opened({
        previousStatus: 'running',
        status: 'down',
        reason: 'jam',
        workOrder: 'WO-1',
        rule: 'v1',
        declaredBy: 7,
      }),
      amended({ ended: null, correctedFrom: ['jam'], remark: 'by hand' }),
      amended({ status: 'down', unseen: { why: 'away', device: 'plc', signal: null, detail: 'no answer' } }),
      downtime({ code: '101', laterCodes: ['102'] }),
      downtimeAmended({ ended: null }),
      downtimeAmended({ resolvedBy: 7 }),
      scan(7, {
        fields: { LOT: 'A' },
        machine: 'CNC-01',
        reference: { code: 'WO-1', places: [], known: { type: 'work_order', id: 3 } },
      }),
      scanUndone(7),
      link(true),
      link(false),
    ])
    await feed.untilEmpty()
    await listener.until((heard) => heard.filter(has1('/event/link')).length === 2)
    expect(listener.events.map(({ said }) => said?.kind)).toEqual([
      'status.opened',
      'status.amended',
      'status.closed',
      'downtime.opened',
      'downtime.amended',
      'downtime.closed',
      'scan',
      'scan.undone',
      'link',
      'link',
    ])
  })

  it('sets aside what an earlier version of the gateway cannot read, and publishes what is behind it', async () => {
    const listener = await listen(broker.url, {
      version: version(),
      filter: '+/UNREAD/#',
      clientId: 'unread',
    })
    const keys = { ...withVersion(), client_id: 'feed-unread', topic: { site: 'UNREAD' } }
    const feed = await startFeed(broker.url, { keys })
    const later = { ...opened(), kind: 'status.foreseen' }
    await feed.store([opened({ reason: 'before' }), later, opened({ reason: 'behind' })])
    await feed.untilEmpty()
    await listener.until((heard) => heard.some(({ said }) => said?.reason === 'behind'))
    expect(listener.events.map(({ said }) => said?.reason)).toEqual(['before', 'behind'])
    await feed.until(() => feed.uploader.health().summary.quarantineCount === 1)
    expect(feed.uploader.health().summary.refused[0]?.reason).toContain('the event cannot be read')
  })

  it('says of what was captured before it connected that it is history', async () => {
    const listener = await listen(broker.url, { version: version(), clientId: 'history' })
    await broker.stop()
    const feed = await startFeed(broker.url, { keys: { ...withVersion(), client_id: 'feed-history' } })
    await feed.store([opened({ reason: 'before' })])
    await broker.start()
    await feed.untilEmpty()
    await feed.store([opened({ reason: 'after' })])
    await listener.until((heard) => heard.some(({ said }) => said?.reason === 'after'))
    expect(listener.events.map(({ said }) => [said?.reason, said?.historical])).toEqual([
      ['before', true],
      ['after', undefined],
    ])
  })

  it('takes nothing for history because the clock was set back while it is connected', async () => {
    const listener = await listen(broker.url, { version: version(), clientId: 'set-back' })
    let setBackMs = 0
    const now = () => ({ ...systemClock.now(), wallMs: systemClock.now().wallMs - setBackMs })
    const keys = { ...withVersion(), client_id: 'feed-set-back', topic: { site: 'SET-BACK' } }
    const feed = await startFeed(broker.url, { keys, clock: { ...systemClock, now } })
    await feed.store([opened({ reason: 'before' })])
    await feed.untilEmpty()
    setBackMs = 3_600_000
    await feed.store([opened({ reason: 'after' })])
    await listener.until((heard) => heard.some(({ said }) => said?.reason === 'after'))
    expect(listener.events.find(({ said }) => said?.reason === 'after')?.said?.historical).toBeUndefined()
  })

  it('keeps what each machine shows for those who come later, and takes away what is gone', {
    timeout: 120_000,
  }, async () => {
    let machines = [shown('CNC-01', { status: 'down', reason: 'jam' }), shown('OLD-9')]
    const keys = { ...withVersion(), client_id: 'feed-standing', topic: { site: 'STANDING' } }
    const first = await startFeed(broker.url, { keys, standings: () => machines })
    const later = await listen(broker.url, {
      version: version(),
      filter: 'SAV/STANDING/#',
      clientId: 'later',
    })
    await later.until((heard) => has('gateway/edge-1/availability')(heard) && has('OLD-9/status')(heard))
    expect(later.heard.find(({ topic }) => topic === 'SAV/STANDING/CNC-01/status')?.said).toMatchObject({
      gateway: 'edge-1',
      machine: 'CNC-01',
      status: 'down',
      reason: 'jam',
      since: '2026-01-31T09:00:00.000Z',
      work_order: null,
    })
    machines = [shown('CNC-01', { status: 'running' }), shown('OLD-9')]
    await first.store([opened()])
    await later.until((heard) =>
      heard.some(({ said }) => said?.status === 'running' && said.since !== undefined),
    )
    machines = [shown('CNC-01', { status: 'running' }), shown('NEW-1')]
    // Whatever has no event is looked at every 20 s.
    await later.until(has('NEW-1/status'), 29_000)
    await later.until((heard) =>
      heard.some(({ topic, payload }) => topic.endsWith('OLD-9/status') && payload === ''),
    )
    await first.stop()
    await later.until((heard) => heard.some(({ said }) => said?.state === 'offline'))
    machines = [shown('CNC-01')]
    await startFeed(broker.url, { keys, standings: () => machines, folder: first.folder })
    await later.until((heard) =>
      heard.some(({ topic, payload }) => topic.endsWith('NEW-1/status') && payload === ''),
    )
  })

  it('is lost by its last will when it dies without a goodbye', async () => {
    const listener = await listen(broker.url, { version: version(), filter: '+/WILL/#', clientId: 'heir' })
    const keys = { ...withVersion(), client_id: 'feed-will', topic: { site: 'WILL' } }
    await startFeed(broker.url, { keys })
    await listener.until((heard) => heard.some(({ said }) => said?.state === 'online'))
    // Another program with its client id throws it out: a broker takes that for a death as well.
    await listen(broker.url, { version: version(), clientId: 'feed-will' })
    await listener.until((heard) => heard.some(({ said }) => said?.state === 'lost'))
  })

  it('writes codes that are no level of a topic so that two never become one', async () => {
    const listener = await listen(broker.url, { version: version(), filter: '+/CODES/#', clientId: 'codes' })
    const feed = await startFeed(broker.url, {
      keys: { ...withVersion(), client_id: 'feed-codes', topic: { site: 'CODES' } },
    })
    const codes = ['A/B', 'A%2FB', '$SYS', '#+', 'Presse Süd 1', 'tab\there']
    await feed.store(codes.map((code) => opened({ subject: `machine:${code}` })))
    await feed.untilEmpty()
    await listener.until((heard) => heard.length > codes.length)
    expect(topics(listener.events).map((topic) => topic.split('/')[2])).toEqual([
      'A%2FB',
      'A%252FB',
      '%24SYS',
      '%23%2B',
      'Presse Süd 1',
      'tab%09here',
    ])
    expect(listener.events.map(({ said }) => said?.machine)).toEqual(codes)
  })

  it('notices at once that the broker is gone, while no event comes', async () => {
    const feed = await startFeed(broker.url, { keys: { ...withVersion(), client_id: 'feed-noticing' } })
    await feed.until(() => feed.uploader.health().summary.state === 'connected')
    await broker.kill()
    await feed.until(() => feed.uploader.health().summary.state === 'away', 5_000)
    await broker.start()
    await feed.until(() => feed.uploader.health().summary.state === 'connected')
  })
})
