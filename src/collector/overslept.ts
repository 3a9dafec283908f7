/** Says in the log, for all devices together, that polls were left out because the gateway itself came too late. */
import type { Clock } from '../runtime/clock.ts'
import type { Log } from '../runtime/log.ts'

/** What held the gateway up held up all devices: their polls are told in one line, once all of them have begun again. */
const GATHER_MS = 1_000
const PAUSE_MS = 60_000

/** One for all devices. */
export class Overslept {
  readonly #clock: Clock
  readonly #log: Log
  #polls = 0
  #isToBeTold = false
  #toldAtMs = Number.NEGATIVE_INFINITY

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#clock = clock
    this.#log = log
  }

  /** So many polls of one device were left out. */
  note(polls: number): void {
    this.#polls += polls
    if (this.#isToBeTold || this.#clock.now().monoMs - this.#toldAtMs < PAUSE_MS) return
    this.#isToBeTold = true
    this.#clock.after(GATHER_MS, () => this.#tell())
  }

  #tell(): void {
    this.#log.warn(
      { event: 'polls-overslept', polls: this.#polls },
      'polls were left out, since the gateway stood still or had too much to do; see what else runs on this computer, and its disk',
    )
    this.#polls = 0
    this.#isToBeTold = false
    this.#toldAtMs = this.#clock.now().monoMs
  }
}
