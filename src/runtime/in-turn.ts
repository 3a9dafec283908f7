/** What must not overlap, such as two writes of one file. */

/** Does one thing after the other, in the order in which it is asked for. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve()

  /** @returns what comes of it. Where it fails, that is its caller's matter alone, and the next one has its turn. */
  do<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => undefined)
    return done
  }
}
