/**
 * Counts the polls of one device that began late or were left out, and tells whose fault it was: the device's, whose last poll was
 * not over in time, or the gateway's, which stood still or had too much to do.
 */
import type { DriverContext } from '../../domain/driver.ts'
import type { PollTimer } from './poll-timer.ts'

const LOG_INTERVAL_MS = 60_000

/** A gateway that has time begins a poll that is overdue within this time after the one before is over. */
const PROMPT_MS = 50

/** One for each link. */
export class SkippedPolls {
  readonly #device: string
  readonly #context: DriverContext
  readonly #seen = new Map<PollTimer, number>()
  /** Since when the device has kept nobody waiting. */
  #idleSinceMs: number
  #untold = 0
  #toldAtMs: number

  constructor(device: string, context: DriverContext) {
    this.#device = device
    this.#context = context
    this.#idleSinceMs = context.now().monoMs
    this.#toldAtMs = this.#idleSinceMs
  }

  /** To be called when polls begin. */
  began(due: readonly { readonly timer: PollTimer }[], nowMs: number): void {
    for (const { timer } of due) {
      const skipped = timer.skipped - (this.#seen.get(timer) ?? 0)
      const byDevice = skipped === 0 ? 0 : this.#byDevice(timer, skipped, nowMs)
      this.#context.polled?.(timer.lateMs, byDevice)
      if (skipped === 0) continue
      this.#seen.set(timer, timer.skipped)
      if (skipped > byDevice) this.#context.overslept?.(skipped - byDevice)
      if (byDevice > 0) this.#tell(timer, byDevice, nowMs)
    }
  }

  /** To be called when all of them have been answered. */
  ended(nowMs: number): void {
    this.#idleSinceMs = nowMs
  }

  /** How many of these polls the device had a part in: those that were due before the poll before them was over. */
  #byDevice(timer: PollTimer, skipped: number, nowMs: number): number {
    if (nowMs - this.#idleSinceMs < PROMPT_MS) return skipped
    const dueMs = nowMs - timer.lateMs
    const dueMeanwhile = Math.ceil((this.#idleSinceMs - dueMs) / timer.intervalMs)
    // One of those that were due is not left out, but made up for.
    return Math.min(skipped, Math.max(0, dueMeanwhile - 1))
  }

  /** Says at most once a minute that a device is polled less often than its map asks for. */
  #tell(timer: PollTimer, skipped: number, nowMs: number): void {
    this.#untold += skipped
    if (nowMs - this.#toldAtMs < LOG_INTERVAL_MS) return
    this.#context.log.warn(
      {
        event: 'device-polls-skipped',
        device: this.#device,
        skipped: this.#untold,
        pollMs: timer.intervalMs,
      },
      `${this.#device} is too slow for its poll interval: polls were skipped; lengthen poll, or ask for less`,
    )
    this.#untold = 0
    this.#toldAtMs = nowMs
  }
}
