/**
 * Whether an open file still lies where it was opened. SQLite goes on with a file that was deleted or renamed, and then whatever is
 * stored is gone with the process. So that is looked at before each commit.
 */
import { type BigIntStats, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** What belongs to a log, by the endings of the names. */
export const PARTS = ['', '-wal', '-shm'] as const

/** What is no longer where it was: the whole folder, or a part of the log in it. */
type Displaced = 'folder' | 'part'

/** Where the log was when it was opened. */
export class Whereabouts {
  readonly #file: string
  readonly #folder: string | undefined
  readonly #parts: ReadonlyMap<string, string | undefined>

  constructor(file: string) {
    this.#file = file
    this.#folder = identityOf(dirname(file))
    this.#parts = new Map(PARTS.map((part) => [file + part, identityOf(file + part)]))
  }

  /** Undefined while everything is in its place, and where nobody may look. */
  get displaced(): Displaced | undefined {
    try {
      if (identityOf(dirname(this.#file)) !== this.#folder) return 'folder'
      return [...this.#parts.keys()].every((path) => this.isOurs(path)) ? undefined : 'part'
    } catch {
      return undefined
    }
  }

  /** Whether what lies under one of the names is what was opened. */
  isOurs(path: string): boolean {
    return identityOf(path) === this.#parts.get(path)
  }
}

/** Undefined where nothing lies. @throws what the file system says where nobody may look */
function identityOf(path: string): string | undefined {
  const stat: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.dev}:${stat.ino}`
}
