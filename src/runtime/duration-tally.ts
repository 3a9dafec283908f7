/** Counts how long something takes, in buckets: cheap enough for what happens thousands of times a second. */

/** How often something took how long. */
interface Tallied {
  readonly boundsMs: readonly number[]
  /** How many fell into each bucket alone; the last is for what is beyond all bounds. */
  readonly counts: readonly number[]
  readonly sumMs: number
}

/** One kind of duration, from the start of the process on. */
export class DurationTally {
  readonly #boundsMs: readonly number[]
  readonly #counts: number[]
  #sumMs = 0

  /** @param boundsMs the upper bounds of the buckets, ascending; a duration that is equal to one belongs below it */
  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = boundsMs
    this.#counts = new Array<number>(boundsMs.length + 1).fill(0)
  }

  add(ms: number): void {
    const found = this.#boundsMs.findIndex((bound) => ms <= bound)
    const bucket = found === -1 ? this.#boundsMs.length : found
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sumMs += ms
  }

  /** A copy, which does not go on. */
  get soFar(): Tallied {
    return { boundsMs: this.#boundsMs, counts: [...this.#counts], sumMs: this.#sumMs }
  }
}
