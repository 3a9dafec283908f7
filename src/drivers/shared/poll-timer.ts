/**
 * Devices that are due together share one waking of the process, which costs more than the poll itself: they are spread
 * over this many places of an interval, at least so far apart.
 */
const PLACES = 20
const STEP_MIN_MS = 20

/**
 * When one polling interval is due: at once after connecting, and from then on at fixed places of the monotonic clock,
 * `phase + n × interval`. A poll that runs late skips what it missed and never shifts the ones after it.
 */
export class PollTimer {
  readonly intervalMs: number
  readonly #phaseMs: number
  #dueMs: number
  #skipped = 0

  /** `phase` from 0 to 1 spreads devices over the interval, so that they do not all ask in the same millisecond. */
  constructor(intervalMs: number, phase: number, nowMs: number) {
    this.intervalMs = intervalMs
    const stepMs = Math.max(STEP_MIN_MS, intervalMs / PLACES)
    this.#phaseMs = Math.floor((phase * intervalMs) / stepMs) * stepMs
    this.#dueMs = nowMs
  }

  get dueMs(): number {
    return this.#dueMs
  }

  /** Slots that passed unused, because the device or the reader of the readings was too slow. */
  get skipped(): number {
    return this.#skipped
  }

  /** Whether a poll is due; if so, moves on to the next slot. */
  take(nowMs: number): boolean {
    if (nowMs < this.#dueMs) return false
    const slot = Math.floor((nowMs - this.#phaseMs) / this.intervalMs) + 1
    const nextMs = this.#phaseMs + slot * this.intervalMs
    this.#skipped += Math.max(0, Math.round((nextMs - this.#dueMs) / this.intervalMs) - 1)
    this.#dueMs = nextMs
    return true
  }
}

/** A device's own place within every interval, from 0 to 1: the same after each reconnect. */
export function phaseOf(device: string): number {
  let hash = 0x811c9dc5 // FNV-1a, 32 bits
  for (let index = 0; index < device.length; index++) {
    hash = Math.imul(hash ^ device.charCodeAt(index), 0x01000193) >>> 0
  }
  // Names that differ only at the end differ only in the low bits: multiply once more to spread them.
  return (Math.imul(hash, 0x9e3779b1) >>> 0) / 2 ** 32
}
