/** Understands a device map as the kind that its head says it is. A new kind of subject is one line in {@link MAP_KINDS}. */
import type { ZodObject } from 'zod'
import { isRecord, keysAt } from '../documents/draft.ts'
import { keysOf } from '../documents/schema-keys.ts'
import type { YamlSource } from '../documents/yaml-source.ts'
import { machineOwner, type Owner, stationOwner } from '../domain/owner.ts'
import { compileMachine } from './machine/compile-machine.ts'
import { headSchema } from './machine/map-schema.ts'
import type { Compiled, MapContext, MapKind } from './map-kind.ts'
import { compileStation } from './station/compile-station.ts'
import { stationSchema } from './station/station-schema.ts'

const MACHINE: MapKind = { key: 'machine', ownerOf: machineOwner, compile: compileMachine }
const SCANNER: MapKind = { key: 'scanner', ownerOf: stationOwner, compile: compileStation }

/** Where a file has the keys of two kinds, the earlier kind has it. */
export const MAP_KINDS: readonly MapKind[] = [SCANNER, MACHINE]

/** A file as far as it was understood, and whom it describes. */
export interface CompiledMap extends Compiled {
  /** Whom the file describes, as far as that could be read, even when the map has faults. */
  readonly owner: Owner | undefined
  /** The key that names its subject, for messages. */
  readonly key: string
}

/** Never throws for what a file holds: that becomes faults. */
export function compileMap(
  source: YamlSource,
  context: MapContext,
  kinds: readonly MapKind[] = MAP_KINDS,
): CompiledMap {
  const { key, ownerOf, compile } = kindOf(source, kinds)
  if (source.faults.length > 0)
    return {
      owner: undefined,
      key,
      map: undefined,
      faults: source.faults,
      hints: [],
      profiles: {},
      tables: {},
    }
  const code = isRecord(source.value) ? source.value[key] : undefined
  const owner = typeof code === 'string' ? ownerOf(code.trim()) : undefined
  return { ...compile(source, context), owner, key }
}

/** A file that does not say what it describes is judged as what it looks like most; a machine's, if nothing speaks for another. */
function kindOf(source: YamlSource, kinds: readonly MapKind[]): MapKind {
  const keys = keysAt(source.value)
  return kinds.find(({ key }) => keys.includes(key)) ?? (looksLikeScanner(keys) ? SCANNER : MACHINE)
}

function looksLikeScanner(keys: readonly string[]): boolean {
  const known = (schema: ZodObject) => keys.filter((key) => keysOf(schema).includes(key)).length
  return known(stationSchema) > known(headSchema)
}
