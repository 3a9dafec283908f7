/**
 * Whether a device server serves us, and what it sends until that is known.
 *
 * One that serves somebody else takes the connection all the same and closes it within moments, many with a text that says so: that text is
 * no scan. But a process that stood still, as while many maps are read at a start, finds a connection closed already that had lasted. What
 * came with it may have been scanned: it is kept until the next connection shows whether the server serves us.
 */
import type { ScannerContext } from '../../domain/scanner.ts'

/** Only a connection that lasts for so long is open, and what came until then is passed on. */
export const SETTLE_MS = 100
const LOOK_MS = 20

/** By how much this process reads too late. */
export class Lateness implements Disposable {
  readonly #context: Pick<ScannerContext, 'now' | 'after'>
  #dueMs = 0
  #latestMs = 0
  #cancel: () => void = () => {}

  constructor(context: Pick<ScannerContext, 'now' | 'after'>) {
    this.#context = context
    this.#look()
  }

  /** The most since it was made, in ms. */
  get ms(): number {
    return Math.max(this.#latestMs, this.#context.now().monoMs - this.#dueMs)
  }

  /** Whether a connection that was seen to last for so long may have lasted long enough to be open. */
  mayHaveSettled(lastedMs: number): boolean {
    return lastedMs + this.ms >= SETTLE_MS
  }

  [Symbol.dispose](): void {
    this.#cancel()
  }

  #look(): void {
    this.#dueMs = this.#context.now().monoMs + LOOK_MS
    this.#cancel = this.#context.after(LOOK_MS, () => {
      this.#latestMs = this.ms
      this.#look()
    })
  }
}
