/** The map of a machine, where a test knows that it is one. */
import type { MachineMap } from '../../src/domain/machine-map.ts'
import { isMachineMap, type SubjectMap } from '../../src/maps/map-kind.ts'

export function machineMap(map: SubjectMap | undefined): MachineMap {
  if (!map || !isMachineMap(map)) throw new Error('no map of a machine')
  return map
}
