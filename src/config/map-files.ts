/** Reads a folder of device maps: one machine a file, each judged on its own, then against the others. */
import { readdirSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { Driver } from '../domain/driver.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import { type CompiledMap, compileMap } from './compile-map.ts'
import { folderShelf, profileFaults } from './profiles.ts'
import { type Place, readYamlFile, reasonText } from './yaml-source.ts'

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

export interface MapFiles {
  readonly files: readonly MapFile[]
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
export function readMapFiles(where: MapFolder, owners: ReadonlyMap<string, string> = new Map()): MapFiles {
  const listed = listMaps(where)
  if ('folderFault' in listed) return { files: [], folderFault: listed.folderFault }
  const paths = listed.names.map((name) => join(where.folder, name))
  const files = [...paths, ...(where.extra ?? [])].map((path) => readMapFile(where, path))
  return { files: withoutTwins(files, owners) }
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

function withoutTwins(files: readonly MapFile[], owners: ReadonlyMap<string, string>): readonly MapFile[] {
  return files.map((file) => {
    if (file.machine === undefined) return file
    const claimants = files.filter(({ machine, map }) => machine === file.machine && map !== undefined)
    const owner = claimants.find(({ name }) => name === owners.get(file.machine ?? '')) ?? claimants[0]
    return !file.map || !owner || owner === file
      ? file
      : { ...file, map: undefined, faults: [twinFault(file, owner)] }
  })
}

function twinFault({ place, machine }: MapFile, owner: MapFile): ConfigFault {
  const { file, line, column } = owner.place
  const message = `the machine "${machine}" is already described in ${file}:${line}:${column}`
  return {
    ...place,
    path: 'machine',
    message,
    hint: `remove one of them, or correct the name in ${basename(place.file)}`,
  }
}
