/** Bounds how many messages wait for their acknowledgement: more than a broker takes at once would only wait in memory. */

/** Places are given out in the order in which they are asked for. */
export class InFlight {
  readonly #waiting: PromiseWithResolvers<void>[] = []
  #free: number
  #fault: Error | undefined
  #answered = 0

  constructor(max: number) {
    this.#free = max
  }

  /** How many have given their places back. */
  get answered(): number {
    return this.#answered
  }

  /** @throws what it was closed with */
  async enter(): Promise<void> {
    if (this.#fault) throw this.#fault
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    const place = Promise.withResolvers<void>()
    this.#waiting.push(place)
    await place.promise
  }

  leave(): void {
    this.#answered += 1
    const next = this.#waiting.shift()
    if (next) next.resolve()
    else this.#free += 1
  }

  /** Nobody gets a place any more. */
  close(fault: Error): void {
    this.#fault = fault
    for (const place of this.#waiting.splice(0)) place.reject(fault)
  }
}
