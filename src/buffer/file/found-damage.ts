/** Damage that was found in the file, and what is done about it: the file is set aside, and a new log takes over what can be read. */
import { StoreError } from '../../domain/errors.ts'
import { Damage } from '../../sqlite/store-fault.ts'
import { withReserve } from './full-disk.ts'
import type { LogPlace } from './opened-log.ts'
import { replaceDamaged, replacementNotice } from './replacement.ts'

/** A disk that damages one new log after the other is not mended by yet another one: then the gateway ends, and says so. */
const REPLACEMENTS_MAX = 10

/** What this process has found. */
export class FoundDamage {
  /** Why the file must be replaced before it is used again. */
  #text: string | undefined
  /**
   * The last event whose commit was confirmed to the main thread before the connection was given up. Salvage stops there,
   * because the main thread hands in again what came later. Until a connection is given up, everything in the file counts.
   */
  #answeredSeq = Number.MAX_SAFE_INTEGER
  #replacements = 0

  /** Whether the file has to be replaced. */
  get isFound(): boolean {
    return this.#text !== undefined
  }

  note(error: unknown): void {
    this.#text = error instanceof Damage ? error.message : String(error)
  }

  /** The connection was given up; the main thread knows of no event after this one. */
  answeredUpTo(seq: number): void {
    this.#answeredSeq = seq
  }

  /**
   * Replaces the file, if anything was found.
   * @throws StoreError where that has been done too often; what the disk says when it cannot take the new file
   */
  mend(place: LogPlace): void {
    if (this.#text === undefined) return
    const { file } = place.setup
    const damage = this.#text
    if (this.#replacements === REPLACEMENTS_MAX) throw damagedAgain(file, damage)
    const found = { damage, lastSeq: this.#answeredSeq, atMs: place.clock.now().wallMs }
    const replaced = withReserve(place, () => replaceDamaged(place.setup, found))
    this.#replacements += 1
    this.#text = undefined
    place.notify(replacementNotice(file, damage, replaced))
  }
}

function damagedAgain(file: string, damage: string): StoreError {
  const message = `buffer ${file} was damaged for the ${REPLACEMENTS_MAX + 1}th time since the start (${damage})`
  return new StoreError('buffer-damaged-again', message, { retryable: false, hint: 'replace the disk' })
}
