/**
 * Gathers what a device sends until somebody takes it: what comes within a moment becomes one reading, so that a thousand messages
 * cost less than a thousand readings. A source whose samples are not taken has to wait.
 */
import type { DriverContext } from '../../domain/driver.ts'
import type { Instant } from '../../domain/instant.ts'
import type { Reading, Sample } from '../../domain/signal.ts'

/**
 * Readings are handed on so often, and those of all devices at once: what a device says at one moment stands in several messages,
 * and a computer that wakes up once for many devices has less to do than one that wakes up for each.
 */
const GATHER_MS = 50
/** So many samples wait at most before their source has to. */
const SAMPLES_MAX = 10_000

/** For one source and one reader. */
export class ReadingBatch {
  readonly #context: Pick<DriverContext, 'after' | 'now'>
  #samples: Sample[] = []
  #contact: Pick<Reading, 'at' | 'completeTo'> | undefined
  #end: { readonly fault: Error | undefined } | undefined
  #wake: () => void = () => {}
  /** Nothing else is waited for. */
  #hurry: () => void = () => {}
  #taken: PromiseWithResolvers<void> | undefined

  constructor(context: Pick<DriverContext, 'after' | 'now'>) {
    this.#context = context
  }

  get isEnded(): boolean {
    return this.#end !== undefined
  }

  /**
   * The device was in contact, and perhaps showed something.
   * @returns a promise where the source has to wait
   */
  add(samples: readonly Sample[], at: Instant, completeTo: Instant): Promise<void> | undefined {
    if (this.#end) return undefined
    for (const sample of samples) this.#samples.push(sample)
    this.#contact = { at, completeTo }
    this.#wake()
    if (this.#samples.length < SAMPLES_MAX) return undefined
    this.#hurry()
    this.#taken ??= Promise.withResolvers()
    return this.#taken.promise
  }

  /** Ends the readings, with the fault that the reader gets after the last one, if any. Only the first end counts. */
  end(fault?: Error): void {
    this.#end ??= { fault }
    this.#taken?.resolve()
    this.#hurry()
    this.#wake()
  }

  /** @throws the fault of the end */
  async *readings(): AsyncGenerator<Reading> {
    while (true) {
      if (this.#contact) {
        if (!this.#end && this.#samples.length < SAMPLES_MAX) await this.#gathered()
        yield this.#take(this.#contact)
      } else if (this.#end?.fault) throw this.#end.fault
      else if (this.#end) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #gathered(): Promise<void> {
    const dueMs = GATHER_MS - (this.#context.now().monoMs % GATHER_MS)
    return new Promise((resolve) => {
      const cancel = this.#context.after(Math.ceil(dueMs), resolve)
      this.#hurry = () => {
        cancel()
        resolve()
      }
    })
  }

  #take(known: Pick<Reading, 'at' | 'completeTo'>): Reading {
    const { at, completeTo } = this.#contact ?? known
    const samples = this.#samples.sort((one, other) => one.at.monoMs - other.at.monoMs)
    this.#samples = []
    this.#contact = undefined
    this.#taken?.resolve()
    this.#taken = undefined
    return { at, completeTo, samples }
  }
}
