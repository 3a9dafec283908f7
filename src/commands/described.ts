/** What device maps name that central must know: their machines, and what their stations refer to. */
import { isMachineMap, isStationMap, type SubjectMap } from '../maps/map-kind.ts'
import type { NamedByMaps } from '../routes/mes/machines-proof.ts'

export type Described = Omit<NamedByMaps, 'faults'>

/** Of files without a map nothing is known. */
export function describedBy(
  files: readonly { readonly file: string; readonly map: SubjectMap | undefined }[],
): Described {
  const maps = files.flatMap(({ file, map }) => (map ? [{ file, map }] : []))
  return {
    machines: maps.flatMap(({ file, map }) => (isMachineMap(map) ? [{ machine: map.machine, file }] : [])),
    stations: maps.flatMap(({ file, map }) => {
      if (!isStationMap(map)) return []
      const { without } = map.operator
      const user = typeof without === 'string' ? null : without.stationUser
      return [{ scanner: map.scanner, file, ...map.station, user }]
    }),
  }
}
