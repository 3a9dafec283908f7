/** A feed whose broker is away for two months: the log stays within its limits, and central notices nothing of it. */
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { shift, utcText } from '../../../src/domain/instant.ts'
import type { Consumer, Delivery } from '../../../src/domain/outbox.ts'
import { createMesRoute } from '../../../src/routes/mes/route.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { hasMosquitto, startBroker } from '../../support/broker.ts'
import { CENTRAL, testOutbox } from '../../support/buffer.ts'
import { startTestCentral } from '../../support/central.ts'
import { amended, opened } from '../../support/central-events.ts'
import { listen, startFeed } from '../../support/feed.ts'
import { type MovedClock, movedClock } from '../../support/moved-clock.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const DAYS = 60
const DAY_MS = 86_400_000
const RETENTION_DAYS = 7
/** Each is two events: an interval begins and ends. */
const INTERVALS_A_DAY = 100
const EVENTS_A_DAY = 2 * INTERVALS_A_DAY
/** All events of the 60 days take less than half of it. */
const BYTES_MAX = 32 * 1_000_000
const TEST_MAX_MS = 180_000

function eventsOfDay(startMs: number): readonly Event[] {
  const apartMs = DAY_MS / INTERVALS_A_DAY
  return Array.from({ length: INTERVALS_A_DAY }, (_, index) => utcText(startMs + index * apartMs)).flatMap(
    (at) => [opened({ at }), amended({ at })],
  )
}

/** A clock that goes by itself, and is moved on besides. */
function runningClock(): MovedClock {
  const moved = movedClock()
  const begunMs = performance.now()
  const now = () => shift(moved.clock.now(), Math.round(performance.now() - begunMs))
  return { ...moved, clock: { ...moved.clock, now } }
}

/** A log with central and a feed without a broker; time passes by days. */
async function plant(must: Delivery) {
  const { clock, look, moveOn } = runningClock()
  // A listener that is behind on a busy computer must still get everything.
  const broker = await startBroker(hasMosquitto ? { mosquitto: ['max_queued_messages 0'] } : {})
  onTestFinished(() => broker[Symbol.asyncDispose]())
  const wayToBroker = await startTcpProxy({ host: '127.0.0.1', port: broker.port })
  onTestFinished(() => wayToBroker[Symbol.asyncDispose]())
  const version = broker.versions.at(-1)
  const listener = await listen(broker.url, { version: version === 5 ? 5 : 4 })
  await broker.stop()
  const consumer: Consumer = { name: 'feed', must }
  const consumers = [CENTRAL, consumer]
  const limits = { retentionMs: RETENTION_DAYS * DAY_MS, maxBytes: BYTES_MAX }
  const outbox = await testOutbox({ consumers, clock, ...limits })
  const feed = await startFeed(`mqtt://127.0.0.1:${wayToBroker.port}`, {
    outbox,
    must,
    clock,
    keys: { version },
  })
  const stop = new AbortController()
  const parts = { outbox, clock, random: Math.random, log: createLog('silent') }
  const central = await startTestCentral()
  onTestFinished(() => central[Symbol.asyncDispose]())
  const route = createMesRoute(central.settings())
  const uploader = createUploader({ ...parts, route, budget: createStopBudget(stop.signal, clock) })
  const running = uploader.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  const of = async (name: string) => (await outbox.stats()).consumers.find((one) => one.name === name)
  const liveADay = async () => {
    await feed.store(eventsOfDay(clock.now().wallMs))
    await feed.until(async () => (await of('central'))?.pending === 0)
    moveOn(DAY_MS)
    await look()
    expect(uploader.health().summary).toMatchObject({ state: 'connected', quarantineCount: 0 })
    expect(await outbox.stats()).toMatchObject({ blocked: null })
    return (await outbox.stats()).bytes
  }
  // A broker forgets who listens when it stops: the feed comes back once the listener is there again.
  const brokerComesBack = async () => {
    wayToBroker.refuse()
    const again = listener.subscribedAgain()
    await broker.start()
    await again
    wayToBroker.repair()
  }
  return { brokerComesBack, listener, outbox, feed, of, liveADay }
}

describe('60 days without a broker', () => {
  it('cost a feed at best effort what the log does not keep; the log stays as large as its retention', {
    timeout: TEST_MAX_MS,
  }, async () => {
    const { brokerComesBack, listener, outbox, feed, of, liveADay } = await plant('best-effort')
    const bytes: number[] = []
    for (let day = 0; day < DAYS; day += 1) bytes.push(await liveADay())
    const settled = bytes[2 * RETENTION_DAYS] ?? 0
    expect(Math.max(...bytes)).toBeLessThan(1.5 * settled)
    const kept = (await outbox.tail()).seq - (await outbox.oldestKept()) + 1
    expect(kept).toBeLessThanOrEqual((RETENTION_DAYS + 1) * EVENTS_A_DAY)
    await brokerComesBack()
    await feed.until(async () => (await of('feed'))?.pending === 0, 60_000)
    await listener.until(() => listener.events.length === kept, 60_000)
    expect(await of('feed')).toMatchObject({ missed: DAYS * EVENTS_A_DAY - kept })
    expect(listener.events.every(({ said }) => said?.historical === true)).toBe(true)
  })

  it('cost a feed that must deliver nothing: all events are kept within the limit, and come in order', {
    timeout: TEST_MAX_MS,
  }, async () => {
    const { brokerComesBack, listener, outbox, feed, of, liveADay } = await plant('deliver')
    for (let day = 0; day < DAYS; day += 1) expect(await liveADay()).toBeLessThan(BYTES_MAX)
    const all = (await outbox.tail()).seq
    expect(all).toBe(DAYS * EVENTS_A_DAY)
    expect(await of('feed')).toMatchObject({ pending: all, missed: 0 })
    await brokerComesBack()
    await feed.until(async () => (await of('feed'))?.pending === 0, 60_000)
    await listener.until(() => listener.events.length === all, 60_000)
    const begun = listener.events
      .filter(({ said }) => said?.kind === 'status.opened')
      .map(({ said }) => said?.at)
    expect(begun).toEqual(begun.toSorted())
  })
})
