/**
 * The routes as people's questions use them, beside the uploaders that deliver: the files are looked at, and none is changed. A feed
 * is met in its book alone, since a second connection to its broker would throw the gateway's own out.
 */
import type { Route } from '../domain/destination.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import type { Secret } from '../runtime/secret.ts'
import { centralDatabase, createRoutes, ROUTE_KINDS } from './index.ts'
import type { RouteContext } from './route-kind.ts'
import { createRouteStore, type RouteInForce, type RouteSet, type RouteStore } from './route-store.ts'

/** All routes, and those that cannot be used for the faults of their files. */
export interface VisitedRoutes extends Pick<RouteSet, 'held' | 'faults'> {
  /** Central is the first. */
  readonly routes: readonly [Route, ...Route[]]
}

/** What of the configuration says which routes there are. */
type RoutesConfig = Parameters<typeof createRoutes>[0] & {
  readonly plant: string
  readonly routesFolder: string
  readonly dataFolder: string
  readonly routeSecrets: Readonly<Record<string, Secret>>
}

interface VisitorWorld {
  readonly clock: Clock
  readonly log: Log
  /** Files are named relative to it in messages. */
  readonly cwd: string
}

/** The same beside a gateway that polls: nobody waits for the disk meanwhile. */
export async function visitRoutes(
  config: RoutesConfig,
  world: VisitorWorld,
  signal: AbortSignal,
): Promise<VisitedRoutes> {
  await storeOf(config, world).readAhead({ clock: world.clock, signal })
  signal.throwIfAborted()
  return visitedRoutes(config, world)
}

/** Reads the route files again with each call. */
export function visitedRoutes(config: RoutesConfig, world: VisitorWorld): VisitedRoutes {
  const { inForce, held, faults } = storeOf(config, world).read()
  const context = contextOf(config, world)
  const [central] = createRoutes(config, world)
  return { routes: [central, ...inForce.map((route) => visited(route, context))], held, faults }
}

function storeOf(config: RoutesConfig, { cwd }: VisitorWorld): RouteStore {
  const { routesFolder: folder, dataFolder, routeSecrets: secrets } = config
  return createRouteStore({ folder, dataFolder, secrets, kinds: ROUTE_KINDS, cwd })
}

/** A visitor asks nothing of the plant. */
function contextOf(config: RoutesConfig, { clock, log }: VisitorWorld): RouteContext {
  const { gateway, organization, plant, dataFolder } = config
  const central = centralDatabase(config, { clock, log })
  const plantView = {
    mapsInForce: Promise.resolve(),
    placeOf: () => ({}),
    standings: () => [],
    stations: () => [],
  }
  return { gateway, organization, plant, dataFolder, central, log, now: clock.now, ...plantView }
}

function visited(route: RouteInForce, context: RouteContext): Route {
  const { kind, settings } = route
  const made = kind.create(settings, route, context)
  return kind.visit ? { ...made, destination: kind.visit(route, context) } : made
}
