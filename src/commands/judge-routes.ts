/** Judges route files as the gateway would meet them, for `check`. */
import { join, resolve } from 'node:path'
import { nearestWord } from '../documents/nearest-word.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { readGoodRoutes } from '../routes/good-routes.ts'
import { ROUTE_KINDS } from '../routes/index.ts'
import { readRouteFiles } from '../routes/route-files.ts'
import { ROUTES_FOLDER } from '../routes/route-kind.ts'
import type { Secret } from '../runtime/secret.ts'

/** Where the files are, and what they may draw on. */
interface JudgedFolders {
  readonly routesFolder: string
  readonly dataFolder: string
  readonly routeSecrets: Readonly<Record<string, Secret>>
}

/** What was found of routes. */
interface JudgedRoutes {
  /** How many files describe a route, with faults or without. */
  readonly count: number
  /** Why none of the folder's files could be read; a folder that is absent is no fault. */
  readonly inTheWay: readonly ConfigFault[]
  readonly faults: readonly ConfigFault[]
  readonly hints: readonly ConfigFault[]
}

/**
 * @param wanted absolute paths of files that are judged as if they stood in the folder; where there are any, only what concerns them
 * is given
 */
export function judgeRoutes(
  { routesFolder: folder, dataFolder, routeSecrets: secrets }: JudgedFolders,
  cwd: string,
  wanted: readonly string[] | undefined,
): JudgedRoutes {
  const where = { folder, cwd, secrets, kinds: ROUTE_KINDS }
  const goods = [...readGoodRoutes(join(dataFolder, ROUTES_FOLDER), cwd).routes.values()]
  const holders = new Map(goods.map(({ name, fileName }) => [name, fileName]))
  const known = new Set(readRouteFiles(where).files.map(({ file }) => resolve(cwd, file)))
  const extra = (wanted ?? []).filter((path) => !known.has(path))
  const { files, folderFault, isAbsent, passedOver } = readRouteFiles({ ...where, extra }, holders)
  const asked = wanted ? files.filter(({ file }) => wanted.includes(resolve(cwd, file))) : files
  const inTheWay = folderFault && !isAbsent ? [folderFault] : []
  return {
    count: asked.length,
    inTheWay,
    faults: asked.flatMap(({ faults }) => faults),
    hints: [
      ...asked.flatMap(({ hints }) => hints),
      ...(wanted ? [] : [...passedOver, ...unusedSecrets(secrets, files)]),
    ],
  }
}

/** A secret that no route asks for is a misspelt one more often than a forgotten one. */
function unusedSecrets(
  secrets: JudgedFolders['routeSecrets'],
  files: ReturnType<typeof readRouteFiles>['files'],
): readonly ConfigFault[] {
  const asked = [...new Set(files.flatMap(({ variables }) => variables))]
  const unused = Object.keys(secrets).filter((variable) => !asked.includes(variable))
  return unused.map((variable) => {
    const message = `${variable} is the secret of no route`
    const nearest = nearestWord(variable, asked)
    const hint = nearest && { hint: `did you mean ${nearest}?` }
    return { file: 'environment', line: 1, column: 1, path: variable, message, ...hint }
  })
}
