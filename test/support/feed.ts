/** A live feed between a real log and a real broker, as the gateway runs it, and somebody who listens. */
import { connectAsync, type MqttClient } from 'mqtt'
import { expect, onTestFinished } from 'vitest'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { MachineHealth } from '../../src/domain/health.ts'
import type { Consumer } from '../../src/domain/outbox.ts'
import type { Owner } from '../../src/domain/owner.ts'
import type { PlantPlace } from '../../src/domain/place.ts'
import type { FeedContext } from '../../src/routes/mqtt/context.ts'
import { createFeedRoute } from '../../src/routes/mqtt/route.ts'
import { type FeedSettings, feedSchema, settleFeed } from '../../src/routes/mqtt/settings.ts'
import { createStopBudget } from '../../src/runtime/budget.ts'
import { type Clock, systemClock } from '../../src/runtime/clock.ts'
import { createLog, type Log } from '../../src/runtime/log.ts'
import { createUploader, type Uploader } from '../../src/uploader/upload.ts'
import { testFolder, testOutbox } from './buffer.ts'
import { feedFaults } from './feed-schemas.ts'

/** A message as a listener got it. */
export interface Heard {
  readonly topic: string
  readonly payload: string
  /** The payload as JSON; undefined of an empty one. */
  readonly said: Readonly<Record<string, unknown>> | undefined
  readonly retain: boolean
  readonly contentType: string | undefined
}

export interface Listener {
  readonly heard: readonly Heard[]
  /** Events alone, by their ids in the order in which each was heard first. */
  readonly events: readonly Heard[]
  until(condition: (heard: readonly Heard[]) => boolean, withinMs?: number): Promise<void>
  /** Resolves once it listens again, after the next connect to a broker that was away. */
  subscribedAgain(): Promise<void>
  end(): Promise<void>
}

interface ListenOptions {
  readonly filter?: string
  readonly clientId?: string
  readonly version?: 4 | 5
  /** The broker keeps what comes for it while it is away. */
  readonly isPersistent?: boolean
  readonly user?: { readonly name: string; readonly password: string }
}

const HOUR_S = 3_600

/** Listens with the library alone; it connects again by itself, as consumers do. What it hears must be as docs/feed says. */
export async function listen(url: string, options: ListenOptions = {}): Promise<Listener> {
  const { filter = '#', clientId = 'listener', version = 5, isPersistent = false, user } = options
  const heard: Heard[] = []
  const faults: string[] = []
  const client: MqttClient = await connectAsync(url, {
    clientId,
    protocolVersion: version,
    clean: !isPersistent,
    reconnectPeriod: 50,
    resubscribe: false,
    ...(version === 5 && { properties: { sessionExpiryInterval: isPersistent ? HOUR_S : 0 } }),
    ...(user && { username: user.name, password: user.password }),
  })
  client.on('error', () => undefined)
  client.on('message', (topic, payload, { retain, properties }) => {
    const text = payload.toString('utf8')
    faults.push(...feedFaults(topic, text))
    heard.push({
      topic,
      payload: text,
      said: text === '' ? undefined : JSON.parse(text),
      retain,
      contentType: properties?.contentType,
    })
  })
  await client.subscribeAsync(filter, { qos: 1 })
  let subscribed = Promise.withResolvers<void>()
  // A connection that ends meanwhile is followed by another one, which subscribes in its place.
  client.on('connect', () => {
    client.subscribeAsync(filter, { qos: 1 }).then(
      () => {
        subscribed.resolve()
        subscribed = Promise.withResolvers()
      },
      () => undefined,
    )
  })
  const end = async () => {
    await client.endAsync(true)
  }
  onTestFinished(end)
  onTestFinished(() => expect(faults).toEqual([]))
  return {
    heard,
    get events() {
      return firstOfEach(heard.filter(({ topic }) => topic.includes('/event/')))
    },
    until: async (condition, withinMs = 60_000) => {
      await untilTrue(() => condition(heard), withinMs)
      expect(
        condition(heard),
        heard
          .map(({ topic, payload }) => `${topic} ${payload}`)
          .slice(-20)
          .join('\n'),
      ).toBe(true)
    },
    subscribedAgain: () => subscribed.promise,
    end,
  }
}

