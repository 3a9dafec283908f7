/**
 * The whole gateway: wiring only. It builds the rooms from the sink to the source and stops them from the source to the sink,
 * so that nobody ever speaks to a neighbour that is gone. It decides nothing.
 */
import { outboxHealth } from './buffer/health.ts'
import { lockInstance } from './buffer/instance-lock.ts'
import { type BufferOutbox, openOutbox } from './buffer/outbox.ts'
import { outboxOptions } from './buffer/outbox-options.ts'
import { collectDevice } from './collector/collect-device.ts'
import { type Collector, createRoster, type Roster } from './collector/roster.ts'
import type { Config } from './config/config.ts'
import { partTroubles } from './console/part-troubles.ts'
import { announcementIn } from './console/presence.ts'
import { createQualityLog } from './console/quality-log.ts'
import { composeReport, type StatusReport } from './console/report.ts'
import { createConsole } from './console/server.ts'
import type { Route } from './domain/destination.ts'
import type { Device } from './domain/device.ts'
import type { Driver, Drivers } from './domain/driver.ts'
import type { DeviceHealth, Health, MachineHealth, Trouble } from './domain/health.ts'
import { isMachine, ownerCode } from './domain/owner.ts'
import { createMapFollower, type MapConsumer, type MapFollower } from './maps/follow-maps.ts'
import { isMachineMap } from './maps/map-kind.ts'
import { createMapStore } from './maps/map-store.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createStopBudget, type StopBudget } from './runtime/budget.ts'
import type { Clock } from './runtime/clock.ts'
import type { Log } from './runtime/log.ts'
import { releaseGarbage } from './runtime/memory.ts'
import { keepPrivate } from './runtime/private-folder.ts'
import { createParts, type Parts, type Service } from './runtime/service.ts'
import { isMachineSubject, machineSubject } from './status/machine-subject.ts'
import { hasOpenRow } from './status/saved/read-state.ts'
import { mapOfNothing } from './status/without-map.ts'
import { lastPush } from './uploader/last-push.ts'
import { createUploader, type Uploader } from './uploader/upload.ts'

const NO_SCANNERS = { summary: [], troubles: [] }

type DeviceRoster = Roster<Device, Collector<DeviceHealth>>

