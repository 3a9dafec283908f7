/**
 * The device maps in force, and the last good map of each subject on disk.
 *
 * A map that turns bad, cannot be read or is half written changes nothing: what was in force stays, over restarts too. Only
 * a file that was taken away, from a folder that can be read, ends its subject, also where that was done while the gateway was
 * stopped. A map with which a machine could not be read is refused, and counts as bad until its file changes. It never throws for
 * what files contain.
 */
import { join, resolve } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import type { Owner } from '../domain/owner.ts'
import { type ReadAheadOptions, readAhead } from '../runtime/read-ahead.ts'
import { compileGood } from './compile-good.ts'
import { FormerMaps } from './former-maps.ts'
import { GOOD_MAPS_FOLDER, type GoodMap, holdersOf } from './good-maps.ts'
import { KeptMaps } from './kept-maps.ts'
import type { MapFile } from './map-file.ts'
import { type MapFiles, type MapInForce, type MapSet, openMapFolder } from './map-files.ts'
import type { Hardware, MapKind, SubjectMap } from './map-kind.ts'
import { contentOf, type MapTexts, sameTexts } from './map-texts.ts'
import { PROFILES_FOLDER } from './profiles/shelf.ts'

/** Reads the maps, and keeps the last good ones on disk. What it writes nobody waits for; `settled` says when it is done. */
export interface MapStore {
  /**
   * Reads the folder again, a file a step, and yields every map in force as soon as it is known, so that no subject waits for
   * all the others. Between two steps the reader may do other work, or read no further; undefined is a step that gave no map. The
   * new ones are saved as last good maps once all are known.
   */
  read(options?: ReadOptions): MapReading
  /** Has everything that a reading reads in the system's memory, beside this thread: while machines are polled nothing waits for the disk. */
  readAhead(how: ReadAheadOptions): Promise<void>
  /** The same as {@link read} in one go, and all of it on disk. */
  load(): Promise<MapSet>
  /**
   * Refuses the map that a subject got last: with the next reading the one before it is back. Not while a reading goes on, which
   * would put in force once more what is refused here.
   * @returns whether there is one before it
   */
  refuse(owner: Owner, why: string): boolean
  /** Keeps the map before the one in force over restarts. */
  trialBegan(owner: Owner): void
  /** No restart takes the trial up again. */
  trialEnded(owner: Owner): void
  /** What the map of a subject was made of that is in force since the start; undefined where there is none. */
  textsOf(owner: Owner): MapTexts | undefined
  /** Forgets the last good map of a subject that was taken away, once it has been taken out of service. */
  forget(owner: Owner): void
  /** Why what is in force could not be kept, or what is gone not be removed. */
  readonly unkept: ReadonlyMap<Owner, readonly ConfigFault[]>
  /** What the disk has refused is asked of it once more. */
  keepAgain(): void
  /** Resolves once all that was to be written until now is durable, or cannot be kept. */
  settled(): Promise<void>
  /** Begins no further write: it is for the next start as if the gateway had been killed just before. */
  stopWriting(): void
}

/** A reading of the folder, a file a step. */
export type MapReading = Generator<MapInForce | undefined, MapSet>

/** How the folder is read. */
export interface ReadOptions {
  /** Whose refused maps are tried again. */
  readonly triesAgain?: 'all' | readonly Owner[]
  /** Whose map is on trial: should the next one fail as well, the map before the first of them comes back. */
  readonly isOnTrial?: (owner: Owner) => boolean
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
  const kept = new KeptMaps(resolve(options.dataFolder, GOOD_MAPS_FOLDER), options.cwd)
  const known: KnownMaps = { remembered: new Map(), former: new FormerMaps(kept), kept }
  const { remembered, former } = known
  const read = (how: ReadOptions = {}) => readInForce({ ...options, ...how, folder }, known)
  return {
    readAhead: (how) => readAhead([folder, join(folder, PROFILES_FOLDER), kept.folder], how),
    read,
    refuse: (owner, why) => {
      const [before, now] = [former.get(owner), remembered.get(owner)]
      if (!before || !now) return false
      const back = { ...before, refused: { content: contentOf(now), why } }
      remembered.set(owner, back)
      kept.keep(back, { file: back.file, line: 1, column: 1 })
      former.drop(owner)
      return true
    },
    trialBegan: (owner) => former.keep(owner),
    trialEnded: (owner) => former.settle(owner),
    textsOf: (owner) => remembered.get(owner),
    forget: (owner) => {
      remembered.delete(owner)
      former.drop(owner)
      kept.forget(owner)
    },
    get unkept() {
      return kept.unkept
    },
    keepAgain: () => kept.tryAgain(),
    settled: () => kept.settled(),
    stopWriting: () => kept.stop(),
    load: async () => {
      const reading = read()
      let step = reading.next()
      while (!step.done) step = reading.next()
      await kept.settled()
      return { ...step.value, maps: withUnkept(step.value.maps, kept.unkept) }
    },
  }
}

/** With what is wrong with their keeping. */
export function withUnkept<Map extends Pick<MapInForce, 'owner' | 'faults'>>(
  maps: readonly Map[],
  unkept: MapStore['unkept'],
): readonly Map[] {
  return maps.map((map) => ({ ...map, faults: [...map.faults, ...(unkept.get(map.owner) ?? [])] }))
}

