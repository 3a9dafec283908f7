/** A device map of the tests' own, as a technician writes it. */
import { dirname } from 'node:path'
import { readYamlFile } from '../../../src/documents/yaml-source.ts'
import { faultText } from '../../../src/domain/errors.ts'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { compileMap } from '../../../src/maps/compile-map.ts'
import { folderTables } from '../../../src/maps/machine/reasons/reason-file.ts'
import { testHardware } from '../hardware.ts'
import { machineMap } from '../machine-map.ts'

/** @throws Error with the faults of a map that is not good */
export function compiledMap(file: string): MachineMap {
  const folder = dirname(file)
  const profiles = { names: () => [], find: () => undefined }
  const context = { ...testHardware, profiles, tables: folderTables(folder, folder), folder }
  const { map, faults } = compileMap(readYamlFile(file, folder), context)
  if (!map) throw new Error(`${file}: ${faults.map(faultText).join('\n')}`)
  return machineMap(map)
}
