/** Reads a folder of device maps: one subject a file, each judged on its own, then against the others. */
import { join } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import type { Owner } from '../domain/owner.ts'
import { claimIn, claimOf } from './claims.ts'
import { MAP_KINDS } from './compile-map.ts'
import { listMaps, type MapListing } from './list-maps.ts'
import { type MapFile, type MapFolder, readMapFile } from './map-file.ts'
import type { SubjectMap } from './map-kind.ts'
import { judgeProfile } from './profiles/judge-profile.ts'
import { folderShelf, PROFILES_FOLDER } from './profiles/shelf.ts'
import { asTwin, badHolders, withoutTwins } from './twin-maps.ts'

/** The files of a folder, or why they cannot be read. */
export interface MapFiles<Files = readonly MapFile[]> extends Omit<MapListing, 'names'> {
  readonly files: Files
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
  /** Hash of the texts that it was made of. */
  readonly content: string
  /** Its machine could not be read with what the file says now, which is all that is wrong with it. */
  readonly isRolledBack?: true
  /** The map before it, where an earlier life of the gateway ended while this one was on trial: the trial goes on. */
  readonly inTrialAfter?: SubjectMap
}

/** A subject whose file was taken away, and the last map that it had. */
interface TakenAway {
  readonly owner: Owner
  /** Undefined where this version cannot understand it any more. */
  readonly map: SubjectMap | undefined
}

/** A file that is there and gives no map, where no earlier map of it can be used either. */
interface UnusableFile {
  /** Whom it describes; undefined where that cannot be told: it may be anybody. */
  readonly owner: Owner | undefined
  /** As named to the user. */
  readonly file: string
}

/** What a reading of the whole folder comes to. */
export interface MapSet {
  readonly maps: readonly MapInForce[]
  /** Subjects that had a map, in this life of the gateway or in an earlier one. They stay in this list until they are forgotten. */
  readonly takenAway: readonly TakenAway[]
  readonly unusable: readonly UnusableFile[]
  /** Why nothing can be said of any file. */
  readonly folderFault?: ConfigFault | undefined
  /** Faults of files of which nothing is in force. */
  readonly faults: readonly ConfigFault[]
  /** What is not read although it looks like a map. */
  readonly passedOver: readonly ConfigFault[]
}

/** All files of the folder, in the order of their names. Of two that describe one subject, one has it (see withoutTwins). */
export function readMapFiles(where: MapFolder, holders?: ReadonlyMap<Owner, string>): MapFiles {
  const { files, ...others } = openMapFolder(where, holders)
  const read = [...files].filter((file) => file !== undefined)
  return { files: read.sort((a, b) => (a.name < b.name ? -1 : 1)), ...others }
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
  const { names, ...others } = listMaps(where)
  const paths = names.map((name) => join(where.folder, name))
  return { files: understand(paths, where, holders), ...others }
}

function* understand(
  paths: readonly string[],
  where: MapFolder,
  holders: ReadonlyMap<Owner, string>,
): Generator<MapFile | undefined> {
  const replacing = withoutTwins((where.extra ?? []).map((path) => readMapFile(where, path)))
  yield* replacing
  const replaced = new Set(replacing.flatMap(({ owner }) => owner ?? []))
  for (const file of understandFolder(paths, where, holders)) {
    if (file?.owner === undefined || !replaced.has(file.owner)) yield file
  }
}

function* understandFolder(
  paths: readonly string[],
  where: MapFolder,
  holders: ReadonlyMap<Owner, string>,
): Generator<MapFile | undefined> {
  const together = yield* readTogether(paths, where)
  // Of a holder nothing is kept but its place: with everything that its parser found, two hundred would be 30 MB until all are read.
  const taken = new Map<Owner, Pick<MapFile, 'place'>>()
  for (const [owner, { place }] of badHolders([...together.values()], holders)) taken.set(owner, { place })
  for (const file of withoutTwins([...together.values()], holders)) {
    if (file.map && file.owner) taken.set(file.owner, { place: file.place })
    yield file
  }
  for (const path of paths.filter((path) => !together.has(path))) {
    const file = readMapFile(where, path)
    const { owner } = file
    // Its claim was that of no other file; but a file may have changed since, or be too bad to say what it claims.
    const holder = owner && taken.get(owner)
    if (owner && file.map && !holder) taken.set(owner, { place: file.place })
    yield owner && holder ? asTwin(file, owner, holder) : file
  }
}

/** Files that claim the same subject as another, and files of which only the parser can tell what they claim. */
function* readTogether(
  paths: readonly string[],
  where: MapFolder,
): Generator<undefined, ReadonlyMap<string, MapFile>> {
  const { kinds = MAP_KINDS, drafts } = where
  const claim = (path: string) => {
    const draft = drafts?.get(path)
    return draft === undefined ? claimOf(path, kinds) : claimIn(draft, kinds)
  }
  const claims = new Map(paths.map((path) => [path, claim(path)]))
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
  const { files, folderFault, passedOver } = readMapFiles(where)
  const maps = files.flatMap(({ owner, map, file }) =>
    owner && map ? [{ owner, map, file, loadedAtMs: nowMs, faults: [], isLastGood: false, content: '' }] : [],
  )
  return {
    maps,
    takenAway: [],
    unusable: [],
    faults: [...(folderFault ? [folderFault] : []), ...files.flatMap(({ faults }) => faults)],
    passedOver,
  }
}

/** What is wrong with the profiles of a folder, used or not. */
export function readProfileFaults(where: MapFolder): readonly ConfigFault[] {
  const { folder, cwd, drafts } = where
  const shelf = folderShelf(join(folder, PROFILES_FOLDER), cwd, drafts)
  const fault = shelf.fault?.()
  const unread = fault ? [{ ...fault, line: 1, column: 1, path: '' }] : []
  const found = shelf.names().flatMap((name) => shelf.find(name) ?? [])
  return [...unread, ...found.flatMap((profile) => judgeProfile(profile, where))]
}
