/**
 * The whole gateway: wiring only. It builds the rooms from the sink to the source and stops them from the source to the sink,
 * so that nobody ever speaks to a neighbour that is gone. It decides nothing.
 */
import { resolve } from 'node:path'
import { lockInstance } from './buffer/instance-lock.ts'
import { openOutbox } from './buffer/outbox.ts'
import { outboxOptions } from './buffer/outbox-options.ts'
import type { Config } from './config/config.ts'
import { announcementIn } from './console/presence.ts'
import { createConsole } from './console/server.ts'
import type { Route } from './domain/destination.ts'
import { isMachine } from './domain/owner.ts'
import type { Subject } from './domain/subject.ts'
import { inServiceWatch } from './gateway/in-service.ts'
import { masterDataFor } from './gateway/master-data.ts'
import { plannedWatch } from './gateway/planned-watch.ts'
import { qualityLog, reporter } from './gateway/reporting.ts'
import { createDeviceRoster, createScannerRoster } from './gateway/rosters.ts'
import { consumerOfMaps } from './gateway/subjects.ts'
import type { World } from './gateway/world.ts'
import { createMapFollower, type MapConsumer, type MapFollower } from './maps/follow-maps.ts'
import { noteAppliedMap } from './maps/map-history.ts'
import type { NoteMap } from './maps/map-news.ts'
import { createMapStore } from './maps/map-store.ts'
import { type Answered, createPipeline } from './pipeline.ts'
import { createStopBudget, type StopBudget } from './runtime/budget.ts'
import { releaseGarbage } from './runtime/memory.ts'
import { keepPrivate } from './runtime/private-folder.ts'
import { createParts, type Parts } from './runtime/service.ts'
import { BRAND_TONES } from './scanners/brands.ts'
import { lastPush } from './uploader/last-push.ts'
import { createUploader, type Uploader } from './uploader/upload.ts'

/**
 * Runs until the signal is aborted, then stops within 5 s, also while it is still starting.
 * @throws StoreError when the local log cannot be opened, or has failed for good; InstanceLocked when another gateway has this data directory
 */
export async function runGateway(config: Config, world: World, signal: AbortSignal): Promise<void> {
  const budget = createStopBudget(signal, world.clock, world.unfinished)
  try {
    await runWithin(budget, config, world)
  } catch (error) {
    // What was given up for the stop is no failure.
    if (!signal.aborted || error !== signal.reason) throw error
  }
}

/** Whatever was started is stopped in reverse order, also when something behind it fails. */
async function runWithin(budget: StopBudget, config: Config, world: World): Promise<void> {
  const { signal } = budget
  const { clock, log } = world
  const parts = createParts(world)
  using _lock = lockInstance(config.dataFolder)
  keepPrivate(config.dataFolder, log)
  await using outbox = await openOutbox({ ...outboxOptions(config, world), budget })
  const upload = (route: Route) => createUploader({ ...world, outbox, route, budget })
  const [central, ...others] = world.routes
  const uploaders = [upload(central), ...others.map(upload)] as const
  const answered: Answered = (owner, ...answer) =>
    scanners.of(owner).forEach((one) => void one.answered(...answer))
  const pipeline = await budget.unlessStopped(createPipeline({ outbox, clock, log, answered }))
  const masterData = await budget.unlessStopped(masterDataFor(config, world, pipeline))
  const devices = createDeviceRoster(config.dataFolder, world, { pipeline, parts })
  const scanners = createScannerRoster(masterData, world, { pipeline, parts })
  const planned = plannedWatch(world, { masterData, pipeline })
  const maps = mapFollower(config, world, consumerOfMaps({ pipeline, devices, scanners, planned }))
  const speaking = { uploaders, outbox, pipeline, devices, scanners, masterData, maps, parts }
  const report = reporter(config.gateway, world, speaking)
  const { announce, withdraw } = announcementIn(config.dataFolder)
  const server = createConsole({ ...config.console, report, announce, clock, log })

  await using _uploading = budget.atEnd('uploader', startAll(uploaders, parts))
  await using _announced = budget.atEnd('console', withdraw)
  await using _serving = budget.atEnd('console', parts.start(server))
  await using _lastPush = budget.atEnd('last push', () => lastPush(uploaders, outbox, { clock, budget }))
  await using _deriving = budget.atEnd('derivation', parts.start(pipeline))
  await using _drivers = budget.atEnd('devices', async () => world.drivers[Symbol.asyncDispose]())
  await using _ports = budget.atEnd('devices', async () => world.scanners[Symbol.asyncDispose]())
  await using _copy = budget.atEnd('devices', async () => masterData[Symbol.asyncDispose]())
  await using _copying = budget.atEnd('devices', parts.start(masterData))
  await using _watching = budget.atEnd(
    'derivation',
    parts.start(inServiceWatch(world, { masterData, pipeline })),
  )
  await using _planning = budget.atEnd('derivation', parts.start(planned))
  await using _telling = budget.atEnd('console', parts.start(qualityLog(world, speaking)))
  const running = () => {
    log.info({ gateway: config.gateway, ...countOf(pipeline.subjects) }, 'running')
  }
  const following = follow(maps, running, signal)
  await using _collecting = budget.atEnd('devices', () => {
    log.info({}, 'stopping')
    return Promise.allSettled([following, devices.dismissAll(), scanners.dismissAll()])
  })
  await budget.unlessStopped(Promise.race([following, outbox.failed]))
}

/** Loads all maps, calls back, and follows what changes in them until aborted. */
async function follow(maps: MapFollower, onLoaded: () => void, signal: AbortSignal): Promise<void> {
  await maps.load(signal)
  // A stop cuts loading short: then not all maps are in force, and the gateway must not say that it runs.
  if (signal.aborted) return
  releaseGarbage()
  onLoaded()
  await maps.follow(signal)
}

function countOf(subjects: readonly Subject[]): { readonly machines: number; readonly stations: number } {
  const machines = subjects.filter(({ owner }) => isMachine(owner)).length
  return { machines, stations: subjects.length - machines }
}

function startAll(uploaders: readonly Uploader[], parts: Parts): () => Promise<unknown> {
  const stops = uploaders.map((uploader) => parts.start(uploader))
  return () => Promise.all(stops.map((stop) => stop()))
}

function mapFollower(config: Config, world: World, consumer: MapConsumer): MapFollower {
  const { devicesFolder, dataFolder } = config
  const { clock, log, cwd, onReload, drivers, scanners } = world
  const now = () => clock.now().wallMs
  const hardware = { drivers: drivers.all, transports: scanners.all, brands: BRAND_TONES }
  const store = createMapStore({ ...hardware, devicesFolder, dataFolder, cwd, now })
  const note: NoteMap = (owner, map, what) =>
    noteAppliedMap(dataFolder, owner, {
      atMs: now(),
      file: map?.file ?? '',
      path: map && !map.isLastGood ? resolve(cwd, map.file) : null,
      content: map?.content ?? '',
      what,
    })
  return createMapFollower({ store, note, devicesFolder, consumer, clock, log, onReload })
}
