/** Where profiles of known hardware are kept: files `NAME.yaml` (or `.yml`) in the folder `profiles` beside the maps. */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { namesIn } from '../../documents/yaml-folder.ts'
import { reasonText, type YamlSource } from '../../documents/yaml-source.ts'
import { type Drafts, readYamlOrDraft, withDrafts } from '../drafts.ts'

/** Where profiles are found: the folder on disk, or what was kept with a last good map. */
export interface ProfileShelf {
  readonly names: () => readonly string[]
  readonly find: (name: string) => YamlSource | undefined
  /** What keeps anything from being found, such as a folder that must not be read. */
  readonly fault?: () => ShelfFault | undefined
}

/** What is wrong with the folder as a whole. */
interface ShelfFault {
  readonly file: string
  readonly message: string
  readonly hint: string
}

/** Beside the maps. */
export const PROFILES_FOLDER = 'profiles'

/** Whether a file of the folder is a profile. Where both `NAME.yaml` and `NAME.yml` are there, the former is it. */
export function isProfileFile(name: string, names: readonly string[]): boolean {
  return /^[^.#].*\.yaml$/s.test(name) || (/^[^.#].*\.yml$/s.test(name) && !names.includes(yamlName(name)))
}

function yamlName(name: string): string {
  return name.replace(/\.yml$/, '.yaml')
}

/** The profiles of a folder, read each time that one is asked for. */
export function folderShelf(folder: string, cwd: string, drafts?: Drafts): ProfileShelf {
  const files = () => {
    const names = withDrafts(namesIn(folder), folder, drafts)
    const profiles = names.filter((name) => isProfileFile(name, names))
    return new Map(profiles.map((name) => [name.replace(/\.ya?ml$/, ''), name]))
  }
  // Only names that the folder lists are opened, so that none leads out of it.
  return {
    names: () => [...files().keys()],
    find: (name) => {
      const file = files().get(name)
      return file === undefined ? undefined : readYamlOrDraft(join(folder, file), cwd, drafts)
    },
    fault: () => faultOfFolder(folder, cwd),
  }
}

/** A folder that is not there is none: nobody needs profiles. */
function faultOfFolder(folder: string, cwd: string): ShelfFault | undefined {
  try {
    readdirSync(folder)
    return undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    const file = relative(cwd, folder)
    const message = `the folder of profiles ${file} cannot be read: ${reasonText(error)}`
    return { file, message, hint: 'profiles are files in it: make it one that the gateway may read' }
  }
}

function isMissing(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'ENOENT'
}