function firstOfEach(heard: readonly Heard[]): readonly Heard[] {
  const known = new Set<unknown>()
  return heard.filter(({ said }) => !known.has(said?.id) && known.add(said?.id))
}

async function untilTrue(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const untilMs = Date.now() + withinMs
  while (!(await condition()) && Date.now() < untilMs) await systemClock.sleep(20)
}

/** A machine that stands still, unless the changes say otherwise. */
export function shown(machine: string, changes: Partial<MachineHealth> = {}): MachineHealth {
  return {
    machine,
    status: 'idle',
    sinceMs: Date.UTC(2026, 0, 31, 9),
    reason: null,
    workOrder: null,
    operator: null,
    declared: null,
    shift: null,
    lastSeenMs: null,
    signals: [],
    ...changes,
  }
}

interface FeedOptions {
  /** What stands below `mqtt:`, besides the url. */
  readonly keys?: object
  /** In place of the url and those keys. */
  readonly settings?: FeedSettings | undefined
  readonly must?: Consumer['must']
  readonly outbox?: BufferOutbox
  readonly folder?: string
  readonly places?: Readonly<Record<Owner, PlantPlace>>
  readonly standings?: () => readonly MachineHealth[]
  readonly stations?: () => readonly Owner[]
  readonly clock?: Clock
  /** What the feed itself writes to; nobody reads it unless given. */
  readonly log?: Log
}

export interface RunningFeed {
  readonly outbox: BufferOutbox
  readonly uploader: Uploader
  readonly folder: string
  /** Stores events, as the pipeline does. */
  store(events: readonly Event[]): Promise<void>
  /** Until the feed has acknowledged everything that is stored. */
  untilEmpty(withinMs?: number): Promise<void>
  until(condition: () => boolean | Promise<boolean>, withinMs?: number): Promise<void>
  stop(): Promise<void>
}

/** What a route file with these keys comes to. */
export function feedSettings(url: string, keys: object = {}) {
  const settled = settleFeed(
    { resolve: (_, path) => path, secret: () => ({ variable: '', value: undefined }) },
    feedSchema.parse({ mqtt: { url, ...keys } }),
  )
  if (!settled) throw new Error('no settings')
  return settled
}

/** A gateway in plant SAV-1 of SAV, as a feed sees it. */
export function feedContext(options: FeedOptions & { readonly folder: string }): FeedContext {
  const { folder, places = {}, standings = () => [], stations = () => [], clock = systemClock } = options
  const { log = createLog('silent') } = options
  return {
    gateway: 'edge-1',
    organization: 'SAV',
    plant: 'SAV-1',
    dataFolder: folder,
    log,
    now: clock.now,
    mapsInForce: Promise.resolve(),
    placeOf: (owner) => places[owner] ?? {},
    standings,
    stations,
  }
}

/** Starts a feed; it ends with the test. */
export async function startFeed(url: string, options: FeedOptions = {}): Promise<RunningFeed> {
  const { keys, must = 'deliver', folder = testFolder(), clock = systemClock } = options
  const consumer: Consumer = { name: 'feed', must }
  const outbox = options.outbox ?? (await testOutbox({ consumers: [consumer] }))
  const stop = new AbortController()
  const uploader = createUploader({
    outbox,
    route: createFeedRoute(
      options.settings ?? feedSettings(url, keys),
      consumer,
      feedContext({ ...options, folder }),
    ),
    clock,
    random: Math.random,
    log: createLog('silent'),
    budget: createStopBudget(stop.signal, clock),
  })
  const running = uploader.run(stop.signal)
  const end = async () => {
    stop.abort()
    await running
  }
  onTestFinished(end)
  const until: RunningFeed['until'] = async (condition, withinMs = 60_000) => {
    await untilTrue(condition, withinMs)
    expect(await condition(), JSON.stringify(uploader.health())).toBe(true)
  }
  const pending = async () =>
    (await outbox.stats()).consumers.find(({ name }) => name === consumer.name)?.pending
  return {
    outbox,
    uploader,
    folder,
    store: async (events) => {
      await outbox.append({ at: clock.now(), events, states: {} })
    },
    until,
    untilEmpty: (withinMs) => until(async () => (await pending()) === 0, withinMs),
    stop: end,
  }
}
