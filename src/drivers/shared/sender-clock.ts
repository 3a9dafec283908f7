/**
 * When a device sent something, on the gateway's clock. It stamps with its own clock, which may be hours off, may drift
 * and may be set. How far it is off shows in the messages that were under way for the shortest time.
 */
import type { Instant } from '../../domain/instant.ts'
import { earlierBy } from './earlier-by.ts'

/** On a connection that works, a message is under way for less than this. */
const UNDER_WAY_MAX_MS = 2_000
/** A clock that was set shows in this many messages in a row; a single wrong stamp does not. */
const STAMPS_AGREEING = 3
/** The shortest time under way is looked for among the messages of this long and of as long before, so drift is followed. */
const WINDOW_MS = 60_000
/** Answers so far apart have different stamps. */
const FROZEN_AFTER_MS = 1_000
/** OPC UA counts from 1601, and what was never set is near it. */
const EARLIEST_STAMP_MS = Date.UTC(1990)

/** One for each sender, or for each of its subscriptions. */
export class SenderClock {
  /** Receipt on our monotonic clock minus stamp, of the fastest messages: now, and in the window before. */
  #least: number | undefined
  #leastBefore = Number.POSITIVE_INFINITY
  #windowFromMs = 0
  #lastStampMs: number | undefined
  #lastReceivedMs = 0
  #strange: number[] = []

  /** What to add to a time of the server to have it on our monotonic clock; undefined while its stamps are of no use. */
  get offsetMs(): number | undefined {
    return this.#least === undefined ? undefined : Math.min(this.#least, this.#leastBefore)
  }

  /**
   * When an answer was sent that comes now, and the moment of receipt where its stamp does not say. `delayMaxMs` is how long it
   * may have been under way: the time since the last contact before a silence.
   */
  learn(stamp: Date | null, receivedAt: Instant, delayMaxMs: number): Instant {
    const stampMs = this.#advancing(stamp, receivedAt)
    if (stampMs === undefined) return receivedAt
    const distanceMs = receivedAt.monoMs - stampMs
    const delayMs = distanceMs - (this.offsetMs ?? distanceMs)
    if (Math.abs(delayMs) <= UNDER_WAY_MAX_MS) {
      this.#strange = []
      this.#note(distanceMs, receivedAt)
      return earlierBy(Math.max(0, delayMs), receivedAt)
    }
    if (delayMs > 0 && delayMs <= delayMaxMs) return earlierBy(delayMs, receivedAt)
    this.#doubt(distanceMs, receivedAt)
    return receivedAt
  }

  /** When something was stamped that comes now; undefined where that cannot be true. */
  read(stamp: Date | null, receivedAt: Instant, delayMaxMs: number): Instant | undefined {
    const stampMs = usable(stamp)
    const { offsetMs } = this
    if (stampMs === undefined || offsetMs === undefined) return undefined
    const delayMs = receivedAt.monoMs - (stampMs + offsetMs)
    const isPossible = delayMs >= -UNDER_WAY_MAX_MS && delayMs <= delayMaxMs
    return isPossible ? earlierBy(Math.max(0, delayMs), receivedAt) : undefined
  }

  /** A stamp that stands still says nothing. */
  #advancing(stamp: Date | null, { monoMs }: Instant): number | undefined {
    const stampMs = usable(stamp)
    if (stampMs === this.#lastStampMs)
      return monoMs - this.#lastReceivedMs > FROZEN_AFTER_MS ? undefined : stampMs
    this.#lastStampMs = stampMs
    this.#lastReceivedMs = monoMs
    return stampMs
  }

  #note(distanceMs: number, { monoMs }: Instant): void {
    if (this.#least === undefined) this.#windowFromMs = monoMs
    if (monoMs - this.#windowFromMs > WINDOW_MS) {
      this.#leastBefore = this.#least ?? distanceMs
      this.#least = distanceMs
      this.#windowFromMs = monoMs
    }
    this.#least = Math.min(this.#least ?? distanceMs, distanceMs)
  }

  /** Either this stamp is wrong or the clock was set; it was set when the next ones say the same. */
  #doubt(distanceMs: number, { monoMs }: Instant): void {
    this.#strange = [...this.#strange, distanceMs].slice(-STAMPS_AGREEING)
    const spreadMs = Math.max(...this.#strange) - Math.min(...this.#strange)
    if (this.#strange.length < STAMPS_AGREEING || spreadMs > UNDER_WAY_MAX_MS) return
    this.#least = Math.min(...this.#strange)
    this.#leastBefore = Number.POSITIVE_INFINITY
    this.#windowFromMs = monoMs
    this.#strange = []
  }
}

/** In milliseconds since 1970; undefined for a time that was never set. */
export function usable(stamp: Date | null | undefined): number | undefined {
  const stampMs = stamp?.getTime() ?? Number.NaN
  return stampMs >= EARLIEST_STAMP_MS ? stampMs : undefined
}
