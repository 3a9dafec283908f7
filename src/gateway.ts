/**
 * The whole gateway: wiring only. It builds the rooms from the sink to the source and stops them from the source to the sink,
 * so that nobody ever speaks to a neighbour that is gone. It decides nothing.
 */
import type { AuditTrail } from './audit-trail/audit-trail.ts'
import { lockInstance } from './buffer/instance-lock.ts'
import { openOutbox } from './buffer/outbox.ts'
import { outboxOptions } from './buffer/outbox-options.ts'
import { WorkerLink } from './buffer/worker-link.ts'
import type { Config } from './config/config.ts'
import { isMachine, isStation } from './domain/owner.ts'
import type { Subject } from './domain/subject.ts'
import { type FileThreads, fileThreads } from './gateway/file-threads.ts'
import { inServiceWatch } from './gateway/in-service.ts'
import { servePages } from './gateway/pages.ts'
import { pairLine } from './gateway/pair-line.ts'
import { recordRun } from './gateway/recorded-run.ts'
import { qualityLog } from './gateway/reporting.ts'
import { buildRooms } from './gateway/rooms.ts'
import { routeFiles } from './gateway/route-files.ts'
import type { RouteFollower } from './gateway/route-follower.ts'
import type { World } from './gateway/world.ts'
import type { MapFollower } from './maps/follow-maps.ts'
import { createStopBudget, type StopBudget } from './runtime/budget.ts'
import { cutBuffersFromSmallPieces, releaseGarbage } from './runtime/memory.ts'
import { keepPrivate } from './runtime/private-folder.ts'
import type { Parts } from './runtime/service.ts'
import { lastPush } from './uploader/last-push.ts'
import type { Uploader } from './uploader/upload.ts'

/**
 * Runs until the signal is aborted, then stops within 5 s, also while it is still starting.
 * @throws StoreError when the local log cannot be opened, or has failed for good; InstanceLocked when another gateway has this data directory
 */
export async function runGateway(config: Config, world: World, signal: AbortSignal): Promise<void> {
  cutBuffersFromSmallPieces()
  const budget = createStopBudget(signal, world.clock, world.unfinished)
  using _lock = lockInstance(config.dataFolder)
  using logThread = world.bufferThread ?? new WorkerLink(world.log)
  const threads = fileThreads(logThread)
  await recordRun(config, world, { budget, thread: threads.quick }, (recorded, trail) =>
    runWithin(budget, config, recorded, { trail, threads, logThread }),
  )
}

/** What a gateway has before anything else. */
interface BegunFirst {
  readonly trail: AuditTrail
  readonly threads: FileThreads
  readonly logThread: WorkerLink
}

/** Whatever was started is stopped in reverse order, also when something behind it fails. */
async function runWithin(
  budget: StopBudget,
  config: Config,
  world: World,
  { trail, threads, logThread }: BegunFirst,
): Promise<void> {
  const { signal } = budget
  const { clock, log } = world
  keepPrivate(config.dataFolder, log)
  const found = routeFiles(config, world)
  await budget.unlessStopped(found.store.keep())
  const consumers = [...world.routes, ...found.first.held, ...found.first.inForce]
  const storing = outboxOptions(config, { ...world, routes: consumers })
  await using outbox = await openOutbox({ ...storing, budget, thread: logThread })
  const rooms = await buildRooms(budget, config, world, { outbox, found, threads })
  let areMapsInForce = false
  const { parts, uploaders, routes, pipeline, devices, scanners, masterData, maps, recorder, links, pair } =
    rooms
  const allUploaders = () => [...uploaders, ...routes.uploaders]

  await using _recording = budget.atEnd('last commits', recorder ? parts.start(recorder) : async () => {})
  await using _observing = budget.atEnd('console', parts.start(rooms.observer))
  await using _uploading = budget.atEnd('uploader', startAll(uploaders, routes, parts))
  await using _pairing = budget.atEnd('goodbye', pair ? parts.start(pair) : async () => {})
  await using _pages = servePages(config, world, {
    ...{ ...rooms, budget, trail, logFile: storing.file, historyThread: threads.slow },
    areMapsInForce: () => areMapsInForce,
  })
  await using _lastPush = budget.atEnd('last push', () => lastPush(allUploaders, outbox, { clock, budget }))
  await using _deriving = budget.atEnd('derivation', parts.start(pipeline))
  await using _drivers = budget.atEnd('devices', async () => world.drivers[Symbol.asyncDispose]())
  await using _ports = budget.atEnd('devices', async () => world.scanners[Symbol.asyncDispose]())
  await using _copy = budget.atEnd('devices', async () => masterData[Symbol.asyncDispose]())
  await using _copying = budget.atEnd('devices', parts.start(masterData))
  await using _watching = budget.atEnd(
    'derivation',
    parts.start(inServiceWatch(world, { masterData, pipeline })),
  )
  await using _planning = budget.atEnd('derivation', parts.start(rooms.planned))
  await using _releasing = budget.atEnd('devices', parts.start(rooms.releases))
  await using _routing = budget.atEnd('devices', parts.start(routes))
  await using _telling = budget.atEnd('console', parts.start(qualityLog(world, rooms)))
  const running = () => {
    areMapsInForce = true
    rooms.mapsInForce.resolve()
    pair?.areMapsRead()
    const counts = countOf(pipeline.subjects)
    log.info({ event: 'gateway-running', gateway: config.gateway, ...counts }, 'running')
    world.ready?.(`running: machines ${counts.machines}, stations ${counts.stations}`)
  }
  await pair?.serve(pairLine(world, rooms), signal)
  const following = follow(maps, running, signal)
  await using _collecting = budget.atEnd('devices', () => {
    log.info({ event: 'gateway-stopping' }, 'stopping')
    links.stopping()
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
  const stations = subjects.filter(({ owner }) => isStation(owner)).length
  return { machines, stations }
}

function startAll(
  uploaders: readonly Uploader[],
  routes: RouteFollower,
  parts: Parts,
): () => Promise<unknown> {
  const stops = uploaders.map((uploader) => parts.start(uploader))
  return () => Promise.all([...stops.map((stop) => stop()), routes.dismissAll()])
}
