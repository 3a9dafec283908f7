/** When each polling interval is due, and how devices are spread over it. */

/**
 * Waking the process costs more than a poll. So devices are not spread evenly over an interval, but over this many
 * moments of it, at least so far apart: those that share a moment are polled in one waking.
 */
const MOMENTS = 20
const MOMENT_STEP_MIN_MS = 20

/**
 * When one polling interval is due: at once after connecting, and from then on at `phase + n × interval` of the monotonic
 * clock. A poll that runs late skips the ones that it missed, and never shifts those after it.
 */
export class PollTimer {
  readonly intervalMs: number
  readonly #phaseMs: number
  #dueMs: number
  #skipped = 0
  #lateMs = 0

  /** `phase` from 0 to 1 spreads devices over the interval, so that they do not all ask in the same millisecond. */
  constructor(intervalMs: number, phase: number, nowMs: number) {
    this.intervalMs = intervalMs
    const stepMs = Math.max(MOMENT_STEP_MIN_MS, intervalMs / MOMENTS)
    this.#phaseMs = Math.floor((phase * intervalMs) / stepMs) * stepMs
    this.#dueMs = nowMs
  }

  get dueMs(): number {
    return this.#dueMs
  }

  /** How many polls were skipped, because the device or whoever takes the readings was too slow. */
  get skipped(): number {
    return this.#skipped
  }

  /** How long after its moment the last poll began. */
  get lateMs(): number {
    return this.#lateMs
  }

  /** Whether a poll is due; if so, moves on to the next one. */
  take(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false
    const nth = Math.floor((nowMs - this.#phaseMs) / this.intervalMs) + 1
    const nextMs = this.#phaseMs + nth * this.intervalMs
    this.#skipped += Math.max(0, Math.round((nextMs - this.#dueMs) / this.intervalMs) - 1)
    this.#lateMs = nowMs - this.#dueMs
    this.#dueMs = nextMs
    return true
  }
}

/** Where in each interval a device is polled, from 0 to 1. Made of its name, so that it is the same after a reconnect. */
export function phaseOf(device: string): number {
  let hash = 0x811c9dc5 // FNV-1a, 32 bits
  for (let index = 0; index < device.length; index++) {
    hash = Math.imul(hash ^ device.charCodeAt(index), 0x01000193) >>> 0
  }
  // Names that differ only at the end differ only in the low bits: multiply once more to spread them.
  return (Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32
}
