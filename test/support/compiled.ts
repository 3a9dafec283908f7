/** Device maps of machines, compiled from their text. */
import { parseYaml } from '../../src/documents/yaml-source.ts'
import { faultText } from '../../src/domain/errors.ts'
import type { MachineMap } from '../../src/domain/machine-map.ts'
import { compileMap } from '../../src/maps/compile-map.ts'
import { folderTables } from '../../src/maps/machine/reasons/reason-file.ts'
import { testHardware } from './hardware.ts'
import { machineMap } from './machine-map.ts'

function compiled(text: string) {
  return compileMap(parseYaml(text, 'm.yaml'), {
    ...testHardware,
    profiles: { names: () => [], find: () => undefined },
    tables: folderTables('/nowhere', '/'),
    folder: '/maps',
  })
}

/** The map of a text without faults. */
export function mapOfText(text: string): MachineMap {
  const { map, faults } = compiled(text)
  if (faults.length > 0) throw new Error(faults.map(faultText).join('\n'))
  return machineMap(map)
}

/** What is wrong with a text, as people read it. */
export function faultsOfText(text: string): readonly string[] {
  return compiled(text).faults.map(faultText)
}

/** What is allowed and probably not meant, without the hint that nearly every short map gets. */
export function hintsOfText(text: string): readonly string[] {
  return compiled(text)
    .hints.map(faultText)
    .filter((hint) => !hint.includes('has role heartbeat'))
}
