/** How good the wall clock of this computer is, as far as the computer itself can tell; what central's clock says stands with its route. */
import type { Clock } from '../runtime/clock.ts'
import { askTimeService, type TimeServiceWord } from './time-service.ts'

/** The wall clock so far. */
export interface ClockStanding extends TimeServiceWord {
  /** How often it jumped, since the gateway's start. */
  readonly steps: number
  /** By how much the last jump moved it, in ms, forwards or back; null where there was none. */
  readonly lastStepMs: number | null
}

/** A time service turns a clock more slowly than this within a minute, at 500 ppm: what moves it further is a jump. */
const STEP_MIN_MS = 500

/** Compares both clocks each time it looks. */
export class ClockWatch {
  readonly #clock: Pick<Clock, 'now'>
  #aheadMs: number
  #standing: ClockStanding = { steps: 0, lastStepMs: null, isSynchronised: null, errorMaxMs: null }

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#aheadMs = this.#difference()
  }

  get standing(): ClockStanding {
    return this.#standing
  }

  async look(): Promise<void> {
    const aheadMs = this.#difference()
    const stepMs = aheadMs - this.#aheadMs
    this.#aheadMs = aheadMs
    const { steps, lastStepMs } = this.#standing
    const isStep = Math.abs(stepMs) >= STEP_MIN_MS
    this.#standing = {
      ...(await askTimeService()),
      steps: isStep ? steps + 1 : steps,
      lastStepMs: isStep ? stepMs : lastStepMs,
    }
  }

  #difference(): number {
    const { wallMs, monoMs } = this.#clock.now()
    return wallMs - monoMs
  }
}
