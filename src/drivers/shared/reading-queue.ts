/** Between a device that pushes readings and a reader that pulls them: in order, then the end, or the fault that ended it. */
import { LinkLost } from '../../domain/errors.ts'
import type { Reading } from '../../domain/signal.ts'

/** For a reader that is this far behind the link ends with a fault: dropping readings would leave a gap that nobody sees. */
const READINGS_MAX = 10_000

/** For one writer and one reader. */
export class ReadingQueue {
  readonly #readings: Reading[] = []
  #end: { readonly fault: LinkLost | undefined } | undefined
  #wake: (() => void) | undefined

  get isEnded(): boolean {
    return this.#end !== undefined
  }

  push(reading: Reading): void {
    if (this.#end) return
    if (this.#readings.length >= READINGS_MAX) {
      this.end(new LinkLost(`${READINGS_MAX} readings wait to be taken`, { code: 'link-overrun' }))
      return
    }
    this.#readings.push(reading)
    this.#wake?.()
  }

  /** Ends the readings, with the fault that the reader gets after the last one, if any. Only the first end counts. */
  end(fault?: LinkLost): void {
    this.#end ??= { fault }
    this.#wake?.()
  }

  /** @throws LinkLost */
  async *readings(): AsyncGenerator<Reading> {
    while (true) {
      const reading = this.#readings.shift()
      if (reading) yield reading
      else if (this.#end?.fault) throw this.#end.fault
      else if (this.#end) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
