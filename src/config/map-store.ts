/**
 * The device maps in force, and the last good map of each machine on disk.
 *
 * A map that turns bad, cannot be read or is half written changes nothing: what was in force stays, over restarts too.
 * Only a file that was taken away, from a folder that can be read, ends its machine. It never throws for what files contain.
 */
import { resolve } from 'node:path'
import type { Driver } from '../domain/driver.ts'
import { compileMap } from './compile-map.ts'
import { forgetGoodMap, type GoodMap, keepGoodMap, readGoodMaps } from './good-maps.ts'
import { type MapFile, type MapFiles, type MapInForce, type MapSet, readMapFiles } from './map-files.ts'
import { parseYaml } from './yaml-source.ts'

export type { MapInForce, MapSet } from './map-files.ts'

export interface MapStore {
  /** Reads the folder anew. */
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
  return {
    load: () => {
      const kept = readGoodMaps(store, options.cwd)
      const owners = new Map([...kept.maps.values()].map(({ machine, name }) => [machine, name]))
      const files = readMapFiles({ folder, drivers: options.drivers, cwd: options.cwd }, owners)
      const fresh = files.files.flatMap((file) => takeIntoForce(file, kept.maps, store, options.now()))
      const inForce = new Set(fresh.map(({ map }) => map.machine))
      const rest = [...kept.maps.values()].filter(({ machine }) => !inForce.has(machine))
      const lasting = rest.flatMap((good) => stayInForce(good, files, { folder, store, ...options }))
      return setOf([...fresh, ...lasting], files, kept.faults)
    },
  }
}

function takeIntoForce(
  file: MapFile,
  kept: ReadonlyMap<string, GoodMap>,
  store: string,
  nowMs: number,
): readonly MapInForce[] {
  const { map, name, text, profiles } = file
  if (!map) return []
  const before = kept.get(map.machine)
  const isSame = before?.text === text && JSON.stringify(before.profiles) === JSON.stringify(profiles)
  const loadedAtMs = isSame ? before.loadedAtMs : nowMs
  const isKept = isSame && before.name === name
  const faults = isKept
    ? []
    : keepGoodMap(store, { machine: map.machine, name, loadedAtMs, text, profiles }, file.place)
  return [{ map, file: file.file, loadedAtMs, faults, lastGood: false }]
}

interface Place {
  readonly folder: string
  readonly store: string
  readonly drivers: readonly Driver[]
}

/** The file is there and bad, or nothing can be said of it: its last good version goes on. Otherwise it is gone. */
function stayInForce(good: GoodMap, { files, folderFault }: MapFiles, place: Place): readonly MapInForce[] {
  const bad =
    files.find(
      ({ name, machine, map }) => !map && (machine ?? good.machine) === good.machine && name === good.name,
    ) ?? files.find(({ machine, map }) => !map && machine === good.machine)
  if (!bad && !folderFault) {
    forgetGoodMap(place.store, good.machine)
    return []
  }
  const sources = new Map(
    Object.entries(good.profiles).map(([name, text]) => [name, parseYaml(text, `${name}.yaml`)]),
  )
  const profiles = { names: () => [...sources.keys()], find: (name: string) => sources.get(name) }
  const file = bad?.file ?? good.file
  const { map } = compileMap(parseYaml(good.text, file), { ...place, profiles })
  const faults = bad ? bad.faults : folderFault ? [folderFault] : []
  return map ? [{ map, file, loadedAtMs: good.loadedAtMs, faults, lastGood: true }] : []
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
