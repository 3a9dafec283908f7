/**
 * What went out lately. Nobody acknowledges a message of QoS 0 for the host: what was on its way there when the broker or the host was
 * lost may be lost with it, and a broker drops what a slow host does not take. So it is said again, as history: all of it after a loss,
 * and what went out since the last birth when a host asks for another one.
 */
import type { StoredEvent } from '../../../domain/outbox.ts'

/** More are not kept, however fast they come. */
const EVENTS_MAX = 10_000

interface SentEvent {
  readonly event: StoredEvent
  readonly sentMonoMs: number
  /** It has gone out once, and no birth since then. */
  readonly isSinceBirth: boolean
}

export class RecentEvents {
  readonly #keptMs: number
  /** By their numbers in the log, in the order in which they went out first. */
  readonly #sent = new Map<number, SentEvent>()
  /** Something was lost, and what is kept has not been said again since. */
  #isLost = false

  /** @param keptMs how long before it is noticed a loss may have begun */
  constructor(keptMs: number) {
    this.#keptMs = keptMs
  }

  /** What has to be said again after a loss, in its order. */
  get doubtful(): readonly StoredEvent[] {
    return this.#isLost ? [...this.#sent.values()].map(({ event }) => event) : []
  }

  /** These have gone out, for the first time or again. */
  sent(events: readonly StoredEvent[], nowMonoMs: number): void {
    for (const event of events) {
      const isSinceBirth = !this.#sent.has(event.seq)
      this.#sent.set(event.seq, { event, sentMonoMs: nowMonoMs, isSinceBirth })
    }
    if (!this.#isLost) this.#forgetOld(nowMonoMs)
  }

  /** The broker is lost, or the host. What is kept now waits for the next connection, however long that takes. */
  lost(nowMonoMs: number): void {
    if (!this.#isLost) this.#forgetOld(nowMonoMs)
    this.#isLost = true
  }

  /** Everything doubtful has gone out again. */
  saidAgain(): void {
    this.#isLost = false
  }

  /** The node is born again. @returns what has gone out only once since it was born before */
  born(nowMonoMs: number): readonly StoredEvent[] {
    if (!this.#isLost) this.#forgetOld(nowMonoMs)
    const once = [...this.#sent].filter(([, { isSinceBirth }]) => isSinceBirth)
    for (const [seq, sent] of once) this.#sent.set(seq, { ...sent, isSinceBirth: false })
    return once.map(([, { event }]) => event)
  }

  #forgetOld(nowMonoMs: number): void {
    for (const [seq, { sentMonoMs }] of this.#sent) {
      if (sentMonoMs >= nowMonoMs - this.#keptMs && this.#sent.size <= EVENTS_MAX) return
      this.#sent.delete(seq)
    }
  }
}
