/** How one link stands, and since when: what a device's and a scanner's record have in common. */
import type { LinkLost } from '../domain/errors.ts'
import type { LinkState } from '../domain/health.ts'
import type { Instant } from '../domain/instant.ts'
import type { Clock } from '../runtime/clock.ts'

type State = Exclude<LinkState, 'silent'>

/** Why the link is not there, and what to do about it. */
export interface LinkFault {
  readonly what: string
  readonly hint?: string
}

/** From the start of its collector on. */
export class LinkStanding {
  readonly #clock: Pick<Clock, 'now'>
  #state: State = 'connecting'
  #since: Instant
  #fault: LinkFault | undefined
  /** The code of what it was last lost with. */
  #lostWith: string | undefined

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#since = clock.now()
  }

  get state(): State {
    return this.#state
  }

  get since(): Instant {
    return this.#since
  }

  /** Undefined while it is made, and before the first attempt has failed. */
  get fault(): LinkFault | undefined {
    return this.#fault
  }

  connected(): void {
    this.#enter('connected')
    this.#fault = undefined
  }

  /** @returns whether the link was not known to be lost, or for another reason */
  lost({ message, hint, code }: LinkLost): boolean {
    const isNews = this.#state !== 'lost' || this.#lostWith !== code
    if (this.#state !== 'lost') this.#enter('lost')
    this.#lostWith = code
    this.#fault = { what: message, ...(hint === undefined ? {} : { hint }) }
    return isNews
  }

  /** Collecting ended with an error that is not the link's. */
  failed(error: unknown): void {
    this.#enter('lost')
    this.#fault = { what: error instanceof Error ? error.message : String(error) }
  }

  #enter(state: State): void {
    this.#state = state
    this.#since = this.#clock.now()
  }
}
