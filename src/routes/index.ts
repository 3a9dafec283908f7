/** The routes of this gateway: where its events go. A new route is a folder beside this file and a line here. */
import type { Route } from '../domain/destination.ts'
import { createMesRoute } from './mes/route.ts'
import { centralSettings } from './mes/settings.ts'

/** The routes, out of the whole configuration. There is always one. */
export function createRoutes(...from: Parameters<typeof centralSettings>): readonly [Route, ...Route[]] {
  return [createMesRoute(centralSettings(...from))]
}
