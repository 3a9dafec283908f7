/**
 * Files that were understood before, for whoever judges the same folder again and again while somebody types in one of its files: the others
 * are compiled once.
 */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn } from '../documents/yaml-folder.ts'
import type { Drafts } from './drafts.ts'
import { PROFILES_FOLDER } from './profiles/shelf.ts'

/** One for each folder. */
export class KnownFiles<File> {
  readonly #files = new Map<string, { readonly stamp: string; readonly file: File }>()
  /** What profiles and tables say: any map may draw on any of them. */
  #shared = ''

  /** Called before each reading of the folder. */
  begin(folder: string, drafts: Drafts): void {
    const profiles = join(folder, PROFILES_FOLDER)
    const paths = [
      ...namesIn(profiles).map((name) => join(profiles, name)),
      ...namesIn(folder).flatMap((name) => (/\.csv$/i.test(name) ? [join(folder, name)] : [])),
    ]
    const shared = JSON.stringify([
      paths.map((path) => [path, stampOf(path, drafts)]),
      [...drafts].filter(([path]) => !paths.includes(path) && isShared(path, profiles)),
    ])
    if (shared !== this.#shared) this.#files.clear()
    this.#shared = shared
  }

  /** The file as it was understood, or as it is understood now. */
  file(path: string, drafts: Drafts, understand: () => File): File {
    const stamp = stampOf(path, drafts)
    const known = this.#files.get(path)
    if (known?.stamp === stamp) return known.file
    const file = understand()
    this.#files.set(path, { stamp, file })
    return file
  }
}

function isShared(path: string, profiles: string): boolean {
  return path.startsWith(profiles) || /\.csv$/i.test(path)
}

/** A draft is its text, a file what its folder says of it. */
function stampOf(path: string, drafts: Drafts): string {
  const draft = drafts.get(path)
  if (draft !== undefined) return `draft ${draft}`
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`
  } catch (error) {
    return String((error as { readonly code?: unknown }).code)
  }
}
