/** What was pushed to one destination, in numbers. */
import type { PushCounts } from '../domain/health.ts'
import { DurationTally } from '../runtime/duration-tally.ts'

/** From a server in the next room to one that is at its end. */
const PUSH_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 20_000]

/** From the start of the process on. */
export class PushTally {
  #batches = 0
  #events = 0
  readonly #pushTimes = new DurationTally(PUSH_BOUNDS_MS)

  /** A batch has landed. */
  landed(events: number, tookMs: number): void {
    this.#batches += 1
    this.#events += events
    this.#pushTimes.add(tookMs)
  }

  get soFar(): PushCounts {
    return { batches: this.#batches, events: this.#events, pushTimes: this.#pushTimes.soFar }
  }
}
