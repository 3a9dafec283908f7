/** What lies in a folder of YAML files: those that are read, and those that somebody may believe to be read. */
import { type Dirent, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { ConfigFault } from '../domain/errors.ts'
import { reasonText } from './yaml-source.ts'

/** Which folder, and what its files are called in messages. */
interface YamlFolder {
  readonly folder: string
  /** Files are named relative to it. */
  readonly cwd: string
  /** `device map`; with an `s` for several. */
  readonly noun: string
  /** More files than this are not read. */
  readonly filesMax: number
  /** Whether a file without a YAML ending is one of them nevertheless, by what it holds. */
  readonly isMeant: (path: string) => boolean
  /** What is passed over in a folder within it; undefined for one that is like any other. */
  readonly within?: (name: string, path: string) => readonly ConfigFault[] | undefined
}

/** The content of the folder, or why it cannot be read; then nothing is known of any file. */
export interface YamlListing {
  /** Names of the files to read. */
  readonly names: readonly string[]
  /** What is not read although it looks like one of them. It is named, and no fault. */
  readonly passedOver: readonly ConfigFault[]
  readonly folderFault?: ConfigFault
  /** There is no such folder, which is its fault. */
  readonly isAbsent: boolean
}

/** Files to learn from, beside the real ones: nobody expects them to be read. */
const EXAMPLES_FOLDER = 'examples'

/** Editors leave hidden files and copies that begin with # beside the real ones. */
const NAME = /^[^.#].*\.ya?ml$/s
/** In these one may lie by mistake. Hidden files are nobody's mistake: file managers do not show them. */
const LIKE_ONE = /^[^.].*\.ya?ml/is
/** Saved by an editor that puts no ending, or its own, behind the name. */
const WITHOUT_ENDING = /^[^.]+(\.txt)?$/is

/** Reads the names only, and files without an ending. */
export function listYamlFolder(where: YamlFolder): YamlListing {
  try {
    const entries = readdirSync(where.folder, { withFileTypes: true })
    const names = entries.map(({ name }) => name).filter(isYamlName)
    if (names.length > where.filesMax)
      return unread(where, `holds more than ${where.filesMax} ${where.noun}s`)
    const passed = entries.flatMap((entry) => passedOver(entry, where))
    return { names: names.sort(), passedOver: passed, isAbsent: false }
  } catch (error) {
    const isAbsent = (error as { readonly code?: unknown }).code === 'ENOENT'
    return { ...unread(where, `cannot be read: ${reasonText(error)}`), isAbsent }
  }
}

/** Whether a file of this name is read. */
export function isYamlName(name: string): boolean {
  return NAME.test(name)
}

/** Whether a file looks like one that is read, or was meant to be. */
export function looksLikeYaml(name: string): boolean {
  return LIKE_ONE.test(name)
}

function unread({ folder, cwd, noun }: YamlFolder, what: string): YamlListing {
  const message = `the folder of ${noun}s ${what}`
  const folderFault = { file: relative(cwd, folder) || '.', line: 1, column: 1, path: '', message }
  return { names: [], passedOver: [], folderFault, isAbsent: false }
}

function passedOver(entry: Dirent, where: YamlFolder): readonly ConfigFault[] {
  const { name } = entry
  const path = join(where.folder, name)
  if (isYamlName(name)) return []
  if (entry.isDirectory()) {
    if (name === EXAMPLES_FOLDER) return []
    return where.within?.(name, path) ?? passedOverFolder(path, where)
  }
  const isMeant = WITHOUT_ENDING.test(name) && where.isMeant(path)
  return isMeant || looksLikeYaml(name) ? [passedOverFile(path, name, where)] : []
}

function passedOverFile(path: string, name: string, { cwd, noun }: YamlFolder): ConfigFault {
  const meant = meantName(name)
  const hint = meant === undefined ? 'move it away if nobody needs it' : `rename it to ${meant} if it is one`
  const message = `passed over: the name of a ${noun} ends in .yaml or .yml and does not begin with #`
  return { file: relative(cwd, path), line: 1, column: 1, path: '', message, hint }
}

/** `press.yaml.txt`, `PRESS.YAML` and `press` have a wrong name; anything else is the copy of an editor. */
function meantName(name: string): string | undefined {
  const [, withEnding] = /^([^.#].*\.ya?ml)(?:\.txt)?$/is.exec(name) ?? []
  if (withEnding) return withEnding.replace(/\.ya?ml$/i, (ending) => ending.toLowerCase())
  const [, bare] = /^([^.#]+?)(?:\.txt)?$/is.exec(name) ?? []
  return bare && !bare.endsWith('~') ? `${bare}.yaml` : undefined
}

function passedOverFolder(path: string, { cwd, folder, noun }: YamlFolder): readonly ConfigFault[] {
  const [first, ...more] = namesIn(path).filter(looksLikeYaml)
  if (first === undefined) return []
  const named = `${first}${more.length > 0 ? ` and ${more.length} more` : ''}`
  const message = `passed over: ${noun}s in a folder within the folder of ${noun}s are not read (${named})`
  const hint = `move them into ${relative(cwd, folder) || '.'} if they are meant`
  return [{ file: relative(cwd, path), line: 1, column: 1, path: '', message, hint }]
}

/** What a folder holds, in the order of the names. One that cannot be read holds nothing that the gateway could use. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}
