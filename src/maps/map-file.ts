/** One file of the folder of device maps, understood on its own. */
import { basename, join } from 'node:path'
import type { Place } from '../documents/place.ts'
import type { YamlSource } from '../documents/yaml-source.ts'
import { type CompiledMap, compileMap, MAP_KINDS } from './compile-map.ts'
import { type Drafts, readYamlOrDraft } from './drafts.ts'
import type { KnownFiles } from './known-files.ts'
import { folderTables } from './machine/reasons/reason-file.ts'
import type { Hardware, MapKind } from './map-kind.ts'
import { folderShelf, PROFILES_FOLDER } from './profiles/shelf.ts'

/** Which files there are to read, and how. */
export interface MapFolder extends Hardware {
  readonly folder: string
  /** Files are named relative to it. */
  readonly cwd: string
  /** Absolute paths of files that are judged as if they stood in the folder, in place of those that describe the same. */
  readonly extra?: readonly string[]
  /** What files may describe. Default: all that this version knows. */
  readonly kinds?: readonly MapKind[]
  /** Texts in place of what files of the folder and of its profiles hold. */
  readonly drafts?: Drafts
  /** Which files a device may be given the content of; absent: any. */
  readonly mayName?: ((file: string) => boolean) | undefined
  /** Files that need not be understood again. */
  readonly known?: KnownFiles<MapFile>
}

/** One file as it was read, with its faults. */
export interface MapFile extends CompiledMap {
  /** Its name within the folder. */
  readonly name: string
  /** As named to the user. */
  readonly file: string
  readonly text: string
  /** Where everything in it stands. */
  readonly source: YamlSource
  /** Where it names its subject. */
  readonly place: Place
}

/** Reads and compiles one file. What cannot be read is a file with a fault and no map. */
export function readMapFile(where: MapFolder, path: string): MapFile {
  const { known, drafts = new Map() } = where
  return known ? known.file(path, drafts, () => understand(where, path)) : understand(where, path)
}

function understand(where: MapFolder, path: string): MapFile {
  const { folder, cwd, drafts, kinds = MAP_KINDS } = where
  const source = readYamlOrDraft(path, cwd, drafts)
  const profiles = folderShelf(join(folder, PROFILES_FOLDER), cwd, drafts)
  const tables = folderTables(folder, cwd, drafts)
  const compiled = compileMap(source, { ...where, profiles, tables }, kinds)
  return {
    ...compiled,
    name: basename(path),
    file: source.file,
    text: source.text,
    source,
    place: source.place([compiled.key]),
  }
}
