/** The mapped routes of this gateway, for `central check`: what they need in central, and the proof that each can write. */
import type { Config } from '../config/config.ts'
import { faultText } from '../domain/errors.ts'
import { type Judgement, matter } from '../domain/judgement.ts'
import { centralDatabase, ROUTE_KINDS } from '../routes/index.ts'
import { checkRoute } from '../routes/mapped/check/check-route.ts'
import type { MappedSettings } from '../routes/mapped/mapped-route.ts'
import { type RouteRights, rightsOf } from '../routes/mapped/rights.ts'
import { mappedRouteKind } from '../routes/mapped/route.ts'
import type { RouteFile } from '../routes/route-file.ts'
import { readRouteFiles } from '../routes/route-files.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

/** Every route file, those with faults too. */
export function routeFilesOf(
  { routesFolder: folder, routeSecrets: secrets }: Config,
  cwd: string,
): readonly RouteFile[] {
  return readRouteFiles({ folder, secrets, cwd, kinds: ROUTE_KINDS }).files
}

interface MappedFile {
  readonly name: string
  readonly file: string
  readonly settings: MappedSettings
}

function mappedOf({ file, route }: RouteFile): readonly MappedFile[] {
  return route?.kind === mappedRouteKind
    ? [{ name: route.name, file, settings: route.settings as MappedSettings }]
    : []
}

/** What the mapped routes come to in the database of the section `central:`. */
export function routesInCentral(
  files: readonly RouteFile[],
  schema: string,
): { readonly routes: RouteRights; readonly routeCount: number } {
  const rights = files
    .flatMap(mappedOf)
    .flatMap(({ settings }) => (settings.to.database === 'central' ? [rightsOf(settings, schema)] : []))
  const routes = {
    tables: rights.flatMap(({ tables }) => tables),
    routines: rights.flatMap(({ routines }) => routines),
  }
  return { routes, routeCount: rights.length }
}

/** Each route in turn; a file with faults is named, and is no route. */
export async function checkRoutes(
  files: readonly RouteFile[],
  { config, log, signal }: { readonly config: Config; readonly log: Log; readonly signal: AbortSignal },
  tell: (judgement: Judgement) => void,
): Promise<void> {
  const central = centralDatabase(config, { clock: systemClock, log })
  for (const { file, faults, route } of files) {
    if (!route)
      tell(
        matter(`route file ${file}`).bad(
          faults.map(faultText).join('; '),
          'millrace check names every fault',
        ),
      )
  }
  for (const route of files.flatMap(mappedOf))
    for (const judgement of await checkRoute(route, { central, log, now: systemClock.now }, signal))
      tell(judgement)
}
