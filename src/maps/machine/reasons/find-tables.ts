/** Finds the code tables that a map names under `file:`, and lays them beneath it. */
import { isRecord, keysAt } from '../../../documents/draft.ts'
import type { Layer } from '../../../documents/layers.ts'
import type { Path } from '../../../documents/place.ts'
import type { YamlSource } from '../../../documents/yaml-source.ts'
import type { ConfigFault } from '../../../domain/errors.ts'
import { parseReasonTable, type TableShelf } from './reason-file.ts'

/** The tables as layers, so that a line of the map goes before the same one of a table. */
interface FoundTables {
  readonly layers: readonly Layer[]
  readonly faults: readonly ConfigFault[]
  readonly texts: Readonly<Record<string, string>>
}

/** A file of the folder itself: nothing else is read. */
const PLAIN_NAME = /^[^/\\.][^/\\]*$/

/** Says which tables are not there or have faults. */
export function findTables(source: YamlSource, shelf: TableShelf): FoundTables {
  const layers: Layer[] = []
  const faults: ConfigFault[] = []
  const texts: Record<string, string> = {}
  for (const { path, name } of wantedTables(source)) {
    const at = [...path, 'file']
    const refuse = (message: string, hint = 'a file beside the map, as in file: codes.csv') =>
      faults.push({ ...source.place(at), path: at.join('.'), message, hint })
    if (typeof name !== 'string' || !PLAIN_NAME.test(name)) {
      refuse(`${JSON.stringify(name)} is no name of a table`)
      continue
    }
    const { file, text, fault } = shelf.find(name)
    if (fault) {
      refuse(fault.message, fault.hint)
      continue
    }
    const table = parseReasonTable(text, file)
    faults.push(...table.faults)
    texts[name] = text
    layers.push(layerOf(table, path))
  }
  return { layers, faults, texts }
}

function wantedTables({ value }: YamlSource): readonly { readonly path: Path; readonly name: unknown }[] {
  const reasons = isRecord(value) ? value.reasons : undefined
  return keysAt(reasons).flatMap((signal) => {
    const table = isRecord(reasons) ? reasons[signal] : undefined
    const bits = isRecord(table) ? table.bits : undefined
    return [
      { path: ['reasons', signal], table },
      { path: ['reasons', signal, 'bits'], table: bits },
    ].flatMap(({ path, table }) => (isRecord(table) && 'file' in table ? [{ path, name: table.file }] : []))
  })
}

function layerOf(table: YamlSource, path: Path): Layer {
  const value = path.toReversed().reduce<unknown>((inside, key) => ({ [key]: inside }), table.value)
  const isBelow = (wanted: Path) => path.every((step, index) => step === wanted[index])
  return {
    value,
    source: table,
    inSource: (wanted) =>
      isBelow(wanted) && wanted.length > path.length ? wanted.slice(path.length) : undefined,
  }
}
