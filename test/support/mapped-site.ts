/** A site's own tables beside the MES's, and the route that a test's file describes. */
import type { DestinationSession, RefusedEvent, Route } from '../../src/domain/destination.ts'
import type { Event } from '../../src/domain/events/event.ts'
import { mappedRouteKind } from '../../src/routes/mapped/route.ts'
import { findTenancy } from '../../src/routes/mes/tenancy.ts'
import type { Riders, RouteContext } from '../../src/routes/route-kind.ts'
import type { TestCentral } from './central.ts'
import { stored } from './central-events.ts'
import { readRoute } from './mapped-route.ts'

/** What routes of the test gateway are made of. */
export function siteContext(central: TestCentral, riders?: Riders): RouteContext {
  const settings = central.settings()
  const { gateway, organization, plant, connection, schema, log, now } = settings
  return {
    gateway,
    organization,
    plant,
    central: {
      connection,
      schema,
      findTenancy: (link) => findTenancy(link, settings),
      ...(riders && { riders }),
    },
    dataFolder: '/nowhere',
    log: log as RouteContext['log'],
    now,
    mapsInForce: Promise.resolve(),
    placeOf: () => ({}),
    standings: () => [],
    stations: () => [],
  }
}

/** The route of a file's `rows:` and `to:`; its name is `site`. */
export function siteRoute(central: TestCentral, yaml: string, riders?: Riders): Route {
  const settings = readRoute(`route: site\nmust: deliver\n${yaml}`)
  return mappedRouteKind.create(settings, { name: 'site', must: 'deliver' }, siteContext(central, riders))
}

/** A session of that route; the test disposes it. */
export function siteSession(central: TestCentral, yaml: string): Promise<DestinationSession> {
  return siteRoute(central, yaml).destination.connect(AbortSignal.timeout(30_000))
}

const identity = { incarnation: '11111111-1111-4111-8111-111111111111', epoch: 1 }

/** Applies events in one transaction of a stream that begins with them, and sets aside what is left out. */
export function applyAll(
  session: DestinationSession,
  events: readonly Event[],
): Promise<readonly RefusedEvent[]> {
  return session.transaction(async (transaction) => {
    if (!transaction.head) await transaction.begin(identity, { seq: 0, hash: new Uint8Array() })
    return transaction.apply(stored(events), { guarded: false })
  })
}
