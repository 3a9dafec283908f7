/** One opening of a line: what has been heard on it, and when it is to be given up. */
import type { Channel } from './transports/transport.ts'

/**
 * A connection on which so many requests in a row got no answer, and nothing has been heard for so long, is opened anew: the
 * device may have forgotten it. It is kept that long because some devices are deaf for 2 s after connecting.
 */
const SILENCES_MAX = 3
const DEAF_MAX_MS = 3_000

/** Moments are of the monotonic clock. */
export class Connection {
  readonly channel: Channel
  readonly openedMs: number
  /** When something was last sent or answered. */
  trafficMs: number
  #answeredMs: number | undefined
  #silences = 0

  constructor(channel: Channel, openedMs: number) {
    this.channel = channel
    this.openedMs = openedMs
    this.trafficMs = openedMs
  }

  /** Whether any request has been answered. */
  get wasUsed(): boolean {
    return this.#answeredMs !== undefined
  }

  /** Whether a late answer is told from the one that is awaited, so that a request can be sent again early. */
  get tellsLateAnswers(): boolean {
    return this.channel.restMs === null
  }

  answered(nowMs: number): void {
    this.#answeredMs = nowMs
    this.#silences = 0
  }

  wasSilent(sends: number): void {
    this.#silences += sends
  }

  /** Whether it is so young that a device may still be deaf on it. */
  mayBeDeaf(nowMs: number): boolean {
    return !this.wasUsed && nowMs - this.openedMs < DEAF_MAX_MS
  }

  /** How long nothing has been answered. */
  silentMs(nowMs: number): number {
    return nowMs - (this.#answeredMs ?? this.openedMs)
  }

  /** Not one that has to rest after a silence: a late answer would be waiting on the next one. */
  isToBeGivenUp(nowMs: number): boolean {
    return this.tellsLateAnswers && this.#silences >= SILENCES_MAX && this.silentMs(nowMs) >= DEAF_MAX_MS
  }
}
