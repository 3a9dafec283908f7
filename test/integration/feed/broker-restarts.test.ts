/**
 * A broker that is restarted again and again under load. With a broker that keeps what it acknowledged, a listener hears everything;
 * of one that forgets, only what it acknowledged can be judged.
 */
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { hasMosquitto, startBroker, type TestBroker } from '../../support/broker.ts'
import { opened } from '../../support/central-events.ts'
import { type Heard, listen, type RunningFeed, shown, startFeed } from '../../support/feed.ts'
import { startMqttWire } from '../../support/mqtt-wire.ts'

const RESTARTS = 20
const MACHINES = ['CNC-01', 'CNC-02', 'CNC-03', 'CNC-04']
const EVENTS_AT_ONCE = 2
const EVERY_MS = 10
const UP_MS = 250
const TEST_MAX_MS = 180_000

/** Stores events of all machines without a pause until it is ended; gives what was stored, by machine. */
function load(feed: RunningFeed) {
  const stored = new Map(MACHINES.map((machine) => [machine, [] as string[]]))
  let number = 0
  let isOver = false
  const next = (): Event => {
    number += 1
    const machine = MACHINES[number % MACHINES.length] ?? ''
    stored.get(machine)?.push(`E-${number}`)
    return opened({ subject: `machine:${machine}`, reason: `E-${number}` })
  }
  const storing = (async () => {
    while (!isOver) {
      await feed.store(Array.from({ length: EVENTS_AT_ONCE }, next))
      await systemClock.sleep(EVERY_MS)
    }
  })()
  return {
    stored,
    end: async () => {
      isOver = true
      await storing
    },
  }
}

async function restartOften(broker: TestBroker, feed: RunningFeed, end: 'stop' | 'kill'): Promise<void> {
  let startedAtMs = 0
  const isBack = () => {
    const { state, sinceMs } = feed.uploader.health().summary
    return state === 'connected' && sinceMs >= startedAtMs
  }
  for (let count = 0; count < RESTARTS; count += 1) {
    await feed.until(isBack, 60_000)
    await systemClock.sleep(UP_MS)
    await broker[end]()
    startedAtMs = Date.now()
    await broker.start()
  }
  await feed.until(isBack, 60_000)
}

/** Reasons of the events of each machine, each where it came first. */
function byMachine(events: readonly Pick<Heard, 'said'>[]): ReadonlyMap<string, readonly string[]> {
  const texts = events.map(({ said }) => [String(said?.machine), String(said?.reason)] as const)
  return new Map(
    MACHINES.map((machine) => [
      machine,
      [...new Set(texts.filter(([of]) => of === machine).map(([, reason]) => reason))],
    ]),
  )
}

/** Events that are marked wrongly: an event is history where it was captured before the gateway said last that it is online. */
function wronglyMarked(heard: readonly Pick<Heard, 'topic' | 'said'>[]): readonly string[] {
  let onlineAt = ''
  return heard.flatMap(({ topic, said }) => {
    if (said?.state === 'online') onlineAt = String(said.at)
    if (!topic.includes('/event/')) return []
    const isHistory = String(said?.captured_at) < onlineAt
    return isHistory === (said?.historical === true)
      ? []
      : [`${said?.reason} of ${said?.captured_at}, online at ${onlineAt}`]
  })
}

describe('a broker that is restarted 20 times under load', () => {
  it.skipIf(!hasMosquitto)(
    'and keeps what it acknowledged: a listener hears every event, in order, and history as such',
    { timeout: TEST_MAX_MS },
    async () => {
      await using broker = await startBroker({ persistence: true, mosquitto: ['max_queued_messages 0'] })
      const listener = await listen(broker.url, { isPersistent: true })
      const feed = await startFeed(broker.url, { standings: () => [shown('CNC-01')] })
      const { stored, end } = load(feed)
      await restartOften(broker, feed, 'stop')
      await end()
      await feed.untilEmpty(60_000)
      const all = [...stored.values()].flat().length
      await listener.until(() => listener.events.length === all, 60_000)
      expect(byMachine(listener.events)).toEqual(stored)
      expect(wronglyMarked(listener.heard)).toEqual([])
      expect(listener.events.some(({ said }) => said?.historical)).toBe(true)
    },
  )

  it('and forgets everything: each event was acknowledged, in order, and what everything shows is said again', {
    timeout: TEST_MAX_MS,
  }, async () => {
    await using broker = await startBroker()
    await using wire = await startMqttWire(broker.port, 4)
    const feed = await startFeed(wire.url, { keys: { version: '3.1.1' }, standings: () => [shown('CNC-01')] })
    const { stored, end } = load(feed)
    await restartOften(broker, feed, 'kill')
    await end()
    await feed.untilEmpty(60_000)
    const sent = wire.messages.map((message) => ({ ...message, said: JSON.parse(message.payload) }))
    const events = sent.filter(({ topic }) => topic.includes('/event/'))
    expect(byMachine(events.filter(({ isAcknowledged }) => isAcknowledged))).toEqual(stored)
    expect(byMachine(events)).toEqual(stored)
    expect(wronglyMarked(sent)).toEqual([])
    const last = sent.at(-1)?.connection ?? 0
    expect(last).toBeGreaterThan(RESTARTS)
    const saidAgain = sent.filter(({ topic }) => topic.endsWith('CNC-01/status'))
    expect(new Set(saidAgain.map(({ connection }) => connection)).size).toBe(last)
    const later = await listen(broker.url, { version: 4, filter: '+/+/CNC-01/status' })
    await later.until((heard) => heard.some(({ retain }) => retain))
  })
})
