/** The request that is under way on a line. */
import type { LineRead, SentHow } from './line-read.ts'

/** A timer that fires so late was held up with the whole process, and so was the taking in of an answer. */
const HELD_UP_MS = 100

/** Moments are of the monotonic clock. */
export class UnderWay {
  readonly read: LineRead
  /** How much longer it is waited for, because another unit may still keep the line busy. */
  readonly graceMs: number
  #firstMs = 0
  #lastMs = 0
  #sends = 0
  /** Until when it is waited for, before it is sent again or given up. */
  #untilMs = 0

  constructor(read: LineRead, graceMs: number) {
    this.read = read
    this.graceMs = graceMs
  }

  get sends(): number {
    return this.#sends
  }

  /** When it was sent first. */
  get firstMs(): number {
    return this.#firstMs
  }

  /** It is sent, for the first time or again. */
  sent(nowMs: number): void {
    if (this.#sends === 0) this.#firstMs = nowMs
    this.#lastMs = nowMs
    this.#sends++
  }

  /** Now it is waited for until then. */
  waitUntil(untilMs: number): void {
    this.#untilMs = untilMs
  }

  /** How it was sent, when what was sent at `sentMs` was answered, or nothing was. */
  how(sentMs: number, nowMs: number): SentHow {
    return {
      sends: this.#sends,
      tookMs: nowMs - this.#firstMs,
      answerMs: nowMs - sentMs,
      sinceLastMs: nowMs - this.#lastMs,
      mayHaveWaited: this.graceMs > 0 || nowMs - this.#untilMs > HELD_UP_MS,
    }
  }
}
