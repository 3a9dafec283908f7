/** A link that polls while the server has no room for its subscription, and goes over to the subscription once it has. */
import type { DeviceLink, DriverContext } from '../../domain/driver.ts'
import type { Reading } from '../../domain/signal.ts'
import { SUBSCRIBE_AGAIN_MS } from './subscription/refused-subscriptions.ts'

interface PolledMeanwhileOptions {
  readonly polling: DeviceLink
  /** Asks the server once more; undefined while it refuses. The link is of another member of the session than `polling`. */
  readonly subscribe: (signal: AbortSignal) => Promise<DeviceLink | undefined>
  readonly context: Pick<DriverContext, 'after'>
}

/** Owns both links. */
export class PolledMeanwhile implements DeviceLink {
  readonly #options: PolledMeanwhileOptions
  readonly #ended = new AbortController()
  #link: DeviceLink
  #isToAsk = false
  #cancelAsking: () => void

  constructor(options: PolledMeanwhileOptions) {
    this.#options = options
    this.#link = options.polling
    this.#cancelAsking = this.#askLater()
  }

  get quietMaxMs(): number {
    return this.#link.quietMaxMs ?? 0
  }

  get remark(): string | undefined {
    return this.#link.remark
  }

  /**
   * The server is asked between two polls, and nothing is polled meanwhile: what the subscription says is of later than the last
   * poll, and so nothing is told twice or backwards.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Reading> {
    for await (const reading of this.#options.polling) {
      yield reading
      if (this.#isToAsk && (await this.#goOver())) break
    }
    if (this.#link !== this.#options.polling) yield* this.#link
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    this.#cancelAsking()
    await this.#link[Symbol.asyncDispose]()
  }

  #askLater(): () => void {
    return this.#options.context.after(SUBSCRIBE_AGAIN_MS, () => (this.#isToAsk = true))
  }

  /** @returns whether the device is subscribed now */
  async #goOver(): Promise<boolean> {
    this.#isToAsk = false
    const subscribed = await this.#options.subscribe(this.#ended.signal)
    if (!subscribed) {
      if (!this.#ended.signal.aborted) this.#cancelAsking = this.#askLater()
      return false
    }
    this.#link = subscribed
    // Whoever disposes this link while the server is asked knows only of the polling.
    const former = this.#ended.signal.aborted ? subscribed : this.#options.polling
    await former[Symbol.asyncDispose]()
    return true
  }
}
