/** Between a port that delivers when it likes and the collector that takes one item at a time. */
import type { ScannerItem } from '../domain/scanner.ts'
import { PullQueue } from '../runtime/pull-queue.ts'

/** So many items may wait; then the port is held back until all are taken, and the rest waits in the scanner or in the system. */
const ITEMS_MAX = 256

interface Tap {
  /** Asks the port to deliver nothing for now, or to go on. */
  hold(isHeld: boolean): void
}

/** For one writer and one reader; it ends with LinkLost, or without a fault. */
export class ItemQueue extends PullQueue<ScannerItem> {
  #tap: Tap | undefined
  #isHeld = false

  /** From now on this port is held back where too much waits. */
  holdBack(tap: Tap): void {
    this.#tap = tap
    if (this.#isHeld) tap.hold(true)
  }

  override push(item: ScannerItem): void {
    super.push(item)
    this.#regulate()
  }

  override async *items(): AsyncGenerator<ScannerItem> {
    for await (const item of super.items()) {
      this.#regulate()
      yield item
    }
  }

  #regulate(): void {
    const isHeld = this.#isHeld ? this.length > 0 : this.length >= ITEMS_MAX
    if (isHeld === this.#isHeld || this.isEnded) return
    this.#isHeld = isHeld
    this.#tap?.hold(isHeld)
  }
}
