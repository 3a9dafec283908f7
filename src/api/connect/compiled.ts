/** A map's text as the gateway would understand it, were it saved. */
import { basename, join, relative } from 'node:path'
import { parseYaml } from '../../documents/yaml-source.ts'
import type { ConfigFault } from '../../domain/errors.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import { compileMap } from '../../maps/compile-map.ts'
import { folderTables } from '../../maps/machine/reasons/reason-file.ts'
import { isMachineMap } from '../../maps/map-kind.ts'
import { folderShelf, PROFILES_FOLDER } from '../../maps/profiles/shelf.ts'
import type { MadeMap } from './map-shapes.ts'
import { type ConnectParts, mayBeGiven } from './parts.ts'

interface CompiledText {
  /** Undefined where it has faults, and for the map of a scanner. */
  readonly map: MachineMap | undefined
  readonly faults: readonly ConfigFault[]
  readonly hints: readonly ConfigFault[]
}

/** @param file a name within the folder of the maps: nothing is read of it */
export function compileText(text: string, file: string, parts: ConnectParts): CompiledText {
  const { devicesFolder: folder, cwd, hardware } = parts
  const named = relative(cwd, join(folder, basename(file)))
  const shelves = {
    profiles: folderShelf(join(folder, PROFILES_FOLDER), cwd),
    tables: folderTables(folder, cwd),
  }
  const mayName = (asked: string) => mayBeGiven(asked, parts)
  const source = parseYaml(text, named)
  const { map, faults, hints } = compileMap(source, { ...hardware, ...shelves, folder, mayName })
  return { map: map && isMachineMap(map) ? map : undefined, faults, hints }
}

export function faultOnWire({ line, column, path, message, hint }: ConfigFault): MadeMap['faults'][number] {
  return { line, column, path, message, hint: hint ?? null }
}
