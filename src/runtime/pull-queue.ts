/** Between something that delivers when it likes and a reader that takes one item at a time: in order, then the end. */

/** For one writer and one reader. It has no bound: the writer looks at `length`. */
export class PullQueue<Item extends object> {
  readonly #items: Item[] = []
  #end: { readonly fault: Error | undefined } | undefined
  #wake: (() => void) | undefined

  /** How many items wait. */
  get length(): number {
    return this.#items.length
  }

  get isEnded(): boolean {
    return this.#end !== undefined
  }

  /** Why it ended, where that was a fault. */
  get fault(): Error | undefined {
    return this.#end?.fault
  }

  /** What comes after the end is dropped. */
  push(item: Item): void {
    if (this.#end) return
    this.#items.push(item)
    this.#wake?.()
  }

  /** Ends the items, with the fault that the reader gets after the last one, if any. Only the first end counts. */
  end(fault?: Error): void {
    this.#end ??= { fault }
    this.#wake?.()
  }

  /** @throws the fault of the end */
  async *items(): AsyncGenerator<Item> {
    while (true) {
      const item = this.#items.shift()
      if (item) yield item
      else if (this.#end?.fault) throw this.#end.fault
      else if (this.#end) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