/** What the gateway gets of the world. Tests put parts of their own in place of these. */
export interface World {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** The gateway ends them: whatever they own must outlive its devices. */
  readonly drivers: Drivers
  /** Where events go. The first is the one that `status` shows as central. */
  readonly routes: readonly [Route, ...Route[]]
  readonly bootId: string
  readonly version: string
  /** Files are named relative to it in messages. */
  readonly cwd: string
  /** Calls back when maps are to be read again at once. Returns the way to stop. */
  readonly onReload: (listener: () => void) => () => void
  /** Where the stages of the stop are named until they have ended. */
  readonly unfinished?: Set<string>
}

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
  const pipeline = await budget.unlessStopped(createPipeline({ outbox, clock, log }))
  const roster = rosterFor(config, world, { pipeline, parts })
  const maps = mapFollower(config, world, consumerOfMaps(pipeline, roster))
  const report = reporter(config, world, { uploaders, outbox, pipeline, roster, maps, parts })
  const { announce, withdraw } = announcementIn(config.dataFolder)
  const server = createConsole({ ...config.console, report, announce, clock, log })

  await using _uploading = budget.atEnd('uploader', startAll(uploaders, parts))
  await using _announced = budget.atEnd('console', withdraw)
  await using _serving = budget.atEnd('console', parts.start(server))
  await using _lastPush = budget.atEnd('last push', () => lastPush(uploaders, outbox, { clock, budget }))
  await using _deriving = budget.atEnd('derivation', parts.start(pipeline))
  await using _drivers = budget.atEnd('devices', async () => world.drivers[Symbol.asyncDispose]())
  await using _telling = budget.atEnd('console', parts.start(qualityLog(world, { pipeline, roster, maps })))
  const running = () => log.info({ gateway: config.gateway, machines: pipeline.subjects.length }, 'running')
  const following = follow(maps, running, signal)
  await using _collecting = budget.atEnd('devices', () => {
    log.info({}, 'stopping')
    return Promise.allSettled([following, roster.dismissAll()])
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

function startAll(uploaders: readonly Uploader[], parts: Parts): () => Promise<unknown> {
  const stops = uploaders.map((uploader) => parts.start(uploader))
  return () => Promise.all(stops.map((stop) => stop()))
}

function rosterFor(
  config: Config,
  world: World,
  { pipeline, parts }: { readonly pipeline: Pipeline; readonly parts: Parts },
): DeviceRoster {
  const collect = (device: Device) =>
    collectDevice({
      ...world,
      device,
      driver: driverOf(world.drivers, device.protocol),
      deliver: (message) => pipeline.deliver(message),
      stateFolder: config.dataFolder,
    })
  return createRoster({ collect, keep: parts.keep })
}

function driverOf({ all }: Drivers, protocol: string): Driver {
  const driver = all.find((candidate) => candidate.protocol === protocol)
  if (!driver) throw new Error(`no driver for ${protocol}`)
  return driver
}

function mapFollower(config: Config, world: World, consumer: MapConsumer): MapFollower {
  const { devicesFolder, dataFolder } = config
  const { clock, log, cwd, onReload } = world
  const hardware = { drivers: world.drivers.all, transports: [], brands: {} }
  const now = () => clock.now().wallMs
  const store = createMapStore({ devicesFolder, dataFolder, ...hardware, cwd, now })
  return createMapFollower({ store, devicesFolder, consumer, clock, log, onReload })
}

/** A machine's former links are closed before its map changes: PLCs have few places for them. */
function consumerOfMaps(pipeline: Pipeline, roster: DeviceRoster): MapConsumer {
  return {
    put: async (owner, map) => {
      if (!isMachineMap(map)) return
      await roster.dismiss(owner)
      pipeline.put(owner, (remembered) => machineSubject(map, remembered))
      await roster.assign(owner, map.devices)
    },
    putWithoutMap: (owner, file) =>
      pipeline.put(owner, (remembered) => machineSubject(mapOfNothing(ownerCode(owner), file), remembered)),
    absent: () =>
      [...pipeline.absent]
        .filter(([owner]) => isMachine(owner))
        .map(([owner, saved]) => ({ owner, isOpen: hasOpenRow(saved) })),
    remove: async (owner, lastMap) => {
      await roster.dismiss(owner)
      const map = lastMap && isMachineMap(lastMap) ? lastMap : mapOfNothing(ownerCode(owner), '')
      pipeline.recall(owner, (remembered) => machineSubject(map, remembered))
      await pipeline.remove(owner).durable
    },
  }
}

interface Reporting {
  readonly uploaders: readonly [Uploader, ...Uploader[]]
  readonly outbox: BufferOutbox
  readonly pipeline: Pipeline
  readonly roster: DeviceRoster
  readonly maps: MapFollower
  readonly parts: Parts
}

function qualityLog(
  { clock, log }: World,
  { pipeline, roster, maps }: Pick<Reporting, 'pipeline' | 'roster' | 'maps'>,
): Service {
  return createQualityLog({
    machines: () => machinesOf(pipeline),
    devices: () => roster.health(),
    scanners: () => NO_SCANNERS,
    maps: () => maps.health().summary,
    clock,
    log,
  })
}

function machinesOf(pipeline: Pipeline): readonly Health<MachineHealth>[] {
  return pipeline.subjects.filter(isMachineSubject).map((subject) => subject.health())
}

function reporter(
  { gateway }: Config,
  { clock, version }: World,
  { uploaders, outbox, pipeline, roster, maps, parts }: Reporting,
): (own: readonly Trouble[]) => Promise<StatusReport> {
  const startedAtMs = clock.now().wallMs
  return async (own) => {
    const [central, ...others] = uploaders
    return composeReport({
      gateway,
      version,
      startedAtMs,
      nowMs: clock.now().wallMs,
      routes: [central.health(), ...others.map((uploader) => uploader.health())],
      outbox: outboxHealth(await outbox.stats()),
      machines: machinesOf(pipeline),
      devices: roster.health(),
      scanners: NO_SCANNERS,
      maps: maps.health(),
      own: [...partTroubles(parts.falling), ...own],
    })
  }
}
