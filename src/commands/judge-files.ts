/**
 * Judges the configuration, the device maps, the profiles and the routes as the gateway would meet them. A file that is asked for is judged
 * as what it is, and nothing is called valid that was not judged.
 */
import { basename, dirname, resolve } from 'node:path'
import { guessFolders, loadConfigWithoutSecrets } from '../config/load-config.ts'
import { isRecord } from '../documents/draft.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import { CONFIG_FAULTS, ConfigError, type ConfigFault, faultText } from '../domain/errors.ts'
import { judgeMaps as judgeSet } from '../maps/judge-maps.ts'
import { folderTables, parseReasonTable } from '../maps/machine/reasons/reason-file.ts'
import { readProfileFaults } from '../maps/map-files.ts'
import { judgeProfile } from '../maps/profiles/judge-profile.ts'
import { PROFILES_FOLDER } from '../maps/profiles/shelf.ts'
import { MAP_FAULTS } from '../maps/troubles.ts'
import { currentRelease } from '../releases/release-folder.ts'
import { releaseFolders } from '../releases/settings.ts'
import { ROUTE_FAULTS } from '../routes/troubles.ts'
import { type Described, describedBy } from './described.ts'
import { knownHardware } from './hardware.ts'
import { judgeRoutes } from './judge-routes.ts'

/** A fault with the code by which the log and `status` name it. */
export interface CodedFault extends ConfigFault {
  readonly code: string
}

/** What was found, and what was judged. */
export interface CheckVerdict {
  readonly faults: readonly CodedFault[]
  /** What is unwise or passed over, and no fault. */
  readonly hints: readonly ConfigFault[]
  readonly judged: Judged
  /** The machines and stations of the maps that were judged, as far as these can be read. */
  readonly described: Described
  /** The pair that the configuration names; null where there is none, or where single files are judged. */
  readonly pair: string | null
}

interface Judged {
  readonly machines: number
  readonly scanners: number
  readonly profiles: number
  readonly tables: number
  readonly routes: number
  readonly configurations: number
}

