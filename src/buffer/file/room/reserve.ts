/**
 * A file of zeros beside the buffer. On a full disk it is deleted first: that frees enough to store events for a while, and for
 * the removal of old ones, which needs some space itself.
 */
import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

const BLOCK_BYTES = 1024 * 1024
/** It is made again only where this many times its size is free, so that it does not fill the disk itself. */
const FREE_TIMES = 2

/** That file: made while there is room, deleted when there is none. */
export class Reserve {
  readonly #file: string
  readonly #bytes: number

  constructor(file: string, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  /** Makes it if it is missing and there is room. */
  restore(): void {
    if (this.#heldBytes >= this.#bytes) return
    const space = statfsSync(dirname(this.#file))
    if (space.bavail * space.bsize < this.#bytes * FREE_TIMES) return
    const unfinished = `${this.#file}.unfinished`
    try {
      writeZeros(unfinished, this.#bytes)
      renameSync(unfinished, this.#file)
    } catch (error) {
      // Half a reserve would take room and give none back.
      rmSync(unfinished, { force: true })
      throw error
    }
  }

  /** @returns whether there was one to give up */
  release(): boolean {
    if (this.#heldBytes === 0) return false
    rmSync(this.#file)
    return true
  }

  /** What was cut short, or is something else by now, gives back less or nothing. */
  get #heldBytes(): number {
    const found = lstatSync(this.#file, { throwIfNoEntry: false })
    return found?.isFile() ? found.size : 0
  }
}

/** Written, not only sized: a sparse file would reserve nothing. */
function writeZeros(file: string, bytes: number): void {
  const descriptor = openSync(file, 'w', 0o600)
  try {
    const block = Buffer.alloc(BLOCK_BYTES)
    for (let left = bytes; left > 0; left -= BLOCK_BYTES) {
      writeSync(descriptor, block, 0, Math.min(left, BLOCK_BYTES))
    }
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
