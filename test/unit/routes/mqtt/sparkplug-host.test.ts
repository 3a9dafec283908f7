/** When the feed takes its host for online, when it is born again, and what it says again after a loss. */
import { describe, expect, it } from 'vitest'
import { PrimaryHost } from '../../../../src/routes/mqtt/sparkplug/primary-host.ts'
import { Rebirths } from '../../../../src/routes/mqtt/sparkplug/rebirths.ts'
import { RecentEvents } from '../../../../src/routes/mqtt/sparkplug/recent-events.ts'
import { opened, stored } from '../../../support/central-events.ts'

const state = (online: boolean, timestamp: number) => Buffer.from(JSON.stringify({ online, timestamp }))
const TOPIC = 'spBv1.0/STATE/scada'

describe('the primary host', () => {
  it('is online and offline as it says', () => {
    const host = new PrimaryHost('scada')
    expect(host.isOnline).toBe(false)
    expect(host.take(TOPIC, state(true, 100))).toBe('online')
    expect(host.isOnline).toBe(true)
    expect(host.take(TOPIC, state(false, 100))).toBe('offline')
    expect(host.isOnline).toBe(false)
  })

  it('is not gone because an older connection of it ended', () => {
    const host = new PrimaryHost('scada')
    host.take(TOPIC, state(true, 100))
    expect(host.take(TOPIC, state(false, 99))).toBeUndefined()
    expect(host.isOnline).toBe(true)
  })

  it.each([
    ['another host', 'spBv1.0/STATE/other', state(true, 1)],
    ['a state of Sparkplug 2.2, which has no time', 'STATE/scada', Buffer.from('ONLINE')],
    ['a state without a time', TOPIC, Buffer.from('{"online":true}')],
    ['what is no JSON', TOPIC, Buffer.from('online')],
    ['nothing', TOPIC, Buffer.alloc(0)],
  ])('is not made online by %s', (_, topic, payload) => {
    const host = new PrimaryHost('scada')
    expect(host.take(topic, payload)).toBeUndefined()
    expect(host.isOnline).toBe(false)
  })
})

describe('a birth that is asked for', () => {
  it('comes at once, and another one some seconds after it, however many ask', () => {
    const rebirths = new Rebirths()
    rebirths.born(0)
    expect(rebirths.dueInMs(60_000)).toBeUndefined()
    rebirths.want()
    expect(rebirths.dueInMs(60_000)).toBe(0)
    rebirths.born(60_000)
    for (let count = 0; count < 10; count += 1) rebirths.want()
    expect(rebirths.dueInMs(61_000)).toBe(4_000)
    expect(rebirths.dueInMs(65_000)).toBe(0)
    rebirths.born(65_000)
    expect(rebirths.dueInMs(80_000)).toBeUndefined()
  })
})

describe('what is said again', () => {
  const events = stored([opened(), opened(), opened()])
  const [first, second, third] = events.map((event) => [event])

  it('is nothing while nothing was lost', () => {
    const recent = new RecentEvents(1_000)
    recent.sent(events, 0)
    expect(recent.doubtful).toEqual([])
  })

  it('is what went out shortly before the loss, however long the broker is away', () => {
    const recent = new RecentEvents(1_000)
    recent.sent(first ?? [], 0)
    recent.sent(second ?? [], 1_500)
    recent.lost(2_000)
    recent.lost(900_000)
    expect(recent.doubtful).toEqual(second)
    recent.sent(recent.doubtful, 900_500)
    recent.saidAgain()
    expect(recent.doubtful).toEqual([])
    recent.sent(third ?? [], 900_600)
    recent.lost(900_700)
    expect(recent.doubtful).toEqual([...(second ?? []), ...(third ?? [])])
  })

  it('is all of it where saying it again was interrupted', () => {
    const recent = new RecentEvents(1_000)
    recent.sent(events, 0)
    recent.lost(500)
    recent.sent(first ?? [], 5_000)
    recent.lost(5_100)
    expect(recent.doubtful).toEqual(events)
  })

  it('to a host that asks for a birth is what has gone out once since the one before', () => {
    const recent = new RecentEvents(1_000)
    recent.sent(first ?? [], 0)
    expect(recent.born(100)).toEqual(first)
    recent.sent(first ?? [], 110)
    recent.sent(second ?? [], 200)
    expect(recent.born(300)).toEqual(second)
    expect(recent.born(400)).toEqual([])
  })
})
