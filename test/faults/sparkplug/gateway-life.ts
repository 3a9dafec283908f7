/**
 * A gateway with a feed in Sparkplug as a process of its own, which campaigns kill: a real log, the uploader and the feed, and a plant
 * in which something happens all the time. Arguments: the data folder, the url of the broker, the id of the host, events a second.
 */
import { join } from 'node:path'
import { openOutbox } from '../../../src/buffer/outbox.ts'
import { stationOwner } from '../../../src/domain/owner.ts'
import { createFeedRoute } from '../../../src/routes/mqtt/route.ts'
import { feedSchema, settleFeed } from '../../../src/routes/mqtt/settings.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { type BusyPlant, busyPlant, STATIONS } from './busy-plant.ts'

/** What the process tells the campaign, several times a second. */
export interface LifeReport {
  readonly pending: number
  readonly state: string
  /** The status that each machine shows; null of one that is not seen. */
  readonly shown: Readonly<Record<string, string | null>>
}

/** What a campaign tells the process: nothing more is to happen, or it is to stop. */
export type LifeOrder = 'hush' | 'stop'

const TURN_MS = 20
const REPORT_MS = 100
const CONSUMER = { name: 'feed', must: 'deliver' } as const

const [folder = '', url = '', host = '', perSecond = '0'] = process.argv.slice(2)
const plant = busyPlant(Date.now())
const outbox = await openOutbox({
  file: join(folder, 'outbox.db'),
  retentionMs: Number.MAX_SAFE_INTEGER,
  maxBytes: 1024 ** 3,
  consumers: [CONSUMER],
  bootId: systemClock.now().boot,
  clock: systemClock,
  log: createLog('silent'),
})
const stop = new AbortController()
const uploader = createUploader({
  outbox,
  route: feedRoute(plant),
  clock: systemClock,
  random: Math.random,
  log: createLog('silent'),
  budget: createStopBudget(stop.signal, systemClock),
})
let isHushed = false
process.on('message', (order: LifeOrder) => {
  isHushed = true
  if (order === 'stop') stop.abort()
})
// Without its campaign nobody would ever end it.
process.on('disconnect', () => process.exit())
const reporting = setInterval(() => void report(), REPORT_MS)
await Promise.all([uploader.run(stop.signal), live()])
clearInterval(reporting)
await outbox[Symbol.asyncDispose]()
process.disconnect()

function feedRoute({ standings }: BusyPlant) {
  const sparkplug = { primary_host: host, repeat_last: '10s' }
  const keys = { url, format: 'sparkplug', sparkplug, batch: { linger: '20ms' } }
  const settings = settleFeed(
    { resolve: (_, path) => path, secret: () => ({ variable: '', value: undefined }) },
    feedSchema.parse({ mqtt: keys }),
  )
  if (!settings) throw new Error('no settings')
  return createFeedRoute(settings, CONSUMER, {
    gateway: 'edge-1',
    organization: 'SAV',
    plant: 'SAV-1',
    dataFolder: folder,
    log: createLog('silent'),
    now: systemClock.now,
    mapsInForce: Promise.resolve(),
    placeOf: () => ({}),
    standings,
    stations: () => STATIONS.map(stationOwner),
  })
}

/** Waits for the disk like a source that is held back. */
async function live(): Promise<void> {
  while (!isHushed) {
    await systemClock.sleep(TURN_MS)
    const at = systemClock.now()
    const events = plant.pass(at.wallMs, (Number(perSecond) * TURN_MS) / 1_000)
    if (events.length > 0) await outbox.append({ at, events, states: {} })
  }
}

async function report(): Promise<void> {
  const { pending } = await outbox.stats()
  const shown = Object.fromEntries(
    plant.standings().map(({ machine, status, reason }) => [machine, reason === 'NO_DATA' ? null : status]),
  )
  const news: LifeReport = { pending, state: uploader.health().summary.state, shown }
  if (process.connected) process.send?.(news)
}
