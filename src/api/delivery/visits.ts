/** Questions to destinations, beside the uploaders: each has a connection of its own, and a bounded time. */
import type { Route } from '../../domain/destination.ts'
import { DestinationError, GatewayError } from '../../domain/errors.ts'
import type { RouteHealth, UploadHealth } from '../../domain/health.ts'
import type { Outbox } from '../../domain/outbox.ts'
import type { CentralSettings } from '../../routes/mes/settings.ts'
import type { VisitedRoutes } from '../../routes/visited-routes.ts'
import type { Clock } from '../../runtime/clock.ts'
import { within } from '../../runtime/within.ts'

/** What a destination is asked with. */
export interface VisitParts {
  /** The routes as visitors use them. */
  readonly visit: () => Promise<VisitedRoutes>
  readonly settings: CentralSettings
  readonly outbox: Pick<Outbox, 'recipient'>
  /** What the uploaders have counted, for a destination that does not answer. */
  readonly standings: () => readonly (UploadHealth | RouteHealth)[]
  readonly clock: Clock
  /** Of this computer: an incident names who has caused it, and where. */
  readonly host: string
}

/** What is wrong, and what to do about it. */
export interface FaultShape {
  readonly what: string
  readonly hint: string | null
}

/**
 * Does something at one destination, and gives up after a while.
 * @throws DestinationError
 */
export async function boundedly<T>(
  route: string,
  work: (signal: AbortSignal) => Promise<T>,
  bounds: { readonly clock: Clock; readonly maxMs: number; readonly signal: AbortSignal },
): Promise<T> {
  const given = new AbortController()
  const working = work(AbortSignal.any([bounds.signal, given.signal]))
  try {
    return await within(working, bounds, (why) => {
      throw silent(
        route,
        why === 'late' ? `has not answered for ${bounds.maxMs / 1_000} s` : 'was not waited for',
      )
    })
  } finally {
    // Whatever still goes on has nobody who waits for it.
    given.abort()
  }
}

function silent(route: string, what: string): DestinationError {
  return new DestinationError(`${route}-silent`, `${route} ${what}`, { refusal: 'wait' })
}

/** The route with a name. @throws DestinationError where there is none that could be asked */
export function routeNamed({ routes, held }: VisitedRoutes, name: string): Route {
  const route = routes.find((one) => one.name === name)
  if (route) return route
  const isHeld = held.some((one) => one.name === name)
  const what = isHeld ? `the file of the route ${name} has faults` : `there is no route ${name}`
  const hint = isHeld ? 'millrace check names them' : `there are: ${routes.map((one) => one.name).join(', ')}`
  throw new DestinationError('route-unknown', what, { refusal: 'wait', hint })
}

/** The words of an error of ours; of any other one its name alone. */
export function faultOf(error: unknown): FaultShape {
  if (error instanceof GatewayError) return { what: error.message, hint: error.hint ?? null }
  return { what: error instanceof Error ? error.message : 'it failed', hint: null }
}
