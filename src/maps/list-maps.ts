/** What lies in the folder of device maps: the files that are read, and those that somebody may believe to be read. */
import { type Dirent, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { reasonText } from '../documents/yaml-source.ts'
import type { ConfigFault } from '../domain/errors.ts'
import { claimOf } from './claims.ts'
import { MAP_KINDS } from './compile-map.ts'
import type { MapFolder } from './map-file.ts'
import { isProfileFile, namesIn, PROFILES_FOLDER } from './profiles/shelf.ts'

/** The content of the folder, or why it cannot be read; then nothing is known of any file. */
export interface MapListing {
  /** Names of the files to read. */
  readonly names: readonly string[]
  /** What is not read although it looks like a map. It is named, and no fault. */
  readonly passedOver: readonly ConfigFault[]
  readonly folderFault?: ConfigFault
}

/** Maps to learn from, beside those of real machines: nobody expects them to be read. */
const EXAMPLES_FOLDER = 'examples'

/** More files than this are not read. */
const FILES_MAX = 1_000

/** Editors leave hidden files and copies that begin with # beside the real ones. */
const MAP_NAME = /^[^.#].*\.ya?ml$/s
/** In these a map may lie by mistake. Hidden files are nobody's mistake: file managers do not show them. */
const LIKE_A_MAP = /^[^.].*\.ya?ml/is
/** Saved by an editor that puts no ending, or its own, behind the name. */
const WITHOUT_ENDING = /^[^.]+(\.txt)?$/is

/** Reads the names only, and the beginnings of files without an ending. */
export function listMaps(where: MapFolder): MapListing {
  const { folder, cwd } = where
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    const names = entries.map(({ name }) => name).filter((name) => MAP_NAME.test(name))
    if (names.length > FILES_MAX) return unread(folder, cwd, `holds more than ${FILES_MAX} maps`)
    return { names: names.sort(), passedOver: entries.flatMap((entry) => passedOver(entry, where)) }
  } catch (error) {
    return unread(folder, cwd, `cannot be read: ${reasonText(error)}`)
  }
}

function unread(folder: string, cwd: string, what: string): MapListing {
  const file = relative(cwd, folder) || '.'
  const message = `the folder of device maps ${what}`
  return { names: [], passedOver: [], folderFault: { file, line: 1, column: 1, path: '', message } }
}

function passedOver(entry: Dirent, where: MapFolder): readonly ConfigFault[] {
  const { folder, kinds = MAP_KINDS } = where
  const path = join(folder, entry.name)
  if (MAP_NAME.test(entry.name)) return []
  if (entry.isDirectory()) {
    if (entry.name === PROFILES_FOLDER) return passedOverProfiles(path, where)
    return entry.name === EXAMPLES_FOLDER ? [] : passedOverFolder(path, where)
  }
  const isMeant = WITHOUT_ENDING.test(entry.name) && claimOf(path, kinds) !== undefined
  return isMeant || LIKE_A_MAP.test(entry.name) ? [passedOverFile(path, entry.name, where)] : []
}

function passedOverFile(path: string, name: string, { cwd }: MapFolder): ConfigFault {
  const meant = meantName(name)
  const hint = meant === undefined ? 'move it away if nobody needs it' : `rename it to ${meant} if it is one`
  const message = 'passed over: the name of a device map ends in .yaml or .yml and does not begin with #'
  return { file: relative(cwd, path), line: 1, column: 1, path: '', message, hint }
}

/** `press.yaml.txt`, `PRESS.YAML` and `press` are maps with a wrong name; anything else is the copy of an editor. */
function meantName(name: string): string | undefined {
  const [, withEnding] = /^([^.#].*\.ya?ml)(?:\.txt)?$/is.exec(name) ?? []
  if (withEnding) return withEnding.replace(/\.ya?ml$/i, (ending) => ending.toLowerCase())
  const [, bare] = /^([^.#]+?)(?:\.txt)?$/is.exec(name) ?? []
  return bare && !bare.endsWith('~') ? `${bare}.yaml` : undefined
}

function passedOverFolder(path: string, { cwd, folder }: MapFolder): readonly ConfigFault[] {
  const maps = namesIn(path).filter((name) => LIKE_A_MAP.test(name))
  if (maps.length === 0) return []
  const message = `passed over: maps in a folder within the folder of device maps are not read (${maps[0]}${maps.length > 1 ? ` and ${maps.length - 1} more` : ''})`
  const hint = `move them into ${relative(cwd, folder) || '.'} if they are meant`
  return [{ file: relative(cwd, path), line: 1, column: 1, path: '', message, hint }]
}

function passedOverProfiles(path: string, { cwd }: MapFolder): readonly ConfigFault[] {
  const names = namesIn(path)
  return names
    .filter((name) => LIKE_A_MAP.test(name) && !isProfileFile(name, names))
    .map((name) => ({
      file: relative(cwd, join(path, name)),
      line: 1,
      column: 1,
      path: '',
      message: 'passed over: a profile is called NAME.yaml or NAME.yml, one file a name',
      hint: 'rename it, or move it away if nobody needs it',
    }))
}
