/** Reads a folder of device maps: one subject a file, each judged on its own, then against the others. */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { reasonText } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import type { Owner } from '../domain/owner.ts'
import { claimOf } from './claims.ts'
import { MAP_KINDS } from './compile-map.ts'
import { type MapFile, type MapFolder, readMapFile } from './map-file.ts'
import type { SubjectMap } from './map-kind.ts'
import { folderShelf, profileFaults } from './profiles.ts'
import { asTwin, withoutTwins } from './twin-maps.ts'

/** The files of a folder, or why they cannot be read. */
export interface MapFiles<Files = readonly MapFile[]> {
  readonly files: Files
  /** Why the folder cannot be read; then nothing is known of any file. */
  readonly folderFault?: ConfigFault
}

/** A map in force, and where it came from. */
export interface MapInForce {
  readonly owner: Owner
  readonly map: SubjectMap
  /** As named to the user. */
  readonly file: string
  readonly loadedAtMs: number
  /** What is wrong with the file now, when an earlier version of it is in force. */
  readonly faults: readonly ConfigFault[]
  /** The map in force is not what the file says now. */
  readonly isLastGood: boolean
}

/** What a reading of the whole folder comes to. */
export interface MapSet {
  readonly maps: readonly MapInForce[]
  /** Faults of files of which nothing is in force. */
  readonly faults: readonly ConfigFault[]
}

/** More files than this are not read. */
const FILES_MAX = 1_000

/** All files of the folder, in the order of their names. Of two that describe one subject, the first has it. */
export function readMapFiles(where: MapFolder): MapFiles {
  const { files, ...fault } = openMapFolder(where)
  const read = [...files].filter((file) => file !== undefined)
  return { files: read.sort((a, b) => (a.name < b.name ? -1 : 1)), ...fault }
}

/**
 * The same, each file understood only when it is asked for, so that no subject waits for all maps. What it gives is final:
 * files that may describe the same subject come first and are judged together. Undefined stands for a file that was read
 * and is given later: the reader may pause there, and need not read on.
 * @param holders the file that has a subject already, by its name in the folder, where two describe it
 */
export function openMapFolder(
  where: MapFolder,
  holders: ReadonlyMap<Owner, string> = new Map(),
): MapFiles<Iterable<MapFile | undefined>> {
  const listed = listMaps(where)
  if ('folderFault' in listed) return { files: [], folderFault: listed.folderFault }
  const paths = listed.names.map((name) => join(where.folder, name))
  return { files: understand([...paths, ...(where.extra ?? [])], where, holders) }
}

function* understand(
  paths: readonly string[],
  where: MapFolder,
  holders: ReadonlyMap<Owner, string>,
): Generator<MapFile | undefined> {
  const taken = new Map<Owner, MapFile>()
  const together = yield* readTogether(paths, where)
  for (const file of withoutTwins([...together.values()], holders)) {
    if (file.map && file.owner) taken.set(file.owner, file)
    yield file
  }
  for (const path of paths.filter((path) => !together.has(path))) {
    const file = readMapFile(where, path)
    const { owner } = file
    // A file may have changed since its claim was looked at.
    const holder = owner && taken.get(owner)
    if (owner && file.map && !holder) taken.set(owner, file)
    yield owner && holder ? asTwin(file, owner, holder) : file
  }
}

/** Files that claim the same subject as another, and files of which only the parser can tell what they claim. */
function* readTogether(
  paths: readonly string[],
  where: MapFolder,
): Generator<undefined, ReadonlyMap<string, MapFile>> {
  const claims = new Map(paths.map((path) => [path, claimOf(path, where.kinds ?? MAP_KINDS)]))
  const read = new Map<string, MapFile>()
  for (const path of paths.filter((path) => claims.get(path) === undefined)) {
    const file = readMapFile(where, path)
    read.set(path, file)
    claims.set(path, file.owner)
    yield
  }
  const owners = [...claims.values()].sort()
  const contested = new Set(owners.filter((owner, index) => owner === owners[index + 1]))
  for (const path of paths.filter((path) => !read.has(path) && contested.has(claims.get(path)))) {
    read.set(path, readMapFile(where, path))
    yield
  }
  return new Map(paths.flatMap((path) => withFile(path, read.get(path))))
}

function withFile(path: string, file: MapFile | undefined): readonly (readonly [string, MapFile])[] {
  return file ? [[path, file]] : []
}

/** The maps of a folder as they stand, without regard to what was in force before. */
export function loadMaps(where: MapFolder, nowMs = 0): MapSet {
  const { files, folderFault } = readMapFiles(where)
  const maps = files.flatMap(({ owner, map, file }) =>
    owner && map ? [{ owner, map, file, loadedAtMs: nowMs, faults: [], isLastGood: false }] : [],
  )
  return {
    maps,
    faults: [...(folderFault ? [folderFault] : []), ...files.flatMap(({ faults }) => faults)],
  }
}

function listMaps({ folder, cwd }: MapFolder) {
  try {
    // Editors leave hidden files and copies ending in ~ beside the real ones.
    const names = readdirSync(folder).filter((name) => /^[^.#].*\.ya?ml$/s.test(name))
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
