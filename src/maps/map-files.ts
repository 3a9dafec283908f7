/** Reads a folder of device maps: one machine a file, each judged on its own, then against the others. */
import { readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { type Place, readYamlFile, reasonText } from '../documents/yaml-source.ts'
import type { Driver } from '../domain/driver.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { claimOf } from './claims.ts'
import { type CompiledMap, compileMap } from './machine/compile-map.ts'
import { folderShelf, profileFaults } from './profiles.ts'
import { asTwin, withoutTwins } from './twin-maps.ts'

export interface MapFolder {
  readonly folder: string
  readonly drivers: readonly Driver[]
  /** Files are named relative to it. */
  readonly cwd: string
  /** Absolute paths of files that are judged as if they stood in the folder. */
  readonly extra?: readonly string[]
}

/** One file of the folder. */
export interface MapFile extends CompiledMap {
  /** Its name within the folder. */
  readonly name: string
  /** As named to the user. */
  readonly file: string
  readonly text: string
  /** Where it names its machine. */
  readonly place: Place
}

export interface MapFiles<Files = readonly MapFile[]> {
  readonly files: Files
  /** Why the folder cannot be read; then nothing is known of any file. */
  readonly folderFault?: ConfigFault
}

/** A machine whose map is in force. */
export interface MapInForce {
  readonly map: MachineMap
  /** As named to the user. */
  readonly file: string
  readonly loadedAtMs: number
  /** What is wrong with the file now, when an earlier version of it is in force. */
  readonly faults: readonly ConfigFault[]
  /** The map in force is not what the file says now. */
  readonly lastGood: boolean
}

export interface MapSet {
  readonly machines: readonly MapInForce[]
  /** Faults that belong to no machine in force. */
  readonly faults: readonly ConfigFault[]
}

/** More files than this are not read. */
const FILES_MAX = 1_000

/** `owners` says whose a machine is, by file name, where two files claim it; otherwise the first in the alphabet has it. */
export function readMapFiles(where: MapFolder, owners?: ReadonlyMap<string, string>): MapFiles {
  const { files, ...fault } = openMapFolder(where, owners)
  return { files: [...files].sort((a, b) => (a.name < b.name ? -1 : 1)), ...fault }
}

/**
 * The same, each file understood only when it is asked for, so that no machine waits for all maps. What it gives is final:
 * files that may claim the same machine come first and are judged together.
 */
export function openMapFolder(
  where: MapFolder,
  owners: ReadonlyMap<string, string> = new Map(),
): MapFiles<Iterable<MapFile>> {
  const listed = listMaps(where)
  if ('folderFault' in listed) return { files: [], folderFault: listed.folderFault }
  const paths = listed.names.map((name) => join(where.folder, name))
  return { files: understand([...paths, ...(where.extra ?? [])], where, owners) }
}

function* understand(
  paths: readonly string[],
  where: MapFolder,
  owners: ReadonlyMap<string, string>,
): Generator<MapFile> {
  const taken = new Map<string, MapFile>()
  const together = readTogether(paths, where)
  for (const file of withoutTwins([...together.values()], owners)) {
    if (file.map) taken.set(file.map.machine, file)
    yield file
  }
  for (const path of paths.filter((path) => !together.has(path))) {
    const file = readMapFile(where, path)
    // A file may have changed since its claim was looked at.
    const owner = taken.get(file.map?.machine ?? '')
    if (file.map && !owner) taken.set(file.map.machine, file)
    yield owner ? asTwin(file, owner) : file
  }
}

/** Those that claim the same machine as another, or of which only the parser can tell what they claim. */
function readTogether(paths: readonly string[], where: MapFolder): ReadonlyMap<string, MapFile> {
  const claims = new Map(paths.map((path) => [path, claimOf(path)]))
  const unclear = paths.filter((path) => claims.get(path) === undefined)
  const read = new Map(unclear.map((path) => [path, readMapFile(where, path)]))
  for (const [path, { machine }] of read) claims.set(path, machine)
  const machines = [...claims.values()].sort()
  const contested = new Set(machines.filter((machine, index) => machine === machines[index + 1]))
  const together = paths.filter((path) => read.has(path) || contested.has(claims.get(path)))
  return new Map(together.map((path) => [path, read.get(path) ?? readMapFile(where, path)]))
}

/** The maps of a folder as they stand, without regard to what was in force before. */
export function loadMaps(where: MapFolder, nowMs = 0): MapSet {
  const { files, folderFault } = readMapFiles(where)
  const machines = files.flatMap(({ map, file }) =>
    map ? [{ map, file, loadedAtMs: nowMs, faults: [], lastGood: false }] : [],
  )
  return {
    machines,
    faults: [...(folderFault ? [folderFault] : []), ...files.flatMap(({ faults }) => faults)],
  }
}

function listMaps({ folder, cwd }: MapFolder) {
  try {
    // Editors leave hidden files and copies ending in ~ beside the real ones.
    const names = readdirSync(folder).filter((name) => /^[^.#].*\.ya?ml$/.test(name))
    if (names.length > FILES_MAX)
      return { folderFault: folderFault(folder, cwd, `holds more than ${FILES_MAX} maps`) }
    return { names: names.sort() }
  } catch (error) {
    return { folderFault: folderFault(folder, cwd, `cannot be read: ${reasonText(error)}`) }
  }
}

function folderFault(folder: string, cwd: string, what: string): ConfigFault {
  const file = relative(cwd, folder) || '.'
  return { file, line: 1, column: 1, path: '', message: `the folder of device maps ${what}` }
}

function readMapFile({ folder, drivers, cwd }: MapFolder, path: string): MapFile {
  const source = readYamlFile(path, cwd)
  const profiles = folderShelf(join(folder, 'profiles'), cwd)
  const compiled = compileMap(source, { drivers, profiles, folder })
  return {
    ...compiled,
    name: basename(path),
    file: source.file,
    text: source.text,
    place: source.place(['machine']),
  }
}

/** What is wrong with the profiles of a folder, used or not. */
export function readProfileFaults({
  folder,
  cwd,
}: Pick<MapFolder, 'folder' | 'cwd'>): readonly ConfigFault[] {
  const shelf = folderShelf(join(folder, 'profiles'), cwd)
  return shelf.names().flatMap((name) => {
    const profile = shelf.find(name)
    return profile ? profileFaults(profile) : []
  })
}
