/**
 * How much of the file is in use. Asking SQLite costs as much as a small commit, so in between it is estimated: the last
 * measurement, and the length of the texts that were stored since.
 */
import { type DatabaseHandle, usedBytesOf } from '../../../sqlite/database.ts'

/**
 * After this much text it is measured again. The estimate leaves out keys, hashes and half-filled pages, which add at most as
 * much again, so it is too low by at most 64 KiB and what one group adds to that.
 */
const ESTIMATED_BYTES_MAX = 64 * 1024

/** The bytes in use. */
export class UsedSpace {
  readonly #measure: () => number
  #measuredBytes = 0
  #storedBytes = Number.POSITIVE_INFINITY

  constructor(db: DatabaseHandle) {
    this.#measure = usedBytesOf(db)
  }

  get bytes(): number {
    if (this.#storedBytes >= ESTIMATED_BYTES_MAX) {
      this.#measuredBytes = this.#measure()
      this.#storedBytes = 0
    }
    return this.#measuredBytes + this.#storedBytes
  }

  /** Adds what a commit has stored. */
  grow(texts: readonly string[]): void {
    for (const text of texts) this.#storedBytes += text.length
  }

  /** Has it measured when next asked, because events were removed. */
  forget(): void {
    this.#storedBytes = Number.POSITIVE_INFINITY
  }
}
