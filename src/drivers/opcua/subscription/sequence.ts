/**
 * What the number of a message says of those before it (OPC UA part 4, 5.14.1.1 and 7.25). Messages with values are counted
 * up from 1. A keep-alive has no number of its own: it carries the one that the next message will have. Some servers use up a
 * number for each keep-alive all the same.
 */

/** The first and the last of numbers in a row. */
interface NumberRange {
  readonly from: number
  readonly to: number
}

/** One for each subscription. */
export class Sequence {
  /** The number of the last message with values that was truly received. */
  #last: number | undefined
  /** The number of the last keep-alive since then. */
  #keepAlive: number | undefined
  #countsKeepAlives: boolean | undefined

  /** The number that the next message with values has. */
  get expected(): number {
    if (this.#countsKeepAlives && this.#keepAlive !== undefined) return next(this.#keepAlive)
    return this.#last === undefined ? 1 : next(this.#last)
  }

  /** The numbers before this one of which no message was received. */
  leftOut(number: number): NumberRange | undefined {
    return number > this.expected ? { from: this.expected, to: number - 1 } : undefined
  }

  /**
   * Whether nothing is lost although numbers were left out and the server has no messages under them.
   * `isUndisturbed`: the connection was there all the time, so that no message can have been lost on the way.
   */
  isHarmless(number: number, isUndisturbed: boolean): boolean {
    if (this.#last === undefined) return true
    const followsKeepAlive = this.#keepAlive !== undefined && number === next(this.#keepAlive)
    return followsKeepAlive && isUndisturbed && this.#countsKeepAlives !== false
  }

  /** @returns whether this is the first time that the server is seen to use up numbers for keep-alives */
  noteCountedKeepAlive(): boolean {
    const isNews = this.#last !== undefined && this.#countsKeepAlives !== true
    if (isNews) this.#countsKeepAlives = true
    return isNews
  }

  received(number: number, isKeepAlive: boolean): void {
    if (isKeepAlive) {
      if (this.#keepAlive === number) this.#countsKeepAlives ??= false
      this.#keepAlive = number
    } else {
      this.#last = number
      this.#keepAlive = undefined
    }
  }
}

/** Numbers go from the highest of 32 bits back to 1. */
function next(number: number): number {
  return number >= 0xffff_ffff ? 1 : number + 1
}
