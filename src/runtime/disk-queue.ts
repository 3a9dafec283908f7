/** Work for a disk that may take seconds for it: one after the other, in the order in which it is asked for. */
import { InTurn } from './in-turn.ts'

/** Whoever asks need not wait. What fails holds up nothing behind it. */
export class DiskQueue {
  readonly #turns = new InTurn()
  #isStopped = false

  /** @returns when it is done, or was left out because of a stop. @throws what the work throws */
  do(work: () => Promise<void>): Promise<void> {
    return this.#turns.do(() => (this.#isStopped ? undefined : work()))
  }

  /** Resolves once nothing is left of what was asked for until now, and whoever waited for it has heard. */
  async settled(): Promise<void> {
    await this.do(async () => undefined)
    // Those who asked go on first: they hear of their work by a promise that stands on this one.
    await new Promise((resolve) => setImmediate(resolve))
  }

  /** What has begun goes on; nothing else is begun any more. */
  stop(): void {
    this.#isStopped = true
  }
}
