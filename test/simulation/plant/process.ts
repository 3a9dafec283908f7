/** One process of the gateway: the production core from its links to its routes. It can be killed at any call, stopped, and stand still. */

import type { Destination, Route } from '../../../src/domain/destination.ts'
import type { Drivers } from '../../../src/domain/driver.ts'
import { StoreError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { MasterData } from '../../../src/domain/master-data.ts'
import { machineOwner, stationOwner } from '../../../src/domain/owner.ts'
import type { ScannerTransports } from '../../../src/domain/scanner.ts'
import type { StationMap } from '../../../src/domain/station-map.ts'
import { linkNews } from '../../../src/gateway/links.ts'
import { createDeviceRoster, createScannerRoster } from '../../../src/gateway/rosters.ts'
import { type Answered, createPipeline } from '../../../src/pipeline.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import type { Clock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createParts, type Service } from '../../../src/runtime/service.ts'
import { stationSubject } from '../../../src/scans/station-subject.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { lastPush } from '../../../src/uploader/last-push.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { createMortal, createStep, type Life } from '../mortal.ts'
import type { Random } from '../random.ts'
import type { Habits } from './habits.ts'
import type { LogDisk } from './log-disk.ts'
import { LogThread, outboxOn } from './log-thread.ts'

const SILENT = createLog('silent')

/** What one process is made of. All but its clock outlives it. */
export interface ProcessParts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: LogDisk
  readonly habits: Habits
  readonly machines: readonly MachineMap[]
  readonly station: StationMap
  readonly masterData: MasterData
  readonly drivers: Drivers
  readonly scanners: ScannerTransports
  readonly routes: readonly (Omit<Route, 'destination'> & { readonly central: Destination })[]
  readonly life: Life
  /** Before and after each call of an adapter. */
  readonly fate: (point: string) => void
  /** What became durable, as the pipeline was told, and when it was handed in, by the monotonic clock. */
  readonly stored: (events: readonly Event[], calledAtMs: number) => void
  readonly fail: (what: string) => void
}

/** Runs until the signal is aborted; as `src/gateway.ts` does, from the sink to the source, and back when it stops. */
export async function runProcess(parts: ProcessParts, signal: AbortSignal): Promise<void> {
  const { clock, random, disk, habits, life } = parts
  const budget = createStopBudget(signal, clock)
  const mortal = createMortal(life, parts.fate)
  const file = { disk, clock, random, habits: habits.log }
  const step = createStep(life, parts.fate)
  const own = new LogThread(file)
  const thread: Pick<LogThread, 'ask' | 'change' | 'store'> = {
    ask: (question) => step('asking the log', () => own.ask(question)),
    change: (work) => step('changing the log', () => own.change(work)),
    store: (turn, group) => step('storing', () => own.store(turn, group)),
  }
  await using outbox = outboxOn(thread, file)
  const kept = createParts({ clock, random: random.next, log: SILENT })
  const uploaders = parts.routes.map((route, nth) => {
    const { central, ...rest } = route
    const world = habits.delivery({ central: mortal(central), outbox }, nth)
    return createUploader({
      outbox: world.outbox,
      route: { ...rest, destination: world.central },
      // So that batches of several pages are common.
      pageRows: Math.ceil(route.batch.rows / 3),
      clock,
      random: random.next,
      log: SILENT,
      budget,
    })
  })
  const uploads = uploaders.map((uploader) => kept.start(watched(uploader, parts.fail)))
  await using _uploading = budget.atEnd('uploader', () => Promise.all(uploads.map((stop) => stop())))
  await using _lastPush = budget.atEnd('last push', () =>
    lastPush(() => uploaders, outbox, { clock, budget }),
  )
  await collect(parts, { outbox, kept, budget }, signal)
}

interface Running {
  readonly outbox: ReturnType<typeof outboxOn>
  readonly kept: ReturnType<typeof createParts>
  readonly budget: ReturnType<typeof createStopBudget>
}

/** From the links to the log. */
async function collect(
  { clock, random, habits, ...parts }: ProcessParts,
  { outbox, kept, budget }: Running,
  signal: AbortSignal,
): Promise<void> {
  const world = { clock: habits.clock(clock), random: random.next, log: SILENT }
  const answered: Answered = (owner, answer, durable, events) => {
    for (const one of scanners.of(owner)) one.answered(answer, habits.answerWaitsFor(durable), events)
  }
  const recorded = habits.recording(noted(outbox, parts.stored))
  const pipeline = await budget.unlessStopped(
    createPipeline({ outbox: recorded, clock: world.clock, log: SILENT, answered }),
  )
  const links = linkNews(pipeline, world.clock, () => true)
  const needs = { pipeline, links, parts: kept }
  const devices = createDeviceRoster('', { ...world, drivers: parts.drivers }, needs)
  const scanners = createScannerRoster(
    parts.masterData,
    { ...world, scanners: parts.scanners },
    { ...needs, watchOf: () => ({ read: () => {}, answered: () => {}, discarded: () => {} }) },
  )
  await using _deriving = budget.atEnd('derivation', kept.start(pipeline))
  for (const map of parts.machines) {
    const owner = machineOwner(map.machine)
    pipeline.put(owner, (remembered) => habits.subject(machineSubject(habits.map(map), remembered)))
    await devices.assign(owner, map.devices)
  }
  const { station } = parts
  pipeline.put(stationOwner(station.scanner), (remembered) =>
    habits.subject(stationSubject(habits.station(station), remembered)),
  )
  await scanners.assign(stationOwner(station.scanner), [station])
  await using _collecting = budget.atEnd('devices', () => {
    links.stopping()
    return Promise.allSettled([devices.dismissAll(), scanners.dismissAll()])
  })
  const stopped = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => stopped.resolve(), { once: true })
  if (signal.aborted) stopped.resolve()
  await Promise.race([stopped.promise, outbox.failed])
}

/** Notes what the pipeline was told to be durable. */
function noted(outbox: ReturnType<typeof outboxOn>, stored: ProcessParts['stored']) {
  return {
    append: async (entry: Parameters<typeof outbox.append>[0]) => {
      await outbox.append(entry)
      stored(entry.events, entry.at.monoMs)
    },
    get uncommitted() {
      return outbox.uncommitted
    },
    states: () => outbox.states(),
  }
}

/** A log that gives no more may end a run of the uploader, which is started again. Any other failure is a mistake. */
function watched(service: Service, fail: (what: string) => void): Service {
  return {
    name: service.name,
    run: async (signal) => {
      try {
        await service.run(signal)
        if (!signal.aborted) fail(`${service.name} ended by itself`)
      } catch (error) {
        if (!(error instanceof StoreError))
          fail(`${service.name} failed: ${error instanceof Error ? error.stack : String(error)}`)
        throw error
      }
    },
  }
}
