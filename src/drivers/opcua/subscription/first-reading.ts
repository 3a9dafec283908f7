/** Holds the samples of a new link back until every signal has one, so that the first reading is complete. */
import type { DriverContext } from '../../../domain/driver.ts'
import type { Sample } from '../../../domain/signal.ts'

/** It waits this long for the first value of each signal, once the server has published. */
const WAIT_MAX_MS = 3_000

interface FirstReadingOptions {
  readonly context: DriverContext
  /** How many signals the device has. */
  readonly signals: number
  /** How often the server publishes. */
  readonly publishingMs: number
  /** Values can come only once all items are made. */
  readonly isMaking: () => boolean
  /** Gives a bad sample for a signal of which no value came. */
  readonly missing: (index: number) => Sample | undefined
  /** Called once, with a sample of each signal, in time order. */
  readonly complete: (samples: readonly Sample[]) => void
}

/** One for each subscription; it is over once the first reading is complete. */
export class FirstReading {
  readonly #options: FirstReadingOptions
  readonly #awaited: Set<number>
  readonly #samples: Sample[] = []
  #isOver = false
  #cancel: () => void

  constructor(options: FirstReadingOptions) {
    this.#options = options
    this.#awaited = new Set(Array.from({ length: options.signals }, (_, index) => index))
    this.#cancel = this.#giveUpLater()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  stop(): void {
    this.#cancel()
  }

  /** A signal has its first sample, or never gets one. */
  has(index: number): void {
    this.#awaited.delete(index)
  }

  add(samples: readonly Sample[]): void {
    this.#samples.push(...samples)
    this.check()
  }

  /** To be called when all items are made as well. */
  check(): void {
    if (this.#isOver || this.#options.isMaking() || this.#awaited.size > 0) return
    this.#isOver = true
    this.#cancel()
    this.#options.complete(this.#samples.sort((one, other) => one.at.monoMs - other.at.monoMs))
  }

  #giveUpLater(): () => void {
    const { context, publishingMs } = this.#options
    return context.after(WAIT_MAX_MS + publishingMs, () => this.#giveUp())
  }

  #giveUp(): void {
    if (this.#options.isMaking()) {
      this.#cancel = this.#giveUpLater()
      return
    }
    for (const index of this.#awaited) {
      const sample = this.#options.missing(index)
      if (sample) this.#samples.push(sample)
    }
    this.#awaited.clear()
    this.check()
  }
}
