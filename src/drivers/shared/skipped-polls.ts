/** Counts polls that began late or were left out, and logs at most once a minute that a device is polled less often than its map asks for. */
import type { DriverContext } from '../../domain/driver.ts'
import type { PollTimer } from './poll-timer.ts'

const LOG_INTERVAL_MS = 60_000

/** One for each link. */
export class SkippedPolls {
  readonly #device: string
  readonly #context: DriverContext
  readonly #seen = new Map<PollTimer, number>()
  #count = 0
  #sinceMs: number

  constructor(device: string, context: DriverContext) {
    this.#device = device
    this.#context = context
    this.#sinceMs = context.now().monoMs
  }

  /** To be called after each poll. */
  note(timer: PollTimer, nowMs: number): void {
    const seen = this.#seen.get(timer) ?? 0
    this.#context.polled?.(timer.lateMs, timer.skipped - seen)
    if (timer.skipped === seen) return
    this.#seen.set(timer, timer.skipped)
    this.#count += timer.skipped - seen
    if (nowMs - this.#sinceMs < LOG_INTERVAL_MS) return
    this.#context.log.warn(
      { event: 'device-polls-skipped', device: this.#device, skipped: this.#count, pollMs: timer.intervalMs },
      `${this.#device} is too slow for its poll interval: polls were skipped; lengthen poll, or ask for less`,
    )
    this.#count = 0
    this.#sinceMs = nowMs
  }
}
