/** The routes of this gateway: where its events go. A new route is a folder beside this file and a line here. */
import type { Route } from '../domain/destination.ts'
import type { ReferenceSource } from '../domain/reference-data.ts'
import { createReferenceSource } from './mes/reference-data.ts'
import { createMesRoute } from './mes/route.ts'
import { centralSettings } from './mes/settings.ts'

/** The routes, out of the whole configuration. There is always one. */
export function createRoutes(...from: Parameters<typeof centralSettings>): readonly [Route, ...Route[]] {
  return [createMesRoute(centralSettings(...from))]
}

/** Where badges and codes are looked up. */
export function createReferences(...from: Parameters<typeof centralSettings>): ReferenceSource {
  return createReferenceSource(centralSettings(...from))
}