interface JudgedSource {
  /** `gateway.yaml`, absolute. */
  readonly file: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** Everything that the gateway would read. */
export function judgeAll(source: JudgedSource): CheckVerdict {
  const config = judgeConfig(source)
  const { files, faults, hints } = areAwaited(config) ? NO_MAPS : judgeMaps(source, config, [])
  const routes = judgeRoutes(config, source.cwd, undefined)
  const described = describedBy(files)
  return {
    faults: inOrder([
      ...config.faults.map(coded(CONFIG_FAULTS)),
      ...faults,
      ...[...routes.inTheWay, ...routes.faults].map(coded(ROUTE_FAULTS)),
    ]),
    hints: [...config.warnings, ...hints, ...routes.hints],
    judged: { ...counted(described), profiles: 0, tables: 0, routes: routes.count, configurations: 0 },
    described,
    pair: 'pair' in config ? (config.pair?.name ?? null) : null,
  }
}

/**
 * Only the files that are asked for, each within the whole set: only their own faults count, and what keeps them from being
 * judged within it. A map from elsewhere is judged in place of the one that its machine has now.
 * @param wanted absolute paths
 */
export function judgeFiles(source: JudgedSource, wanted: readonly string[]): CheckVerdict {
  const { cwd } = source
  const config = judgeConfig(source)
  const ofKind = (kind: FileKind) => wanted.filter((path) => kindOf(path, source, config) === kind)
  const others = ofKind('configuration').filter((path) => path !== source.file)
  const ownFaults = others.flatMap((file) => judgeConfig({ ...source, file }).faults)
  const profiles = ofKind('profile')
  const tables = ofKind('table')
  const maps = judgeMaps(source, config, ofKind('map'))
  const routeFiles = ofKind('route')
  const routes = judgeRoutes(config, cwd, routeFiles)
  const isWanted = ({ file }: { readonly file: string }) => wanted.includes(resolve(cwd, file))
  const described = describedBy(maps.files.filter(isWanted))
  const hasMaps = wanted.length > others.length + routeFiles.length
  const hiding = [...(hasMaps ? ['devices'] : []), ...(routeFiles.length > 0 ? ['routes'] : [])]
  const faults = [
    ...[...config.faults, ...ownFaults].filter(isWanted).map(coded(CONFIG_FAULTS)),
    ...config.faults.filter(hidesOneOf(hiding)).map(coded(CONFIG_FAULTS)),
    ...(hasMaps ? maps.inTheWay : []).map(coded(MAP_FAULTS)),
    ...profiles
      .flatMap((path) => judgeProfile(readYamlFile(path, cwd), knownHardware()))
      .map(coded(MAP_FAULTS)),
    ...tables.flatMap((path) => tableFaults(path, cwd)).map(coded(MAP_FAULTS)),
    // What a map finds in what it draws on.
    ...maps.faults.filter(({ file }) => [...profiles, ...tables].includes(resolve(cwd, file))),
    ...maps.files.filter(isWanted).flatMap((map) => map.faults.map(coded(MAP_FAULTS))),
    ...maps.together.filter(isWanted).map(coded(MAP_FAULTS)),
    ...routes.faults.map(coded(ROUTE_FAULTS)),
  ]
  return {
    faults: inOrder(faults),
    hints: [...[...config.warnings, ...maps.hints].filter(isWanted), ...routes.hints],
    judged: {
      ...counted(described),
      profiles: profiles.length,
      tables: tables.length,
      routes: routes.count,
      configurations: ofKind('configuration').length,
    },
    described,
    pair: null,
  }
}

type FileKind = 'configuration' | 'profile' | 'table' | 'route' | 'map'

/** A file says by its folder or by its first keys what it is; what says nothing is judged as a map. */
function kindOf(path: string, { file, cwd }: JudgedSource, { routesFolder }: JudgedConfig): FileKind {
  if (path === file) return 'configuration'
  if (dirname(path) === routesFolder) return 'route'
  if (basename(dirname(path)) === PROFILES_FOLDER) return 'profile'
  if (/\.csv$/i.test(path)) return 'table'
  const { value } = readYamlFile(path, cwd)
  if (!isRecord(value) || 'machine' in value || 'scanner' in value) return 'map'
  if ('route' in value) return 'route'
  return 'gateway' in value ? 'configuration' : 'map'
}

/** What is wrong with a code table by itself; whether its codes fit a signal, the maps that draw on it say. */
function tableFaults(path: string, cwd: string): readonly ConfigFault[] {
  const { file, text, fault } = folderTables(dirname(path), cwd).find(basename(path))
  if (!fault) return parseReasonTable(text, file).faults
  return [{ file, line: 1, column: 1, path: '', ...fault }]
}

/** Without it nobody knows where the other files are, and none can be judged within their set. */
function hidesOneOf(folders: readonly string[]) {
  return ({ path }: ConfigFault): boolean => folders.length > 0 && (path === '' || folders.includes(path))
}

type JudgedConfig = ReturnType<typeof judgeConfig>

function judgeConfig(source: JudgedSource) {
  try {
    return { faults: [], ...loadConfigWithoutSecrets(source) }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { faults: error.faults, warnings: [], ...guessFolders(source) }
  }
}

const NO_MAPS = { files: [], faults: [], hints: [] } as const

/** Maps that come from elsewhere, of which none have come yet: before the first start of a gateway that is no fault. */
function areAwaited({ devicesFolder, dataFolder }: JudgedConfig): boolean {
  return devicesFolder === releaseFolders(dataFolder).devices && !currentRelease(dataFolder)
}

function judgeMaps({ cwd }: JudgedSource, config: JudgedConfig, wanted: readonly string[]) {
  const { devicesFolder: folder, dataFolder } = config
  const where = { folder, ...knownHardware(), cwd }
  const verdict = judgeSet({ ...where, dataFolder, extra: wanted })
  const alone = verdict.files.flatMap((map) => map.faults)
  const faults = [...verdict.inTheWay, ...readProfileFaults(where), ...alone, ...verdict.together]
  return { ...verdict, faults: faults.map(coded(MAP_FAULTS)) }
}

function counted({ machines, stations }: Described) {
  return { machines: machines.length, scanners: stations.length }
}

function coded(code: string) {
  return (fault: ConfigFault): CodedFault => ({ ...fault, code })
}

/** A profile's fault is found once for each map that draws on it. */
function inOrder(faults: readonly CodedFault[]): readonly CodedFault[] {
  const distinct = new Map(faults.map((fault) => [faultText(fault), fault]))
  return [...distinct.values()].toSorted(byPlace)
}

function byPlace(a: ConfigFault, b: ConfigFault): number {
  return a.file === b.file ? a.line - b.line || a.column - b.column : a.file < b.file ? -1 : 1
}
