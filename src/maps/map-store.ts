/**
 * The device maps in force, and the last good map of each subject on disk.
 *
 * A map that turns bad, cannot be read or is half written changes nothing: what was in force stays, over restarts too. Only
 * a file that was taken away, from a folder that can be read, ends its subject, also where that was done while the gateway was
 * stopped. It never throws for what files contain.
 */
import { resolve } from 'node:path'
import { parseYaml } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
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
import type { Hardware, MapKind, SubjectMap } from './map-kind.ts'
import type { ProfileShelf } from './profiles/shelf.ts'

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

interface MapStoreOptions extends Hardware {
  readonly devicesFolder: string
  readonly dataFolder: string
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
  const remembered = new Map<Owner, GoodMap>()
  const read = () => readInForce({ ...options, folder, store }, remembered)
  return {
    read,
    forget: (owner) => {
      remembered.delete(owner)
      forgetGoodMap(store, owner)
    },
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

/** @param remembered what was good since the start: a disk that could not keep it, or lost it, stops no machine */
function* readInForce(
  where: StoreFolders,
  remembered: Map<Owner, GoodMap>,
): Generator<MapInForce | undefined, MapSet> {
  const kept = readGoodMaps(where.store, where.cwd)
  const goods = new Map([...kept.maps, ...remembered])
  const { files, ...listing } = openMapFolder(where, holdersOf(goods))
  const inForce = new Map<Owner, MapInForce>()
  const bad: MapFile[] = []
  const unkept: Fresh[] = []
  for (const file of files) {
    const fresh = file && freshOf(file, { goods, kept: kept.maps }, where.now())
    if (fresh) {
      inForce.set(fresh.good.owner, fresh.inForce)
      remembered.set(fresh.good.owner, { ...fresh.good, file: fresh.inForce.file })
    }
    if (fresh && !fresh.isKept) unkept.push(fresh)
    if (file && !fresh) bad.push(file)
    yield fresh?.inForce
  }
  const absent = [...goods.values()].filter(({ owner }) => !inForce.has(owner))
  const takenAway: MapSet['takenAway'][number][] = []
  const unusable = unusableOf(absent, { files: bad, ...listing })
  for (const good of absent) {
    const map = compileGood(good, where)
    const place = placeOf(good, { files: bad, ...listing })
    const lasting = place && map && lastGood(good, map, place)
    if (lasting) inForce.set(good.owner, lasting)
    else if (place) unusable.push({ owner: good.owner, file: place.file })
    else takenAway.push({ owner: good.owner, map })
    yield lasting
  }
  for (const fresh of unkept) {
    const saved = { ...fresh.inForce, faults: keepGoodMap(where.store, fresh.good, fresh.place) }
    inForce.set(fresh.good.owner, saved)
    yield saved
  }
  return { ...setOf([...inForce.values()], { files: bad, ...listing }, kept.faults), takenAway, unusable }
}

/** A map as its file has it now. */
interface Fresh {
  readonly inForce: MapInForce
  readonly good: Omit<GoodMap, 'file'>
  readonly place: MapFile['place']
  /** The disk holds just this as the last good map already. */
  readonly isKept: boolean
}

/** Good maps as they are known, and as the disk holds them. */
interface GoodBefore {
  readonly goods: ReadonlyMap<Owner, GoodMap>
  readonly kept: ReadonlyMap<Owner, GoodMap>
}

/** Undefined where the file has no good map. */
function freshOf(file: MapFile, before: GoodBefore, nowMs: number): Fresh | undefined {
  const { owner, map, name, text, profiles, tables, place } = file
  if (!owner || !map) return undefined
  const good = before.goods.get(owner)
  const loadedAtMs = good && isSame(good, file) ? good.loadedAtMs : nowMs
  const kept = before.kept.get(owner)
  return {
    inForce: { owner, map, file: file.file, loadedAtMs, faults: [], isLastGood: false },
    good: { owner, name, loadedAtMs, text, profiles, tables },
    place,
    isKept: kept !== undefined && isSame(kept, file) && kept.name === name,
  }
}

function isSame(good: GoodMap, { text, profiles, tables }: MapFile): boolean {
  return (
    good.text === text && JSON.stringify([good.profiles, good.tables]) === JSON.stringify([profiles, tables])
  )
}

/** What stands in the place of a good map now. */
interface BadPlace {
  /** As named to the user. */
  readonly file: string
  readonly faults: readonly ConfigFault[]
}

/**
 * The last good version of a subject goes on while its file is there and bad, or while nothing can be said of any file.
 * Otherwise the file was taken away, and this is undefined.
 */
function placeOf(good: GoodMap, { files, folderFault }: MapFiles): BadPlace | undefined {
  const bad = files.find((file) => isItsFile(file, good)) ?? files.find(({ owner }) => owner === good.owner)
  if (bad) return bad
  return folderFault && { file: good.file, faults: [folderFault] }
}

function lastGood({ owner, loadedAtMs }: GoodMap, map: SubjectMap, { file, faults }: BadPlace): MapInForce {
  return { owner, map, file, loadedAtMs, faults, isLastGood: true }
}

/** Files of which no good map was ever known here. */
function unusableOf(
  goods: readonly GoodMap[],
  { files, folderFault }: MapFiles,
): MapSet['unusable'][number][] {
  const unknown = files.filter((file) => !goods.some((good) => isItsFile(file, good)))
  return [
    ...unknown.map(({ owner, file }) => ({ owner, file })),
    ...(folderFault ? [{ owner: undefined, file: folderFault.file }] : []),
  ]
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
): Omit<MapSet, 'takenAway' | 'unusable'> {
  const named = new Set(maps.flatMap(({ faults }) => faults))
  const all = [...others, ...(folderFault ? [folderFault] : []), ...files.flatMap(({ faults }) => faults)]
  const sorted = maps.toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
  return { maps: sorted, faults: all.filter((fault) => !named.has(fault)), folderFault, passedOver }
}
