/**
 * Whether an open file still lies where it was opened. SQLite goes on with a file that was deleted or renamed, and then whatever is
 * stored is gone with the process. So that is looked at before each commit.
 *
 * A folder bears the time at which a name in it was last made, removed or given to another file. As long as that stands still, every part
 * is where it was, and one question answers for all. It also leaves the write-ahead log alone: Linux (since 6.13) gives a file of which
 * somebody has asked the times a time of its own with its next write, which the next commit then has to sync as well. That doubled
 * the processor time of a small commit.
 */
import { type BigIntStats, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Clock } from '../../runtime/clock.ts'
import { PARTS } from '../../sqlite/parts.ts'

/** What is no longer where it was: the whole folder, or a part of the log in it. */
type Displaced = 'folder' | 'part'

/**
 * The coarsest file systems (FAT) count time in steps of 2 s, to which the kernel adds a few ms. Of two changes within one step the
 * second leaves the folder's time as it is, so that the time says nothing before the step is over.
 */
const TIME_STEP_MAX_MS = 2_100

/** Where the log was when it was opened. */
export class Whereabouts {
  readonly #file: string
  readonly #folder: string | undefined
  readonly #parts: ReadonlyMap<string, string | undefined>
  readonly #clock: Pick<Clock, 'now'>
  /** When the folder last changed, in its own time, and when that was first seen, on the monotonic clock. */
  #changed = { atNs: 0n, seenMs: 0 }
  /** Every part was in its place when the step of time of the folder's last change was over. */
  #isSettled = false

  constructor(file: string, clock: Pick<Clock, 'now'>) {
    this.#file = file
    this.#clock = clock
    this.#folder = identityOf(statOf(dirname(file)))
    this.#parts = new Map(PARTS.map((part) => [file + part, identityOf(statOf(file + part))]))
  }

  /** Undefined while everything is in its place, and where nobody may look. */
  get displaced(): Displaced | undefined {
    try {
      const folder = statOf(dirname(this.#file))
      if (!folder || identityOf(folder) !== this.#folder) return 'folder'
      const nowMs = this.#clock.now().monoMs
      this.#noticeChange(folder.ctimeNs, nowMs)
      if (this.#isSettled) return undefined
      if (![...this.#parts.keys()].every((path) => this.isOurs(path))) return 'part'
      this.#isSettled = nowMs - this.#changed.seenMs > TIME_STEP_MAX_MS
      return undefined
    } catch {
      return undefined
    }
  }

  /** Whether what lies under one of the names is what was opened. */
  isOurs(path: string): boolean {
    return identityOf(statOf(path)) === this.#parts.get(path)
  }

  #noticeChange(atNs: bigint, seenMs: number): void {
    if (atNs === this.#changed.atNs) return
    this.#changed = { atNs, seenMs }
    this.#isSettled = false
  }
}

/** Undefined where nothing lies. @throws what the file system says where nobody may look */
function statOf(path: string): BigIntStats | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })
}

function identityOf(stat: BigIntStats | undefined): string | undefined {
  return stat && `${stat.dev}:${stat.ino}`
}
