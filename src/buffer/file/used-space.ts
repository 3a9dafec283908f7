/**
 * How much of the file is in use. Asking SQLite costs as much as a small commit, so between measurements the texts stored
 * since then are added. It never lags by more than one group.
 */
import { type DatabaseHandle, usedBytesOf } from '../../sqlite/database.ts'

/** After this much text it is measured anew: what an estimate leaves out (keys, hashes, half-filled pages) stays below the same again. */
const ESTIMATED_BYTES_MAX = 64 * 1024

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

  /** Measures anew when next asked, because events were removed. */
  forget(): void {
    this.#storedBytes = Number.POSITIVE_INFINITY
  }
}
