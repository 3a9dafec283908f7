/** One opening of a line: what has been heard on it, and when it is to be given up. */
import type { LineRead } from './line-read.ts'
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

  /** From when on a request may be sent. */
  readyMs({ user, request }: LineRead): number {
    const { unit, pauseMs, connectDelayMs } = user
    return Math.max(
      pauseMs === 0 ? 0 : this.trafficMs + pauseMs,
      this.openedMs + connectDelayMs,
      this.channel.clearMs?.(unit, request) ?? 0,
    )
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

  /** Not a serial line: opening that again changes nothing. */
  isToBeGivenUp(nowMs: number): boolean {
    return this.channel.mayForgetUs && this.#silences >= SILENCES_MAX && this.silentMs(nowMs) >= DEAF_MAX_MS
  }
}
