/** Moments as small whole numbers, where that loses nothing. */
import type { Instant } from '../domain/instant.ts'

const US_PER_MS = 1_000
/** Whole numbers up to here take few bytes. */
const SMALL_MAX = 2 ** 30

/** By the clocks of the moment at which a segment began. */
export class TapeClock {
  readonly boot: string
  readonly #aheadMs: number
  #us: number

  constructor(began: Instant) {
    this.boot = began.boot
    this.#aheadMs = Math.round(began.wallMs - began.monoMs)
    this.#us = Math.round(began.monoMs * US_PER_MS)
  }

  /** Where differences are counted from, in microseconds. */
  get us(): number {
    return this.#us
  }

  moveTo(us: number): void {
    this.#us = us
  }

  /** The moment's microseconds; undefined where it is of another boot or between two microseconds. */
  usOf({ boot, monoMs }: Instant): number | undefined {
    const us = Math.round(monoMs * US_PER_MS)
    return boot === this.boot && us / US_PER_MS === monoMs && Math.abs(us - this.#us) < SMALL_MAX
      ? us
      : undefined
  }

  /** By how much the wall clock was off, in ms; undefined where that is no whole number. */
  strayOf({ wallMs, monoMs }: Instant): number | undefined {
    const stray = wallMs - this.#expectedWallMs(monoMs)
    return Number.isInteger(stray) ? stray : undefined
  }

  /** The moment that {@link usOf} and {@link strayOf} made numbers of. */
  instantOf(us: number, stray: number): Instant {
    const monoMs = us / US_PER_MS
    return { boot: this.boot, wallMs: this.#expectedWallMs(monoMs) + stray, monoMs }
  }

  #expectedWallMs(monoMs: number): number {
    return Math.floor(monoMs) + this.#aheadMs
  }
}
