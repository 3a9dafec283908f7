/** The routes of this gateway: where its events go. A new kind of route is a folder beside this file and a line here. */
import type { Route } from '../domain/destination.ts'
import type { Fence, LeaseKeeper, MovableFence } from '../domain/lease.ts'
import type { ReferenceSource } from '../domain/reference-data.ts'
import { mappedRouteKind } from './mapped/route.ts'
import { createFence } from './mes/fence.ts'
import { createLeaseKeeper, type PairNames } from './mes/lease.ts'
import { createReferenceSource } from './mes/reference-data.ts'
import { createMesRoute } from './mes/route.ts'
import { centralSettings } from './mes/settings.ts'
import { findTenancy } from './mes/tenancy.ts'
import { createFeedRoute, visitFeed } from './mqtt/route.ts'
import { type FeedSettings, feedSchema, settleFeed, type WrittenFeed } from './mqtt/settings.ts'
import type { CentralDatabase, Riders, RouteKind } from './route-kind.ts'

/** The kinds of route that files can describe, each by its key. */
export const ROUTE_KINDS: readonly RouteKind[] = [mappedRouteKind, feedKind()]

function feedKind(): RouteKind<WrittenFeed, FeedSettings> {
  return {
    key: 'mqtt',
    yields: true,
    schema: feedSchema,
    settle: settleFeed,
    create: createFeedRoute,
    visit: visitFeed,
  }
}

type Configured = Parameters<typeof centralSettings>

/**
 * The routes that no file describes, out of the whole configuration. There is always one.
 * @param riders whose rows come along in the transactions of the MES's rows; the same that {@link centralDatabase} is given
 * @param fence what a gateway of a pair may write
 */
export function createRoutes(
  config: Configured[0],
  world: Configured[1],
  riders: Riders = new Set(),
  fence?: Fence,
): readonly [Route, ...Route[]] {
  return [createMesRoute(centralSettings(config, world), { riders, fence })]
}

/** What a gateway of a pair stands on: its lease, and the fence that its routes and the pair share. Undefined where it is alone. */
export function pairOf(
  config: Configured[0] & { readonly pair: PairNames | null },
  world: Configured[1],
): { readonly keeper: LeaseKeeper; readonly fence: MovableFence } | undefined {
  const { pair } = config
  if (!pair) return undefined
  const keeper = createLeaseKeeper(centralSettings(config, world), pair)
  return { keeper, fence: createFence(pair.name, Math.round(pair.leaseMs / 2)) }
}

/** The database of the MES, for routes whose tables are in the same one. */
export function centralDatabase(
  config: Configured[0],
  world: Configured[1],
  riders?: Riders,
): CentralDatabase {
  const settings = centralSettings(config, world)
  const { connection, schema } = settings
  return {
    connection,
    schema,
    findTenancy: (link) => findTenancy(link, settings),
    ...(riders && { riders }),
  }
}

/** Where badges and codes are looked up. */
export function createReferences(...from: Configured): ReferenceSource {
  return createReferenceSource(centralSettings(...from))
}
