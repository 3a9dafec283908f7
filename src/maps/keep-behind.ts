/**
 * What came into force is kept for the next start, and noted in the history, behind the readings of the files: a slow disk takes minutes
 * for hundreds of maps, and neither the next reading, nor a map that is taken back, nor the start waits for that.
 */
import type { FaultLog } from '../documents/fault-log.ts'
import { type ConfigFault, faultText } from '../domain/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'
import { within } from '../runtime/within.ts'
import { type MapNews, nameOf } from './map-news.ts'
import type { MapStore } from './map-store.ts'

/** How long somebody who has saved a map waits until it is kept. It is in force by then. */
const PATIENCE_MS = 2_000
/** After so long what could not be kept is tried again: somebody may have freed the disk, and no file need change for that. */
const AGAIN_MS = 5_000
/** How long a stop goes on keeping, so that a slow disk does not take the time of what stops behind it. */
const STOP_MAX_MS = 1_000

interface KeepingParts {
  readonly store: Pick<MapStore, 'settled' | 'unkept' | 'keepAgain' | 'stopWriting'>
  readonly news: Pick<MapNews, 'noteRest' | 'trouble'>
  readonly faultLog: Pick<FaultLog, 'found' | 'over'>
  readonly clock: Pick<Clock, 'after'>
  readonly log: Pick<Log, 'warn'>
}

/** One for each gateway. */
export class KeptBehind {
  readonly #parts: KeepingParts
  #keeping = Promise.resolve()
  #isOver = false
  /** What the log has said of what could not be kept. */
  #said: readonly ConfigFault[] = []
  #callOff: (() => void) | undefined

  constructor(parts: KeepingParts) {
    this.#parts = parts
  }

  /** After a reading. @param signal of a stop */
  begin(signal: AbortSignal): void {
    const { store, news, log } = this.#parts
    const keep = async () => {
      await store.settled()
      this.#say()
      await news.noteRest(signal, () => this.#isOver)
      this.#tryAgainLater(signal)
    }
    this.#keeping = this.#keeping
      .then(keep)
      .catch((error: unknown) => log.warn({ event: 'map-history-unkept', error }, 'the history was not kept'))
  }

  #say(): void {
    const { store, faultLog } = this.#parts
    for (const [owner, faults] of store.unkept) faultLog.found(faults, nameOf(owner))
    const now = [...store.unkept.values()].flat()
    const texts = new Set(now.map(faultText))
    faultLog.over(this.#said.filter((fault) => !texts.has(faultText(fault))))
    this.#said = now
  }

  #tryAgainLater(signal: AbortSignal): void {
    const { store, news, clock } = this.#parts
    this.#callOff?.()
    this.#callOff = undefined
    if (signal.aborted || (store.unkept.size === 0 && news.trouble === undefined)) return
    this.#callOff = clock.after(AGAIN_MS, () => {
      store.keepAgain()
      this.begin(signal)
    })
  }

  /** Resolves once all until now is kept, or cannot be. */
  async settled(): Promise<void> {
    await this.#keeping
    await this.#parts.store.settled()
  }

  /** The same, for somebody who has other things to do as well. */
  async nearlySettled(signal: AbortSignal): Promise<void> {
    await within(this.settled(), { clock: this.#parts.clock, maxMs: PATIENCE_MS, signal }, () => undefined)
  }

  /** What is being written is waited for even then: a process with a call that does not return cannot end in order. */
  async stop(): Promise<void> {
    const { store, clock } = this.#parts
    const settled = this.settled()
    await within(settled, { clock, maxMs: STOP_MAX_MS }, () => undefined)
    this.#isOver = true
    this.#callOff?.()
    store.stopWriting()
    await settled
  }
}
