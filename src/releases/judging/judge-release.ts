/** Judges the files of a release as the gateway would read them: all maps, profiles and routes beside each other, as `check` does. */
import { realpathSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isRecord } from '../../documents/draft.ts'
import { filesIn, namedFile } from '../../documents/file-keys.ts'
import { isYamlName, namesIn } from '../../documents/yaml-folder.ts'
import { readYamlFile } from '../../documents/yaml-source.ts'
import { type ConfigFault, faultText } from '../../domain/errors.ts'
import { createDrivers } from '../../drivers/index.ts'
import type { GatewayFiles } from '../../maps/edit/site-files.ts'
import { judgeMaps } from '../../maps/judge-maps.ts'
import { readProfileFaults } from '../../maps/map-files.ts'
import { PROFILES_FOLDER } from '../../maps/profiles/shelf.ts'
import { readGoodRoutes } from '../../routes/good-routes.ts'
import { ROUTE_KINDS } from '../../routes/index.ts'
import { readRouteFiles } from '../../routes/route-files.ts'
import { ROUTES_FOLDER } from '../../routes/route-kind.ts'
import { BRAND_TONES } from '../../scanners/brands.ts'
import { createScanners } from '../../scanners/index.ts'
import { foldersOf } from '../settings.ts'

/** For which gateway a release is judged. */
export interface ReleaseJudging {
  readonly dataFolder: string
  /** Of the gateway itself: no device and no destination of a release may be given what stands in them. */
  readonly own: Pick<GatewayFiles, 'files' | 'dataFolder'>
}

/** Faults name the files by their paths within the release. */
export function judgeRelease(release: string, { dataFolder, own }: ReleaseJudging): readonly ConfigFault[] {
  return distinct([
    ...namedFaults(release, own),
    ...judgeSet(foldersOf(release), { cwd: release, dataFolder }),
  ])
}

interface SetJudging {
  /** Files are named relative to it. */
  readonly cwd: string
  /** Of the gateway for which the set is judged, whose last good maps say which file has whom; absent: for none. */
  readonly dataFolder?: string
}

/** What `check` says of device maps, profiles and routes: those of two folders, beside each other. */
export function judgeSet(
  { devices: folder, routes }: { readonly devices: string; readonly routes: string },
  { cwd, dataFolder = NOWHERE }: SetJudging,
): readonly ConfigFault[] {
  const hardware = { drivers: createDrivers().all, transports: createScanners().all, brands: BRAND_TONES }
  const where = { folder, ...hardware, cwd }
  const { files, together, inTheWay } = judgeMaps({ ...where, dataFolder })
  const goods = [...readGoodRoutes(join(dataFolder, ROUTES_FOLDER), cwd).routes.values()]
  const holders = new Map(goods.map(({ name, fileName }) => [name, fileName]))
  const found = readRouteFiles({ folder: routes, cwd, secrets: {}, kinds: ROUTE_KINDS }, holders)
  return distinct([
    ...inTheWay,
    ...readProfileFaults(where),
    ...files.flatMap((map) => map.faults),
    ...together,
    ...(found.folderFault && !found.isAbsent ? [found.folderFault] : []),
    ...found.files.flatMap((route) => route.faults),
  ])
}

/** No gateway keeps anything there. */
const NOWHERE = '/nonexistent'

/** A profile's fault is found once for each map that draws on it. */
function distinct(faults: readonly ConfigFault[]): readonly ConfigFault[] {
  return [...new Map(faults.map((fault) => [faultText(fault), fault])).values()]
}

/** A file of the gateway's own that a map or a route names: its content would be given to whatever device or server that names. */
function namedFaults(release: string, own: ReleaseJudging['own']): readonly ConfigFault[] {
  const { devices, routes } = foldersOf(release)
  const yaml = (folder: string) =>
    namesIn(folder)
      .filter(isYamlName)
      .map((name) => join(folder, name))
  const documents = [
    ...[...yaml(devices), ...yaml(join(devices, PROFILES_FOLDER))].map((path) => ({ path, from: devices })),
    ...yaml(routes).map((path) => ({ path, from: dirname(path) })),
  ]
  return documents.flatMap(({ path, from }) => {
    const source = readYamlFile(path, release)
    const named = isRecord(source.value) ? filesIn(source.value) : []
    return named
      .filter(({ file }) => isOwn(namedFile(file, from), release, own))
      .map(({ at, file }) => {
        const message = `the file ${file} belongs to the gateway itself`
        const hint =
          'keep the passwords of devices and destinations in files of their own, named by absolute paths'
        return { ...source.place(at), path: at.join('.'), message, hint }
      })
  })
}

function isOwn(path: string, release: string, { files, dataFolder }: ReleaseJudging['own']): boolean {
  const asked = [path, realPath(path)]
  if (asked.every((one) => isWithin(one, release) || isWithin(one, realPath(release)))) return false
  const own = files.flatMap((one) => [one, realPath(one)])
  const folders = [dataFolder, realPath(dataFolder)]
  return asked.some((one) => own.includes(one) || folders.some((folder) => isWithin(one, folder)))
}

function isWithin(path: string, folder: string): boolean {
  return !relative(folder, path).startsWith('..')
}

/** Without links; of what is not there, as it was written. */
function realPath(path: string): string {
  try {
    return realpathSync.native(path)
  } catch {
    return path
  }
}