interface KnownMaps {
  /** What was in force since the start: a disk that could not keep it, or lost it, stops no machine. */
  readonly remembered: Map<Owner, GoodMap>
  readonly former: FormerMaps
  readonly kept: KeptMaps
}

interface StoreFolders extends MapStoreOptions, ReadOptions {
  /** The device maps. */
  readonly folder: string
}

function* readInForce(where: StoreFolders, known: KnownMaps): MapReading {
  const { remembered, former } = known
  const kept = yield* known.kept.reading()
  const goods = new Map([...kept.maps, ...remembered])
  const { files, ...listing } = openMapFolder(where, holdersOf(goods))
  const inForce = new Map<Owner, MapInForce>()
  const bad: MapFile[] = []
  const unkept: Fresh[] = []
  const resumed = (good: GoodMap, taken: MapInForce): MapInForce => {
    const before = former.resume(good.owner, good)
    const inTrialAfter = before && compileGood(before, where)
    return inTrialAfter ? { ...taken, inTrialAfter } : taken
  }
  for (const read of files) {
    const file = read && (isTriedAgain(read, where) ? read : refusedOr(read, goods))
    const fresh = file && freshOf(file, { goods, kept: kept.maps }, where.now())
    if (fresh) {
      const { owner } = fresh.good
      const before = remembered.get(owner)
      if (before && !sameTexts(before, file)) former.note(before, file, where.isOnTrial?.(owner) ?? false)
      inForce.set(owner, fresh.inForce)
      remembered.set(owner, fresh.good)
    }
    if (fresh && !fresh.isKept) unkept.push(fresh)
    if (file && !fresh) bad.push(file)
    yield fresh && resumed(fresh.good, fresh.inForce)
  }
  const absent = [...goods.values()].filter(({ owner }) => !inForce.has(owner))
  const takenAway: MapSet['takenAway'][number][] = []
  const unusable = unusableOf(absent, { files: bad, ...listing })
  for (const good of absent) {
    const map = compileGood(good, where)
    const place = placeOf(good, { files: bad, ...listing })
    const lasting = place && map && lastGood(good, map, place)
    if (lasting) {
      inForce.set(good.owner, lasting)
      // What an earlier life has left is in force since this start as well.
      remembered.set(good.owner, good)
    } else if (place) unusable.push({ owner: good.owner, file: place.file })
    else takenAway.push({ owner: good.owner, map })
    yield lasting && resumed(good, lasting)
  }
  known.kept.tryAgain()
  for (const { good, place } of unkept) known.kept.keep(good, place)
  return { ...setOf([...inForce.values()], { files: bad, ...listing }, kept.faults), takenAway, unusable }
}

/** A map as its file has it now. */
interface Fresh {
  readonly inForce: MapInForce
  readonly good: GoodMap
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
  const loadedAtMs = good && sameTexts(good, file) ? good.loadedAtMs : nowMs
  const kept = before.kept.get(owner)
  return {
    inForce: {
      owner,
      map,
      file: file.file,
      loadedAtMs,
      faults: [],
      isLastGood: false,
      content: contentOf(file),
    },
    good: { owner, name, file: file.file, loadedAtMs, text, profiles, tables },
    place,
    isKept: kept !== undefined && sameTexts(kept, file) && kept.name === name && !kept.refused,
  }
}

function isTriedAgain({ owner }: MapFile, { triesAgain = [] }: ReadOptions): boolean {
  return triesAgain === 'all' || (owner !== undefined && triesAgain.includes(owner))
}

/** A file without a map and with a fault, where it still says what was refused. */
function refusedOr(file: MapFile, goods: ReadonlyMap<Owner, GoodMap>): MapFile {
  const { owner, map, place } = file
  const refused = owner && goods.get(owner)?.refused
  if (!map || refused?.content !== contentOf(file)) return file
  const message = `with this version of the map nothing could be read, and the one before it is in force again: ${refused.why}`
  const hint = 'mend the map and save it; SIGHUP tries it again as it is'
  return { ...file, map: undefined, faults: [{ ...place, path: '', message, hint }] }
}

/** What stands in the place of a good map now. */
interface BadPlace {
  /** As named to the user. */
  readonly file: string
  readonly faults: readonly ConfigFault[]
  /** The file is sound, and was refused. */
  readonly isRefused: boolean
}

/**
 * The last good version of a subject goes on while its file is there and bad, or while nothing can be said of any file.
 * Otherwise the file was taken away, and this is undefined.
 */
function placeOf(good: GoodMap, { files, folderFault }: MapFiles): BadPlace | undefined {
  const bad = files.find((file) => isItsFile(file, good)) ?? files.find(({ owner }) => owner === good.owner)
  if (bad) return { ...bad, isRefused: good.refused?.content === contentOf(bad) }
  return folderFault && { file: good.file, faults: [folderFault], isRefused: false }
}

function lastGood(good: GoodMap, map: SubjectMap, { file, faults, isRefused }: BadPlace): MapInForce {
  const { owner, loadedAtMs } = good
  const inForce = { owner, map, file, loadedAtMs, faults, isLastGood: true, content: contentOf(good) }
  return isRefused ? { ...inForce, isRolledBack: true } : inForce
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

/** The file that the good map came from, as long as it does not name another subject. */
function isItsFile({ name, owner }: MapFile, good: GoodMap): boolean {
  return name === good.name && (owner ?? good.owner) === good.owner
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
