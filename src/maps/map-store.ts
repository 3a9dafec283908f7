/**
 * The device maps in force, and the last good map of each machine on disk.
 *
 * A map that turns bad, cannot be read or is half written changes nothing: what was in force stays, over restarts too.
 * Only a file that was taken away, from a folder that can be read, ends its machine. It never throws for what files contain.
 */
import { resolve } from 'node:path'
import { parseYaml } from '../documents/yaml-source.ts'
import type { Driver } from '../domain/driver.ts'
import { forgetGoodMap, type GoodMap, keepGoodMap, readGoodMaps } from './good-maps.ts'
import { compileMap } from './machine/compile-map.ts'
import { type MapFile, type MapFiles, type MapInForce, type MapSet, openMapFolder } from './map-files.ts'

export type { MapInForce, MapSet } from './map-files.ts'

export interface MapStore {
  /**
   * Reads the folder anew and tells each map as soon as it is known, so that no machine waits for all the others. Once all
   * are told, new ones are kept on disk one by one, and each that was is told again, with what went wrong in that.
   */
  read(): Generator<MapInForce, MapSet>
  /** The same without telling anything before the end. */
  load(): MapSet
}

export interface MapStoreOptions {
  readonly devicesFolder: string
  readonly dataFolder: string
  readonly drivers: readonly Driver[]
  /** Files are named relative to it. */
  readonly cwd: string
  readonly now: () => number
}

export function createMapStore(options: MapStoreOptions): MapStore {
  const folder = resolve(options.cwd, options.devicesFolder)
  const store = resolve(options.dataFolder, 'maps')
  const read = () => readInForce({ ...options, folder, store })
  return {
    read,
    load: () => {
      const reading = read()
      for (;;) {
        const step = reading.next()
        if (step.done) return step.value
      }
    },
  }
}

type Where = MapStoreOptions & Place

function* readInForce(where: Where): Generator<MapInForce, MapSet> {
  const kept = readGoodMaps(where.store, where.cwd)
  const owners = new Map([...kept.maps.values()].map(({ machine, name }) => [machine, name]))
  const { files, ...fault } = openMapFolder(where, owners)
  const machines = new Map<string, MapInForce>()
  const bad: MapFile[] = []
  const unkept: Fresh[] = []
  for (const file of files) {
    const fresh = freshOf(file, kept.maps, where.now())
    if (!fresh) {
      bad.push(file)
      continue
    }
    if (!fresh.isKept) unkept.push(fresh)
    machines.set(fresh.good.machine, fresh.inForce)
    yield fresh.inForce
  }
  const rest = [...kept.maps.values()].filter(({ machine }) => !machines.has(machine))
  for (const good of rest) {
    const lasting = stayInForce(good, { files: bad, ...fault }, where)
    if (!lasting) continue
    machines.set(good.machine, lasting)
    yield lasting
  }
  for (const fresh of unkept) {
    const inForce = { ...fresh.inForce, faults: keepGoodMap(where.store, fresh.good, fresh.place) }
    machines.set(fresh.good.machine, inForce)
    yield inForce
  }
  return setOf([...machines.values()], { files: bad, ...fault }, kept.faults)
}

/** A map as its file has it now. */
interface Fresh {
  readonly inForce: MapInForce
  readonly good: Omit<GoodMap, 'file'>
  readonly place: MapFile['place']
  /** It lies on disk as the last good one already. */
  readonly isKept: boolean
}

/** Undefined where the file has no good map. */
function freshOf(file: MapFile, kept: ReadonlyMap<string, GoodMap>, nowMs: number): Fresh | undefined {
  const { map, name, text, profiles, place } = file
  if (!map) return undefined
  const before = kept.get(map.machine)
  const isSame = before?.text === text && JSON.stringify(before.profiles) === JSON.stringify(profiles)
  const loadedAtMs = isSame ? before.loadedAtMs : nowMs
  return {
    inForce: { map, file: file.file, loadedAtMs, faults: [], lastGood: false },
    good: { machine: map.machine, name, loadedAtMs, text, profiles },
    place,
    isKept: isSame && before.name === name,
  }
}

interface Place {
  readonly folder: string
  readonly store: string
  readonly drivers: readonly Driver[]
}

/** The file is there and bad, or nothing can be said of it: its last good version goes on. Otherwise it is gone. */
function stayInForce(good: GoodMap, { files, folderFault }: MapFiles, place: Place): MapInForce | undefined {
  const bad =
    files.find(
      ({ name, machine, map }) => !map && (machine ?? good.machine) === good.machine && name === good.name,
    ) ?? files.find(({ machine, map }) => !map && machine === good.machine)
  if (!bad && !folderFault) {
    forgetGoodMap(place.store, good.machine)
    return undefined
  }
  const sources = new Map(
    Object.entries(good.profiles).map(([name, text]) => [name, parseYaml(text, `${name}.yaml`)]),
  )
  const profiles = { names: () => [...sources.keys()], find: (name: string) => sources.get(name) }
  const file = bad?.file ?? good.file
  const { map } = compileMap(parseYaml(good.text, file), { ...place, profiles })
  const faults = bad ? bad.faults : folderFault ? [folderFault] : []
  return map && { map, file, loadedAtMs: good.loadedAtMs, faults, lastGood: true }
}

/** Every fault once: with its machine when that is in force, else with the set. */
function setOf(
  machines: readonly MapInForce[],
  { files, folderFault }: MapFiles,
  others: MapSet['faults'],
): MapSet {
  const told = new Set(machines.flatMap(({ faults }) => faults))
  const all = [...others, ...(folderFault ? [folderFault] : []), ...files.flatMap(({ faults }) => faults)]
  const sorted = machines.toSorted((a, b) => (a.map.machine < b.map.machine ? -1 : 1))
  return { machines: sorted, faults: all.filter((fault) => !told.has(fault)) }
}
