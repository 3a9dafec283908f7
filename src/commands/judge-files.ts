/**
 * Judges the configuration, the device maps and the profiles as the gateway would meet them. A file that is asked for is judged
 * as what it is, and nothing is called valid that was not judged.
 */
import { basename, dirname, join, resolve } from 'node:path'
import { guessFolders, loadConfigWithoutSecrets } from '../config/load-config.ts'
import { isRecord } from '../documents/draft.ts'
import { readYamlFile } from '../documents/yaml-source.ts'
import { CONFIG_FAULTS, ConfigError, type ConfigFault, faultText } from '../domain/errors.ts'
import { judgeRules } from '../maps/check-rules.ts'
import { MAP_FAULTS } from '../maps/fault-log.ts'
import { GOOD_MAPS_FOLDER, holdersOf, readGoodMaps } from '../maps/good-maps.ts'
import { folderTables, parseReasonTable } from '../maps/machine/reasons/reason-file.ts'
import { readMapFiles, readProfileFaults } from '../maps/map-files.ts'
import { judgeProfile } from '../maps/profiles/judge-profile.ts'
import { PROFILES_FOLDER } from '../maps/profiles/shelf.ts'
import { sameDeviceHints } from '../maps/same-device.ts'
import { missingMachineHints, samePortFaults } from '../maps/stations-among.ts'
import { type Described, describedBy } from './described.ts'
import { knownHardware } from './hardware.ts'

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
}

interface Judged {
  readonly machines: number
  readonly scanners: number
  readonly profiles: number
  readonly tables: number
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
  const { files, faults, hints } = judgeMaps(source, config, [])
  const described = describedBy(files)
  return {
    faults: inOrder([...config.faults.map(coded(CONFIG_FAULTS)), ...faults]),
    hints: [...config.warnings, ...hints],
    judged: { ...counted(described), profiles: 0, tables: 0, configurations: 0 },
    described,
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
  const ofKind = (kind: FileKind) => wanted.filter((path) => kindOf(path, source) === kind)
  const others = ofKind('configuration').filter((path) => path !== source.file)
  const ownFaults = others.flatMap((file) => judgeConfig({ ...source, file }).faults)
  const profiles = ofKind('profile')
  const tables = ofKind('table')
  const maps = judgeMaps(source, config, ofKind('map'))
  const isWanted = ({ file }: { readonly file: string }) => wanted.includes(resolve(cwd, file))
  const described = describedBy(maps.files.filter(isWanted))
  const isWithinSet = wanted.length > others.length
  const faults = [
    ...[...config.faults, ...ownFaults].filter(isWanted).map(coded(CONFIG_FAULTS)),
    ...(isWithinSet ? config.faults.filter(hidesTheFolder) : []).map(coded(CONFIG_FAULTS)),
    ...(isWithinSet ? maps.inTheWay : []).map(coded(MAP_FAULTS)),
    ...profiles
      .flatMap((path) => judgeProfile(readYamlFile(path, cwd), knownHardware()))
      .map(coded(MAP_FAULTS)),
    ...tables.flatMap((path) => tableFaults(path, cwd)).map(coded(MAP_FAULTS)),
    // What a map finds in what it draws on.
    ...maps.faults.filter(({ file }) => [...profiles, ...tables].includes(resolve(cwd, file))),
    ...maps.files.filter(isWanted).flatMap((map) => map.faults.map(coded(MAP_FAULTS))),
    ...maps.together.filter(isWanted).map(coded(MAP_FAULTS)),
  ]
  return {
    faults: inOrder(faults),
    hints: [...config.warnings, ...maps.hints].filter(isWanted),
    judged: {
      ...counted(described),
      profiles: profiles.length,
      tables: tables.length,
      configurations: ofKind('configuration').length,
    },
    described,
  }
}

type FileKind = 'configuration' | 'profile' | 'table' | 'map'

/** A file says by its folder or by its first keys what it is; what says nothing is judged as a map. */
function kindOf(path: string, { file, cwd }: JudgedSource): FileKind {
  if (path === file) return 'configuration'
  if (basename(dirname(path)) === PROFILES_FOLDER) return 'profile'
  if (/\.csv$/i.test(path)) return 'table'
  const { value } = readYamlFile(path, cwd)
  return isRecord(value) && 'gateway' in value && !('machine' in value || 'scanner' in value)
    ? 'configuration'
    : 'map'
}

/** What is wrong with a code table by itself; whether its codes fit a signal, the maps that draw on it say. */
function tableFaults(path: string, cwd: string): readonly ConfigFault[] {
  const { file, text, fault } = folderTables(dirname(path), cwd).find(basename(path))
  if (!fault) return parseReasonTable(text, file).faults
  return [{ file, line: 1, column: 1, path: '', ...fault }]
}

/** Without it nobody knows where the maps are, and a map cannot be judged within their set. */
function hidesTheFolder({ path }: ConfigFault): boolean {
  return path === '' || path === 'devices'
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

function judgeMaps({ cwd }: JudgedSource, config: JudgedConfig, wanted: readonly string[]) {
  const { devicesFolder: folder, dataFolder } = config
  const hardware = knownHardware()
  const holders = holdersOf(readGoodMaps(join(dataFolder, GOOD_MAPS_FOLDER), cwd).maps)
  const known = new Set(
    readMapFiles({ folder, ...hardware, cwd }).files.map(({ file }) => resolve(cwd, file)),
  )
  const extra = wanted.filter((path) => !known.has(path))
  const { files, folderFault, passedOver } = readMapFiles({ folder, ...hardware, cwd, extra }, holders)
  const inTheWay = folderFault ? [folderFault] : []
  const rules = judgeRules(files)
  const together = [...rules.faults, ...samePortFaults(files)]
  const alone = files.flatMap((map) => map.faults)
  const faults = [...inTheWay, ...readProfileFaults({ folder, ...hardware, cwd }), ...alone, ...together]
  return {
    files,
    together,
    faults: faults.map(coded(MAP_FAULTS)),
    hints: [
      ...files.flatMap((map) => map.hints),
      ...sameDeviceHints(files),
      ...missingMachineHints(files),
      ...rules.hints,
      ...passedOver,
    ],
    inTheWay,
  }
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
