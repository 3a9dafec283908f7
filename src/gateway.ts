/**
 * The whole gateway. The only file that knows many rooms: it builds them from the sink to the source and stops them from
 * the source to the sink, so that nobody ever speaks to a neighbour that is gone. It decides nothing itself.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { lockInstance } from './buffer/instance-lock.ts'
import { type OutboxOptions, openOutbox } from './buffer/outbox.ts'
import { collectDevice } from './collector/collect-device.ts'
import { createRoster, type Roster } from './collector/roster.ts'
import type { Config } from './config/config.ts'
import { announce, withdraw } from './console/presence.ts'
import { composeReport } from './console/report.ts'
import { createConsole } from './console/server.ts'
import type { Destination } from './domain/destination.ts'
import type { Device } from './domain/device.ts'
import type { Driver } from './domain/driver.ts'
import { faultText } from './domain/errors.ts'
import type { MachineMap } from './domain/machine-map.ts'
import type { Consumer } from './domain/outbox.ts'
import { createMapStore, type MapInForce, type MapSet } from './maps/map-store.ts'
import { watchMaps } from './maps/watch-maps.ts'
import { createPipeline, type Pipeline } from './pipeline.ts'
import { createPostgresCentral } from './routes/mes/route.ts'
import type { CentralSettings } from './routes/mes/settings.ts'
import type { Clock } from './runtime/clock.ts'
import type { Log } from './runtime/log.ts'
import { releaseGarbage } from './runtime/memory.ts'
import { keep, type Service } from './runtime/service.ts'
import { createUploader } from './uploader/upload.ts'

/** The last push after a stop was asked for may take this long; what it does not finish is pushed at the next start. */
const LAST_PUSH_MS = 2_500

/** Given up when the disk is full, so that events go on for a while and room can be made at all. */
const DISK_RESERVE_BYTES = 32 * 1024 * 1024

/** The cursor of central in the local log. Its name stands in the logs of every gateway and can never change. */
export const CENTRAL = { name: 'central', must: 'deliver' } as const satisfies Consumer

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
  const maps = followMaps(config, world, pipeline, roster)
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
      ...maps.health(),
    })
  const { host, port } = config.console
  const onListening = (bound: number) => announce(config.dataFolder, { host, port: bound })
  const console = createConsole({ host, port, report, onListening })

  const sink = new AbortController()
  const derivation = new AbortController()
  const uploading = kept(uploader, sink.signal)
  const serving = kept(console, sink.signal)
  const deriving = kept(pipeline, derivation.signal)
  await maps.load()
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

/** Keeps the machines in step with the files: a bad file changes nothing, a good one only its own machine. */
function followMaps(config: Config, world: World, pipeline: Pipeline, roster: Roster) {
  const { log, clock } = world
  const store = createMapStore({
    devicesFolder: config.devicesFolder,
    dataFolder: config.dataFolder,
    drivers: world.drivers,
    cwd: world.cwd,
    now: () => clock.now().wallMs,
  })
  let current: MapSet = { machines: [], faults: [] }

  const inForce = new Map<string, MachineMap>()

  async function load(): Promise<void> {
    const reading = store.read()
    let step = reading.next()
    for (; !step.done; step = reading.next()) {
      await take(step.value)
      // The devices of one map are spoken to while the next map is read.
      await clock.sleep(0)
    }
    current = step.value
    for (const fault of current.faults) log.warn({}, faultText(fault))
    const staying = new Set(current.machines.map(({ map }) => map.machine))
    for (const machine of [...inForce.keys()].filter((machine) => !staying.has(machine))) {
      await roster.dismiss(machine)
      pipeline.removeMap(machine)
      inForce.delete(machine)
      log.info({ machine }, 'map taken away')
    }
  }

  async function take({ map, faults, lastGood }: MapInForce): Promise<void> {
    for (const fault of faults)
      log.warn({ machine: map.machine }, `${lastGood ? 'last good map stays: ' : ''}${faultText(fault)}`)
    const before = inForce.get(map.machine)
    if (before === map || (before && JSON.stringify(before) === JSON.stringify(map))) return
    await roster.dismiss(map.machine)
    pipeline.setMap(map)
    inForce.set(map.machine, map)
    await roster.assign(map.machine, map.devices)
    log.info({ machine: map.machine, file: map.file }, 'map in force')
  }

  /** Reads the maps again whenever they change or a reload is asked for, one reading at a time, until aborted. */
  async function follow(signal: AbortSignal): Promise<void> {
    let turn = Promise.resolve()
    const again = () => {
      turn = turn
        .then(load)
        .catch((error: unknown) => log.error({ error }, 'the device maps could not be read again'))
    }
    const stopReload = world.onReload(again)
    try {
      await watchMaps(config.devicesFolder, again, signal)
    } finally {
      stopReload()
      await turn
    }
  }

  const health = () => ({
    maps: current.machines.map(({ map, loadedAtMs, faults }) => ({
      machine: map.machine,
      file: map.file,
      loadedAtMs,
      faults,
    })),
    mapFaults: current.faults,
  })
  return { load, follow, health }
}

function driverOf(drivers: readonly Driver[], protocol: string): Driver {
  const driver = drivers.find((candidate) => candidate.protocol === protocol)
  if (!driver) throw new Error(`no driver for ${protocol}`)
  return driver
}

/** The local log of a gateway. */
export function outboxOptions(
  config: Config,
  { clock, log, bootId }: Pick<World, 'clock' | 'log' | 'bootId'>,
): OutboxOptions {
  return {
    file: join(config.dataFolder, 'outbox.db'),
    consumers: [CENTRAL],
    retentionMs: config.buffer.retentionMs,
    maxBytes: config.buffer.maxBytes,
    reserveBytes: DISK_RESERVE_BYTES,
    bootId,
    clock,
    log,
  }
}

/** How a gateway reaches central. */
export function centralSettings(
  config: Config,
  { clock, log }: Pick<World, 'clock' | 'log'>,
): CentralSettings {
  const { hosts, database, user, password, tls, schema, machineStatus } = config.central
  return {
    connection: { hosts, database, user, password: () => password?.reveal(), tls },
    schema,
    organization: config.organization,
    plant: config.plant,
    gateway: config.gateway,
    machineStatus,
    log,
    now: clock.now,
  }
}
