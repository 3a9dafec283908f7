/** Between a port that delivers when it likes and the collector that takes one item at a time: in order, then the end. */
import type { LinkLost } from '../domain/errors.ts'
import type { ScannerItem } from '../domain/scanner.ts'

/** So many items may wait; then the port is held back until all are taken, and the rest waits in the scanner or in the system. */
const ITEMS_MAX = 256

interface Tap {
  /** Asks the port to deliver nothing for now, or to go on. */
  hold(isHeld: boolean): void
}

/** For one writer and one reader. */
export class ItemQueue {
  readonly #items: ScannerItem[] = []
  #tap: Tap | undefined
  #isHeld = false
  #end: { readonly fault: LinkLost | undefined } | undefined
  #wake: (() => void) | undefined

  /** From now on this port is held back where too much waits. */
  holdBack(tap: Tap): void {
    this.#tap = tap
    if (this.#isHeld) tap.hold(true)
  }

  get isEnded(): boolean {
    return this.#end !== undefined
  }

  /** Why it ended, where that was no abort. */
  get fault(): LinkLost | undefined {
    return this.#end?.fault
  }

  push(item: ScannerItem): void {
    if (this.#end) return
    this.#items.push(item)
    this.#regulate()
    this.#wake?.()
  }

  /** Ends the items, with the fault that the reader gets after the last one, if any. Only the first end counts. */
  end(fault?: LinkLost): void {
    this.#end ??= { fault }
    this.#wake?.()
  }

  /** @throws LinkLost */
  async *items(): AsyncGenerator<ScannerItem> {
    while (true) {
      const item = this.#items.shift()
      if (item) {
        this.#regulate()
        yield item
      } else if (this.#end?.fault) throw this.#end.fault
      else if (this.#end) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #regulate(): void {
    const isHeld = this.#isHeld ? this.#items.length > 0 : this.#items.length >= ITEMS_MAX
    if (isHeld === this.#isHeld || this.#end) return
    this.#isHeld = isHeld
    this.#tap?.hold(isHeld)
  }
}
