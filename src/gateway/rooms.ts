/** The rooms of a gateway between its devices and its destinations, each given the ones that it speaks to. */
import type { BufferOutbox } from '../buffer/outbox.ts'
import type { Config } from '../config/config.ts'
import { type Answered, createPipeline } from '../pipeline.ts'
import type { StopBudget } from '../runtime/budget.ts'
import { createParts } from '../runtime/service.ts'
import type { AskReport } from '../uploader/self-reports.ts'
import { createUploader } from '../uploader/upload.ts'
import { consoleWatches } from './console-watches.ts'
import { createDeviceMaps } from './device-maps.ts'
import type { FileThreads } from './file-threads.ts'
import { linkNews } from './links.ts'
import { masterDataFor } from './master-data.ts'
import { observerFor } from './observation.ts'
import { ownReport } from './own-report.ts'
import { pairFor } from './pair.ts'
import { plannedWatch } from './planned-watch.ts'
import { recorderFor } from './recording.ts'
import { releasesFor } from './releases.ts'
import { createDeviceRoster, createScannerRoster } from './rosters.ts'
import { routeContext, type routeFiles } from './route-files.ts'
import { createRouteFollower } from './route-follower.ts'
import { consumerOfMaps } from './subjects.ts'
import type { World } from './world.ts'

interface BuiltFirst {
  readonly outbox: BufferOutbox
  /** The routes that files describe. */
  readonly found: ReturnType<typeof routeFiles>
  readonly threads: FileThreads
}

/** Builds from the sink to the source. Nothing runs yet: whoever calls starts the rooms, and stops them in the reverse order. */
export async function buildRooms(
  budget: StopBudget,
  config: Config,
  world: World,
  { outbox, found, threads }: BuiltFirst,
) {
  const { clock, log } = world
  const parts = createParts(world)
  const mapsInForce = Promise.withResolvers<void>()
  const uploads = { ...world, outbox, budget }
  const [central, ...others] = world.routes
  // A report is made of all rooms, and asked for only once they run.
  const report: AskReport = (state) => reportOf(state)
  const uploaders = [
    createUploader({ ...uploads, route: central, report }),
    ...others.map((route) => createUploader({ ...uploads, route })),
  ] as const
  const answered: Answered = (owner, ...answer) =>
    scanners.of(owner).forEach((one) => void one.answered(...answer))
  const watches = consoleWatches(outbox, clock)
  const pipeline = await budget.unlessStopped(createPipeline({ outbox, clock, log, answered }))
  const masterData = await budget.unlessStopped(masterDataFor(config, world, pipeline, threads.quick))
  const takesLinks = () => [...world.routes, routes].some((route) => route.takes('link'))
  const links = linkNews(pipeline, clock, takesLinks)
  const devices = createDeviceRoster(config.dataFolder, world, { pipeline, links, parts })
  const scanners = createScannerRoster(masterData, world, {
    ...{ pipeline, links, parts },
    watchOf: (map) => watches.liveScans.of(map),
  })
  const planned = plannedWatch(world, { masterData, pipeline })
  const routes = createRouteFollower(world, {
    ...{ ...found, outbox, parts, budget },
    folder: config.routesFolder,
    fixed: world.routes,
    context: routeContext(config, world, { pipeline, mapsInForce: mapsInForce.promise }),
  })
  const recorder = recorderFor(config, world, outbox, threads.slow)
  const observer = observerFor(config, world, { uploaders, routes, devices, pipeline })
  const isFenced = () => uploaders[0].health().summary.state === 'fenced'
  const pair = await budget.unlessStopped(pairFor(config, world, outbox, isFenced))
  const storesMachines = () => pair?.recordsMachines ?? true
  const consumer = consumerOfMaps({ pipeline, devices, scanners, planned, recorder, storesMachines })
  const { follower: maps, saves: mapSaves } = createDeviceMaps(config, world, consumer)
  const releases = releasesFor(config, world, maps)
  const rooms = {
    ...{ outbox, parts, mapsInForce, uploaders, routes, pipeline, devices, scanners, masterData },
    ...{ maps, mapSaves, releases, recorder, observer, watches, links, planned, pair },
  }
  const reportOf = ownReport(config.gateway, world, rooms)
  return rooms
}
