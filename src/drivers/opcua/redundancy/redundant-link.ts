/** A link to one of several servers, which ends when another one is fitter, so that the device is read from that one. */
import type { DeviceLink, DriverContext } from '../../../domain/driver.ts'
import type { LinkLost } from '../../../domain/errors.ts'
import type { Reading } from '../../../domain/signal.ts'
import { linkLost } from '../session/session-faults.ts'
import type { Entered, ServerChoice } from './server-choice.ts'
import { isHealthy, serviceLevel } from './service-level.ts'

/** How often the server is asked how fit it is. */
const ASK_MS = 2_000
/** While it is not healthy, the others are asked this often: each time costs them a session. */
const ASK_OTHERS_MS = 15_000

interface RedundantLinkOptions {
  readonly link: DeviceLink
  readonly entered: Entered
  readonly choice: ServerChoice
  readonly context: DriverContext
}

/** Owns the link to the one server. */
export class RedundantLink implements DeviceLink {
  readonly #options: RedundantLinkOptions
  readonly #ended = new AbortController()
  #level: number
  #othersAskedMs = Number.NEGATIVE_INFINITY
  #fault: LinkLost | undefined

  constructor(options: RedundantLinkOptions) {
    this.#options = options
    this.#level = options.entered.level
    void this.#watch()
  }

  get quietMaxMs(): number {
    return this.#options.link.quietMaxMs ?? 0
  }

  get remark(): string {
    const { link, entered } = this.#options
    const fit = isHealthy(this.#level)
      ? ''
      : `, which says that it is not fully fit (service level ${this.#level})`
    return [`read from ${entered.device.settings.url}${fit}`, link.remark ?? ''].filter(Boolean).join('; ')
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Reading> {
    yield* this.#options.link
    if (this.#fault) throw this.#fault
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    await this.#options.link[Symbol.asyncDispose]()
  }

  async #watch(): Promise<void> {
    const { context } = this.#options
    while (!this.#ended.signal.aborted && !this.#fault) {
      await context.sleep(ASK_MS, this.#ended.signal)
      // What does not answer any more is noticed by the link itself.
      await this.#ask().catch((error: unknown) =>
        context.log.debug(
          { event: 'opcua-service-level-unread', error },
          'the service level could not be read',
        ),
      )
    }
  }

  async #ask(): Promise<void> {
    const { entered, choice, context, link } = this.#options
    if (this.#ended.signal.aborted) return
    this.#level = await serviceLevel(entered.session)
    const nowMs = context.now().monoMs
    if (isHealthy(this.#level) || nowMs - this.#othersAskedMs < ASK_OTHERS_MS) return
    this.#othersAskedMs = nowMs
    const now = { ...entered, level: this.#level }
    if (!(await choice.isAnotherFitter(now, context, this.#ended.signal))) return
    this.#fault = linkLost(
      entered.device,
      'link-service-level',
      `says that it is not fully fit (service level ${this.#level}), and another server is fitter`,
      { hint: 'the other one is read at once; look into this one why' },
    )
    await link[Symbol.asyncDispose]()
  }
}
