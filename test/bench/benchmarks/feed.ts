/** How fast the live feed brings a backlog to a broker, and what an event costs beside a client that only publishes the same. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Event } from '../../../src/domain/events/event.ts'
import { outward } from '../../../src/domain/events/outward.ts'
import { ownerCode } from '../../../src/domain/owner.ts'
import { createFeedRoute } from '../../../src/routes/mqtt/route.ts'
import { feedSchema, settleFeed } from '../../../src/routes/mqtt/settings.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { startBroker, type TestBroker } from '../../support/broker.ts'
import { publishAll } from '../bare/mqtt-publish.ts'
import type { Bench, Benchmark } from '../benchmark.ts'
import { drained } from '../drained.ts'
import { amended, opened } from '../machine-events.ts'
import { machineCode, ORGANIZATION, PLANT } from '../site.ts'
import { median } from '../statistics.ts'

const MACHINES = 50
const EPOCH_MS = Date.UTC(2026, 0, 5)
const GATEWAY = 'bench'

interface Round {
  readonly events: number
  readonly seconds: number
  readonly gatewayUs: number
  readonly bareUs: number
}

export const feed: Benchmark = {
  name: 'feed',
  summary:
    'events a second from the outbox to a broker at QoS 1, against a bare mqtt client that publishes the same',
  run: async (bench) => {
    await using broker = await startBroker()
    const events = eventsOf(bench.quick ? 2_000 : 50_000)
    const rounds: Round[] = []
    for (let round = 1; round <= (bench.quick ? 1 : 5); round += 1) {
      bench.progress(`  ${events.length} events, round ${round}`)
      rounds.push(await roundOf(bench, broker, events, round))
    }
    const load = `feed, ${events.length.toLocaleString('en-US')} events, QoS 1`
    const of = (figure: (round: Round) => number) => median(rounds.map(figure))
    return [
      {
        load,
        measure: 'CPU an event, gateway / bare',
        value: of(({ gatewayUs, bareUs }) => gatewayUs / bareUs),
        unit: 'x',
        aim: { atMost: 2 },
      },
      { load, measure: 'CPU an event, gateway', value: of(({ gatewayUs }) => gatewayUs), unit: 'µs' },
      { load, measure: 'CPU an event, bare', value: of(({ bareUs }) => bareUs), unit: 'µs' },
      {
        load,
        measure: 'events/s, gateway',
        value: of(({ events: count, seconds }) => count / seconds),
        unit: '/s',
        aim: { atLeast: 1_000 },
      },
    ]
  },
}

async function roundOf(
  bench: Bench,
  broker: TestBroker,
  events: readonly Event[],
  round: number,
): Promise<Round> {
  const { seconds, cpuSeconds } = await drained(bench, {
    name: `feed-${round}`,
    route: feedRouteOf(bench, broker, round),
    events,
  })
  const before = process.cpuUsage()
  await publishAll(broker.url, messagesOf(events))
  const { user, system } = process.cpuUsage(before)
  const perEventUs = (total: number) => (total / events.length) * 1e6
  return {
    events: events.length,
    seconds,
    gatewayUs: perEventUs(cpuSeconds),
    bareUs: perEventUs((user + system) / 1e6),
  }
}

/** A book of its own for each round, since each begins with an empty log. */
function feedRouteOf(bench: Bench, { url }: TestBroker, round: number) {
  const dataFolder = join(bench.folder, `feed-${round}`)
  mkdirSync(dataFolder, { recursive: true })
  const consumer = { name: `feed-${round}`, must: 'deliver' } as const
  const settings = settleFeed(
    { resolve: (_, path) => path, secret: () => ({ variable: '', value: undefined }) },
    feedSchema.parse({ mqtt: { url } }),
  )
  if (!settings) throw new Error('the settings of the feed have faults')
  return createFeedRoute(settings, consumer, {
    gateway: GATEWAY,
    organization: ORGANIZATION,
    plant: PLANT,
    dataFolder,
    log: createLog('error'),
    now: systemClock.now,
    mapsInForce: Promise.resolve(),
    placeOf: () => ({}),
    standings: () => [],
    stations: () => [],
  })
}

/** The same words, made before the clock runs: the bare client only has to write them down. */
function messagesOf(events: readonly Event[]) {
  return events.map((event, index) => {
    const stored = { seq: index + 1, event, capturedAtMs: EPOCH_MS, hash: new Uint8Array() }
    const said = outward(stored, { gateway: GATEWAY })?.fields ?? {}
    return { topic: `${ORGANIZATION}/${PLANT}/${ownerCode(event.subject)}/event`, said }
  })
}

/** The intervals of all machines in turn, each opened and amended. */
function eventsOf(count: number): readonly Event[] {
  return Array.from({ length: count / 2 }, (_, n) => n).flatMap((n): Event[] => {
    const [machine, interval] = [machineCode(n % MACHINES), Math.floor(n / MACHINES)]
    return [opened(machine, interval, EPOCH_MS), amended(machine, interval, EPOCH_MS)]
  })
}
