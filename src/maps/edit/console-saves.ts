/** Who has saved which file in the console: the files themselves all belong to the user that the gateway runs as, or to who made them. */
import { statSync } from 'node:fs'

/** A file that was saved in the console. */
export interface ConsoleSave {
  /** The user who was signed in. */
  readonly author: string
  /** By the wall clock. */
  readonly atMs: number
}

/** Since the start of the gateway, and only while a file is as it was saved. */
export class ConsoleSaves {
  /** By the path of the file; with when the file says that it was written. */
  readonly #saves = new Map<string, ConsoleSave & { readonly writtenMs: number | undefined }>()

  /** The file has just been written, or removed. */
  note(path: string, save: ConsoleSave): void {
    this.#saves.set(path, { ...save, writtenMs: writtenMs(path) })
  }

  /** The latest save of any of these files since a moment. */
  latest(paths: readonly string[], sinceMs: number): ConsoleSave | undefined {
    return paths
      .flatMap((path) => {
        const save = this.#saves.get(path)
        return save && save.atMs > sinceMs && save.writtenMs === writtenMs(path) ? [save] : []
      })
      .toSorted((a, b) => b.atMs - a.atMs)[0]
  }
}

function writtenMs(path: string): number | undefined {
  try {
    return statSync(path).mtimeMs
  } catch {
    // It was removed.
    return undefined
  }
}
