/** The texts of a folder, and what lies in one, as far as they are of use to somebody far away. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Larger ones are none of ours. */
const BYTES_MAX = 1_000_000
const FILES_MAX = 2_000
const TEXTS = /\.(ya?ml|csv|txt|json)$/i

/** One file of a bundle. */
export interface BundledText {
  /** With slashes. */
  readonly path: string
  readonly text: string
}

/** @param as the folder's name in the bundle */
export function textsIn(folder: string, as: string): readonly BundledText[] {
  return filesBelow(folder)
    .filter((file) => TEXTS.test(file) && (statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= BYTES_MAX)
    .flatMap((file) => {
      try {
        return [{ path: `${as}/${relative(folder, file)}`, text: readFileSync(file, 'utf8') }]
      } catch {
        return []
      }
    })
}

/** Names, sizes and modes, without what is in the files. */
export function listOf(folder: string): readonly object[] {
  return filesBelow(folder).flatMap((file) => {
    const found = statSync(file, { throwIfNoEntry: false })
    if (!found) return []
    const { size, mode, mtime } = found
    return [
      { file: relative(folder, file), size, mode: (mode & 0o7777).toString(8), changed: mtime.toISOString() },
    ]
  })
}

function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .slice(0, FILES_MAX)
  } catch {
    return []
  }
}
