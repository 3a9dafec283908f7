/** Lays a device map over what is beneath it (profiles, a preset) and still knows where every value stands. */
import { isRecord, type Origin } from './draft.ts'
import type { Path } from './place.ts'
import type { YamlSource } from './yaml-source.ts'

/** Values that lie beneath a device map. */
export interface Layer {
  /** Shaped like a device map. */
  readonly value: unknown
  /** The file behind it and where in that file a map's path is; absent for what the program itself supplies. */
  readonly source?: YamlSource
  readonly inSource?: (path: Path) => Path | undefined
  /** What it writes at a map's path, where that is not what its file says. */
  readonly written?: (path: Path) => string | undefined
}

/** The map wins over the layers, earlier layers win over later ones. What no file has stands at the nearest key that one has. */
export function layered(map: YamlSource, beneath: readonly Layer[]): Origin {
  const own = { source: map, inSource: (path: Path): Path | undefined => path, written: map.written }
  const files = [own, ...beneath.filter(isFile)]
  const find = (path: Path) => {
    for (const { source, inSource, written } of files) {
      const inside = inSource(path)
      if (inside && source.has(inside)) {
        return { source, path: inside, written: () => written?.(path) ?? source.written(inside) }
      }
    }
    return undefined
  }
  const nearest = (path: Path): ReturnType<typeof find> =>
    path.length === 0 ? undefined : (find(path) ?? nearest(path.slice(0, -1)))
  return {
    value: beneath.reduce<unknown>((value, layer) => merge(value, layer.value), map.value),
    place: (path, at) => {
      const isThere = find(path) !== undefined
      const found = nearest(path) ?? { source: map, path }
      return found.source.place(found.path, isThere ? at : 'key')
    },
    written: (path) => find(path)?.written(),
  }
}

function isFile(layer: Layer): layer is Layer & Required<Pick<Layer, 'source' | 'inSource'>> {
  return layer.source !== undefined && layer.inSource !== undefined
}

/** Groups of keys are merged; anything else on top hides what is beneath. */
function merge(top: unknown, beneath: unknown): unknown {
  if (top === undefined) return beneath
  if (!isRecord(top) || !isRecord(beneath)) return top
  const keys = [...new Set([...Object.keys(top), ...Object.keys(beneath)])]
  return Object.fromEntries(keys.map((key) => [key, merge(own(top, key), own(beneath, key))]))
}

function own(record: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined
}
