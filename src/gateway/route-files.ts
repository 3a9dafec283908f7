/** What the routes out of files are made of: the gateway's own names and central, out of the configuration. */
import type { Config } from '../config/config.ts'
import type { Pipeline } from '../pipeline.ts'
import { centralDatabase } from '../routes/index.ts'
import type { RouteContext } from '../routes/route-kind.ts'
import { createRouteStore, type RouteSet, type RouteStore } from '../routes/route-store.ts'
import { fingerprintAtOnce } from '../runtime/watch-folders.ts'
import { plantView } from './plant-view.ts'
import type { World } from './world.ts'

/** What the first reading of the files came to. */
interface FirstRoutes {
  readonly store: RouteStore
  /** The fingerprint of the folder just before that. */
  readonly since: string
  readonly first: RouteSet
}

/** Reads the files once: the log is opened for those who read it. */
export function routeFiles(
  { routesFolder: folder, dataFolder, routeSecrets: secrets }: Config,
  { routeKinds: kinds, cwd }: Pick<World, 'routeKinds' | 'cwd'>,
): FirstRoutes {
  const since = fingerprintAtOnce([folder])
  const store = createRouteStore({ folder, dataFolder, secrets, kinds, cwd })
  return { store, since, first: store.read() }
}

/** @param mapsInForce resolves once the device maps are in force */
export function routeContext(
  config: Config,
  { clock, log, riders }: Pick<World, 'clock' | 'log' | 'riders'>,
  { pipeline, mapsInForce }: { readonly pipeline: Pipeline; readonly mapsInForce: Promise<void> },
): RouteContext {
  const { gateway, organization, plant, dataFolder } = config
  const central = centralDatabase(config, { clock, log }, riders)
  return {
    gateway,
    organization,
    plant,
    dataFolder,
    central,
    log,
    now: clock.now,
    mapsInForce,
    ...plantView(pipeline),
  }
}
