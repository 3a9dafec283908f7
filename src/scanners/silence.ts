/**
 * Tells when nothing has come from a scanner for a while.
 *
 * A timer alone cannot tell. A process that stood still finds its timer over and the bytes of that time still to be read, and from a port
 * that is held back nothing can come at all. So what waits is read before the silence counts, and no time counts while the port is held.
 * Otherwise the second half of a scan would be taken for a scan of its own.
 */
import type { ScannerContext } from '../domain/scanner.ts'

/** Within this time a process that is not standing still reads whatever waits at a port: several turns of its loop. */
const READ_MS = 20
/** A timer that is later than this says that the process did not read meanwhile. */
const LATE_MS = 5

interface Awaited {
  readonly ms: number
  readonly over: () => void
}

export class Silence {
  readonly #clock: Pick<ScannerContext, 'now' | 'after'>
  #awaited: Awaited | undefined
  #isHeld = false
  #cancelTimer: (() => void) | undefined

  constructor(clock: Pick<ScannerContext, 'now' | 'after'>) {
    this.#clock = clock
  }

  /** Calls `over` once nothing has come for `ms`, unless it is called off or awaited anew before. */
  await(ms: number, over: () => void): void {
    this.callOff()
    this.#awaited = { ms, over }
    if (!this.#isHeld) this.#listen(ms)
  }

  callOff(): void {
    this.#cancelTimer?.()
    this.#awaited = undefined
  }

  /** Nothing can come while the port is held; after that the whole time is waited again. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#cancelTimer?.()
    if (!isHeld && this.#awaited) this.#listen(this.#awaited.ms)
  }

  #listen(ms: number): void {
    this.#after(Math.max(0, ms - READ_MS), () => this.#readOnce())
  }

  #readOnce(): void {
    this.#after(READ_MS, (isLate) => {
      if (isLate) return this.#readOnce()
      const over = this.#awaited?.over
      this.#awaited = undefined
      over?.()
    })
  }

  #after(ms: number, then: (isLate: boolean) => void): void {
    const dueMs = this.#clock.now().monoMs + ms
    this.#cancelTimer = this.#clock.after(ms, () => then(this.#clock.now().monoMs - dueMs > LATE_MS))
  }
}
