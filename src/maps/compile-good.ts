/** Compiles a last good map out of the texts that were kept of it, whatever its files say by now. */
import { parseYaml } from '../documents/yaml-source.ts'
import { compileMap } from './compile-map.ts'
import type { GoodMap } from './good-maps.ts'
import type { TableShelf } from './machine/reasons/reason-file.ts'
import type { MapFolder } from './map-file.ts'
import type { SubjectMap } from './map-kind.ts'
import type { ProfileShelf } from './profiles/shelf.ts'

/** Undefined where this version cannot understand it any more. */
export function compileGood(good: GoodMap, where: Omit<MapFolder, 'cwd'>): SubjectMap | undefined {
  const kept = { profiles: shelfOf(good), tables: keptTables(good), isLastGood: true }
  return compileMap(parseYaml(good.text, good.file), { ...where, ...kept }, where.kinds).map
}

/** The profiles as they were when the map was good. */
function shelfOf({ profiles }: GoodMap): ProfileShelf {
  const sources = new Map(
    Object.entries(profiles).map(([name, text]) => [name, parseYaml(text, `${name}.yaml`)]),
  )
  return { names: () => [...sources.keys()], find: (name) => sources.get(name) }
}

/** Likewise the code tables. */
function keptTables({ tables }: GoodMap): TableShelf {
  return { find: (name) => ({ file: name, text: tables[name] ?? '' }) }
}
