/**
 * The whole gateway. The only file that knows many rooms: it builds them from the sink to the source and stops them from
 * the source to the sink, so that nobody ever speaks to a neighbour that is gone. It decides nothing itself.
 */
import { mkdirSync } from 'node:fs'
import { lockInstance } from './buffer/instance-lock.ts'
import { openOutbox } from './buffer/outbox.ts'
import { outboxOptions } from './buffer/outbox-options.ts'
import { collectDevice } from './collector/collect-device.ts'
import { createRoster, type Roster } from './collector/roster.ts'
import type { Config } from './config/config.ts'
import { announce, withdraw } from './console/presence.ts'
import { composeReport } from './console/report.ts'
import { createConsole } from './console/server.ts'
import type { Destination } from './domain/destination.ts'
import type { Device } from './domain/device.ts'
import type { Driver } from './domain/driver.ts'
import { ownerCode } from './domain/owner.ts'
import { createMapFollower, type MapConsumer, type MapFollower } from './maps/follow-maps.ts'
import { createMapStore } from './maps/map-store.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createPostgresCentral } from './routes/mes/route.ts'
import { centralSettings } from './routes/mes/settings.ts'
import type { Clock } from './runtime/clock.ts'
import type { Log } from './runtime/log.ts'
import { releaseGarbage } from './runtime/memory.ts'
import { keep, type Service } from './runtime/service.ts'
import { createUploader } from './uploader/upload.ts'

/** The last push after a stop was asked for may take this long; what it does not finish is pushed at the next start. */
const LAST_PUSH_MS = 2_500

/** What the gateway gets of the world. Tests put parts of their own in place of these. */
export interface World {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly drivers: readonly Driver[]
  readonly bootId: string
  readonly version: string
  /** Files are named relative to it in messages. */
  readonly cwd: string
  readonly central?: Destination
  /** Calls back when maps are to be read again at once. Returns the way to stop. */
  readonly onReload: (listener: () => void) => () => void
}

/**
 * Runs until the signal is aborted, then stops within 5 s.
 * @throws StoreError when the local log cannot be opened; InstanceLocked when another gateway has this data directory
 */
export async function runGateway(config: Config, world: World, signal: AbortSignal): Promise<void> {
  const { clock, log } = world
  const startedAtMs = clock.now().wallMs
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  using _lock = lockInstance(config.dataFolder)
  await using outbox = await openOutbox(outboxOptions(config, world))
  const central = world.central ?? createPostgresCentral(centralSettings(config, world))
  const uploader = createUploader({
    outbox,
    central,
    clock,
    random: world.random,
    log,
    batch: config.central.batch,
  })
  const pipeline = await createPipeline({ outbox, clock, log, bootId: world.bootId })
  const kept = (service: Service, stop: AbortSignal) => keep(service, stop, world)
  const collect = (device: Device) =>
    collectDevice({
      device,
      driver: driverOf(world.drivers, device.protocol),
      deliver: pipeline.deliver,
      clock,
      random: world.random,
      log,
      stateFolder: config.dataFolder,
    })
  const roster = createRoster({ collect, keep: kept })
  const maps = mapFollower(config, world, consumerOfMaps(pipeline, roster))
  const report = async () =>
    composeReport({
      gateway: config.gateway,
      version: world.version,
      startedAtMs,
      nowMs: clock.now().wallMs,
      central: uploader.health(),
      outbox: await outbox.stats(),
      machines: pipeline.machines(),
      devices: roster.health(),
      maps: maps.health(),
    })
  const onListening = (port: number) => announce(config.dataFolder, { host: config.console.host, port })
  const console = createConsole({ ...config.console, report, onListening })

  const sink = new AbortController()
  const derivation = new AbortController()
  const uploading = kept(uploader, sink.signal)
  const serving = kept(console, sink.signal)
  const deriving = kept(pipeline, derivation.signal)
  await maps.load(signal)
  releaseGarbage()
  log.info({ gateway: config.gateway, machines: pipeline.machines().length }, 'running')

  await maps.follow(signal)
  log.info({}, 'stopping')
  await roster.dismissAll()
  derivation.abort()
  await deriving
  await drained(uploader, outbox, clock)
  sink.abort()
  await Promise.all([uploading, serving])
  withdraw(config.dataFolder)
}

/** Gives the last events a moment to reach central, if central is there. */
async function drained(
  uploader: { health(): { readonly state: string } },
  outbox: { stats(): Promise<{ readonly pending: number }> },
  clock: Clock,
): Promise<void> {
  const untilMs = clock.now().monoMs + LAST_PUSH_MS
  while (uploader.health().state === 'connected' && clock.now().monoMs < untilMs) {
    if ((await outbox.stats()).pending === 0) return
    await clock.sleep(50)
  }
}

function mapFollower(config: Config, world: World, consumer: MapConsumer): MapFollower {
  const { devicesFolder, dataFolder } = config
  const { clock, log, drivers, cwd, onReload } = world
  const now = () => clock.now().wallMs
  const store = createMapStore({ devicesFolder, dataFolder, drivers, cwd, now })
  return createMapFollower({ store, devicesFolder, consumer, clock, log, onReload })
}

/** A machine's former links are closed before its map changes: PLCs have few places for them. */
function consumerOfMaps(pipeline: Pipeline, roster: Roster): MapConsumer {
  return {
    put: async (owner, map) => {
      await roster.dismiss(ownerCode(owner))
      pipeline.setMap(map)
      await roster.assign(ownerCode(owner), map.devices)
    },
    remove: async (owner) => {
      await roster.dismiss(ownerCode(owner))
      pipeline.removeMap(ownerCode(owner))
    },
  }
}

function driverOf(drivers: readonly Driver[], protocol: string): Driver {
  const driver = drivers.find((candidate) => candidate.protocol === protocol)
  if (!driver) throw new Error(`no driver for ${protocol}`)
  return driver
}
