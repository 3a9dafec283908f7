/**
 * The device maps in force, and the last good map of each subject on disk.
 *
 * A map that turns bad, cannot be read or is half written changes nothing: what was in force stays, over restarts too. Only
 * a file that was taken away, from a folder that can be read, ends its subject, also where that was done while the gateway was
 * stopped. It never throws for what files contain.
 */
import { resolve } from 'node:path'
import { parseYaml } from '../documents/yaml-source.ts'
import type { Driver } from '../domain/driver.ts'
import type { Owner } from '../domain/owner.ts'
import { compileMap } from './compile-map.ts'
import {
  forgetGoodMap,
  GOOD_MAPS_FOLDER,
  type GoodMap,
  holdersOf,
  keepGoodMap,
  readGoodMaps,
} from './good-maps.ts'
import type { TableShelf } from './machine/reasons/reason-file.ts'
import type { MapFile } from './map-file.ts'
import { type MapFiles, type MapInForce, type MapSet, openMapFolder } from './map-files.ts'
import type { MapKind, SubjectMap } from './map-kind.ts'
import type { ProfileShelf } from './profiles.ts'

/** Reads the maps, and keeps the last good ones on disk. */
export interface MapStore {
  /**
   * Reads the folder again, a file a step, and yields every map in force as soon as it is known, so that no subject waits for
   * all the others. It then saves the new ones as last good maps, and yields each of these again, now with any error from
   * saving. Between two steps the reader may do other work, or read no further; undefined is a step that gave no map.
   */
  read(): Generator<MapInForce | undefined, MapSet>
  /** The same in one go. */
  load(): MapSet
  /** Forgets the last good map of a subject that was taken away, once it has been taken out of service. */
  forget(owner: Owner): void
}

interface MapStoreOptions {
  readonly devicesFolder: string
  readonly dataFolder: string
  readonly drivers: readonly Driver[]
  /** Files are named relative to it. */
  readonly cwd: string
  readonly now: () => number
  /** What files may describe. Default: all that this version knows. */
  readonly kinds?: readonly MapKind[]
}

/** Nothing is read or written before it is asked for. */
export function createMapStore(options: MapStoreOptions): MapStore {
  const folder = resolve(options.cwd, options.devicesFolder)
  const store = resolve(options.dataFolder, GOOD_MAPS_FOLDER)
  const read = () => readInForce({ ...options, folder, store })
  return {
    read,
    forget: (owner) => forgetGoodMap(store, owner),
    load: () => {
      const reading = read()
      for (;;) {
        const step = reading.next()
        if (step.done) return step.value
      }
    },
  }
}

interface StoreFolders extends MapStoreOptions {
  /** The device maps. */
  readonly folder: string
  /** The last good maps. */
  readonly store: string
}

function* readInForce(where: StoreFolders): Generator<MapInForce | undefined, MapSet> {
  const kept = readGoodMaps(where.store, where.cwd)
  const { files, ...listing } = openMapFolder(where, holdersOf(kept.maps))
  const inForce = new Map<Owner, MapInForce>()
  const bad: MapFile[] = []
  const unkept: Fresh[] = []
  for (const file of files) {
    const fresh = file && freshOf(file, kept.maps, where.now())
    if (fresh) inForce.set(fresh.good.owner, fresh.inForce)
    if (fresh && !fresh.isKept) unkept.push(fresh)
    if (file && !fresh) bad.push(file)
    yield fresh?.inForce
  }
  const takenAway: MapSet['takenAway'][number][] = []
  for (const good of [...kept.maps.values()].filter(({ owner }) => !inForce.has(owner))) {
    const map = compileGood(good, where)
    const lasting = stayInForce(good, map, { files: bad, ...listing })
    if (lasting === 'taken away') takenAway.push({ owner: good.owner, map })
    else if (lasting) inForce.set(good.owner, lasting)
    yield lasting === 'taken away' ? undefined : lasting
  }
  for (const fresh of unkept) {
    const saved = { ...fresh.inForce, faults: keepGoodMap(where.store, fresh.good, fresh.place) }
    inForce.set(fresh.good.owner, saved)
    yield saved
  }
  return { ...setOf([...inForce.values()], { files: bad, ...listing }, kept.faults), takenAway }
}

/** A map as its file has it now. */
interface Fresh {
  readonly inForce: MapInForce
  readonly good: Omit<GoodMap, 'file'>
  readonly place: MapFile['place']
  /** The disk holds just this as the last good map already. */
  readonly isKept: boolean
}

/** Undefined where the file has no good map. */
function freshOf(file: MapFile, kept: ReadonlyMap<Owner, GoodMap>, nowMs: number): Fresh | undefined {
  const { owner, map, name, text, profiles, tables, place } = file
  if (!owner || !map) return undefined
  const before = kept.get(owner)
  const isSame =
    before?.text === text &&
    JSON.stringify([before.profiles, before.tables]) === JSON.stringify([profiles, tables])
  const loadedAtMs = isSame ? before.loadedAtMs : nowMs
  return {
    inForce: { owner, map, file: file.file, loadedAtMs, faults: [], isLastGood: false },
    good: { owner, name, loadedAtMs, text, profiles, tables },
    place,
    isKept: isSame && before.name === name,
  }
}

/**
 * The last good version of a subject goes on while its file is there and bad, or while nothing can be said of any file.
 * Otherwise the file was taken away.
 */
function stayInForce(
  good: GoodMap,
  map: SubjectMap | undefined,
  { files, folderFault }: MapFiles,
): MapInForce | 'taken away' | undefined {
  const bad = files.find((file) => isItsFile(file, good)) ?? files.find(({ owner }) => owner === good.owner)
  if (!bad && !folderFault) return 'taken away'
  const faults = bad ? bad.faults : folderFault ? [folderFault] : []
  const file = bad?.file ?? good.file
  return map && { owner: good.owner, map, file, loadedAtMs: good.loadedAtMs, faults, isLastGood: true }
}

function compileGood(good: GoodMap, where: StoreFolders): SubjectMap | undefined {
  const kept = { profiles: shelfOf(good), tables: keptTables(good), isLastGood: true }
  return compileMap(parseYaml(good.text, good.file), { ...where, ...kept }, where.kinds).map
}

/** The file that the good map came from, as long as it does not name another subject. */
function isItsFile({ name, owner }: MapFile, good: GoodMap): boolean {
  return name === good.name && (owner ?? good.owner) === good.owner
}

/** The profiles as they were when the map was good. */
function shelfOf({ profiles }: GoodMap): ProfileShelf {
  const sources = new Map(
    Object.entries(profiles).map(([name, text]) => [name, parseYaml(text, `${name}.yaml`)]),
  )
  return { names: () => [...sources.keys()], find: (name) => sources.get(name) }
}

/** Likewise the code tables. */
function keptTables({ tables }: GoodMap): TableShelf {
  return { find: (name) => ({ file: name, text: tables[name] ?? '' }) }
}

/** Each fault once: with its subject where something of that is in force, else with the set. */
function setOf(
  maps: readonly MapInForce[],
  { files, folderFault, passedOver }: MapFiles,
  others: MapSet['faults'],
): Omit<MapSet, 'takenAway'> {
  const named = new Set(maps.flatMap(({ faults }) => faults))
  const all = [...others, ...(folderFault ? [folderFault] : []), ...files.flatMap(({ faults }) => faults)]
  const sorted = maps.toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
  return { maps: sorted, faults: all.filter((fault) => !named.has(fault)), passedOver }
}
