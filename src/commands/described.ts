/** What device maps say of central: the machines and stations that they describe. */
import { isMachineMap, isStationMap, type SubjectMap } from '../maps/map-kind.ts'

export interface Described {
  readonly machines: readonly { readonly machine: string; readonly file: string }[]
  readonly stations: readonly DescribedStation[]
}

interface DescribedStation {
  readonly scanner: string
  /** As named to the user. */
  readonly file: string
  /** Null: the gateway's own. */
  readonly plant: string | null
  readonly machine: string | null
  /** `users.id` of the station's own user. */
  readonly user: number | null
}

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
