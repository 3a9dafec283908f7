/** Machines that stand at one place: a feed says of both of them on one topic what they show, so that neither can be told. */
import type { ConfigFault } from '../domain/errors.ts'
import type { MachineMap } from '../domain/machine-map.ts'
import type { MapFile } from './map-file.ts'
import { isMachineMap } from './map-kind.ts'

/** A hint at the later of two such files. */
export function samePlaceHints(files: readonly Pick<MapFile, 'map' | 'source'>[]): readonly ConfigFault[] {
  const before = new Map<string, MachineMap>()
  return files.flatMap(({ map, source }) => {
    if (!map || !isMachineMap(map)) return []
    const where = whereOf(map)
    const other = before.get(where)
    if (!other) {
      before.set(where, map)
      return []
    }
    const path = map.place?.cell === undefined ? ['place'] : ['place', 'cell']
    const message = `${other.machine} (${other.file}) has the same place: a live feed could not tell them apart`
    const hint = 'give one of them another cell'
    return [{ ...source.place(path), path: path.join('.'), message, hint }]
  })
}

function whereOf({ machine, place = {} }: MachineMap): string {
  return JSON.stringify([place.area ?? null, place.line ?? null, place.cell ?? machine])
}
