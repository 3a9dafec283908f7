/** Work that must not overlap, such as messages with numbers without gaps: one after the other, in the order in which it was asked for. */
export class OneByOne {
  #last: Promise<unknown> = Promise.resolve()

  /** Resolves with the outcome of the work. A failure is its own, and holds nobody up who comes later. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const outcome = this.#last.then(work)
    this.#last = outcome.catch(() => undefined)
    return outcome
  }

  /** Resolves once everything is done that was asked for until now. */
  async idle(): Promise<void> {
    await this.#last
  }
}
