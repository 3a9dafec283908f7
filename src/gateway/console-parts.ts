/** What the areas of delivery and scanners need of the gateway's parts. */
import { hostname } from 'node:os'
import { deliveryEndpoints } from '../api/delivery/endpoints.ts'
import { scannersEndpoints, scannersStreams } from '../api/scanners/endpoints.ts'
import type { BufferOutbox } from '../buffer/outbox.ts'
import { outboxOptions } from '../buffer/outbox-options.ts'
import type { Config } from '../config/config.ts'
import type { ConsoleApi, Endpoint } from '../console/endpoint.ts'
import type { Pipeline } from '../pipeline.ts'
import { centralSettings } from '../routes/mes/settings.ts'
import { visitRoutes } from '../routes/visited-routes.ts'
import { isStationSubject } from '../scans/station-subject.ts'
import type { Uploader } from '../uploader/upload.ts'
import type { ConsoleWatches } from './console-watches.ts'
import type { ScannerRoster } from './rosters.ts'
import type { RouteFollower } from './route-follower.ts'
import type { World } from './world.ts'

interface NeededParts {
  readonly config: Config
  readonly world: World
  readonly uploaders: readonly Uploader[]
  readonly routes: RouteFollower
  readonly outbox: BufferOutbox
  readonly pipeline: Pipeline
  readonly scanners: ScannerRoster
  readonly watches: ConsoleWatches
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal
}

/** Central and the other routes are met as commands meet them: over connections of their own. */
export function deliveryApi(parts: NeededParts): readonly Endpoint[] {
  const { config, world, outbox, uploaders, routes, watches, signal } = parts
  return deliveryEndpoints({
    outbox,
    depth: watches.depth,
    standings: () => [...uploaders.map((one) => one.health().summary), ...routes.health().summary],
    visit: () => visitRoutes(config, world, signal),
    settings: centralSettings(config, world),
    logFile: outboxOptions(config, world).file,
    host: hostname(),
    clock: world.clock,
    signal,
  })
}

export function scannersApi({ world, pipeline, scanners, watches }: NeededParts): ConsoleApi {
  const parts = {
    stations: () => pipeline.subjects.filter(isStationSubject),
    scanners: () => scanners.health(),
    liveScans: watches.liveScans,
    muteTransports: world.scanners.all.filter(({ isMute }) => isMute).map(({ key }) => key),
    clock: world.clock,
  }
  return { endpoints: scannersEndpoints(parts), streams: scannersStreams(parts) }
}
