/**
 * How much of the disk is in use: pages of the file, and what its write-ahead log takes beyond its bound. Asking SQLite costs as
 * much as a small commit, so in between it is estimated: the last measurement, and the length of the texts that were stored since.
 */
import { type DatabaseHandle, usedBytesOf, walBytesBeyondBound } from '../../../sqlite/database.ts'

/**
 * After this much text it is measured again. The estimate leaves out keys, hashes and half-filled pages, which add at most as
 * much again, so it is too low by at most 64 KiB and what one group adds to that.
 */
const ESTIMATED_BYTES_MAX = 64 * 1024

/** The bytes in use. */
export class UsedSpace {
  readonly #file: string
  readonly #measurePages: () => number
  #pagesBytes = 0
  #heldOpenBytes = 0
  #storedBytes = Number.POSITIVE_INFINITY

  constructor(db: DatabaseHandle, file: string) {
    this.#file = file
    this.#measurePages = usedBytesOf(db)
  }

  get bytes(): number {
    this.#measure()
    return this.#pagesBytes + this.#heldOpenBytes + this.#storedBytes
  }

  /** What the write-ahead log takes beyond its bound, because another program holds a view of the file. */
  get heldOpenBytes(): number {
    this.#measure()
    return this.#heldOpenBytes
  }

  /** Adds what a commit has stored. */
  grow(texts: readonly string[]): void {
    for (const text of texts) this.#storedBytes += text.length
  }

  /** Has it measured when next asked, because events were removed, or time has passed. */
  forget(): void {
    this.#storedBytes = Number.POSITIVE_INFINITY
  }

  #measure(): void {
    if (this.#storedBytes < ESTIMATED_BYTES_MAX) return
    this.#pagesBytes = this.#measurePages()
    this.#heldOpenBytes = walBytesBeyondBound(this.#file)
    this.#storedBytes = 0
  }
}
