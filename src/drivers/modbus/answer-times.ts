/** How long one unit takes for its answers, and how long it is therefore waited for before it is asked again. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'

/**
 * A unit that answers quickly is asked again when it has been silent for this many times as long as its slowest recent
 * answer, but not sooner than the minimum: a lost request then costs little. A later answer still counts.
 */
const PATIENCE_FACTOR = 4
const PATIENCE_MIN_MS = 100
/** An answer that takes longer than this many times the time limit is not reckoned with. */
const LATE_FACTOR = 2
/** How quickly a slow answer is forgotten: by this part with each answer that is quicker. */
const SLOWEST_DECAY = 1 / 16
/**
 * An answer to the first try that comes so soon after the second one may have been held back until then, and was if that happens
 * so many times in a row: an answer that was merely slow would have the repeat before it the next time.
 */
const HELD_BACK_MAX_MS = 50
const HELD_BACK_TIMES = 2

/** Of the device's settings. */
interface Limits {
  readonly timeoutMs: number
  readonly retries: number
  readonly pauseMs: number
}

/** After how many tries an answer came, and how long it took: since its own try was sent, and since the last one was. */
interface Took {
  readonly sends: number
  readonly answerMs: number
  readonly sinceLastMs: number
}

/** Of one unit. Outlasts its links: after a reconnect the unit is not quicker than before. */
export class AnswerTimes {
  readonly #limits: Limits
  /** Undefined: it has never answered. */
  lastAnswerAt: Instant | undefined
  #slowestMs: number | undefined
  /** How many answers in a row may have been held back. */
  #heldBack = 0

  constructor({ timeoutMs, retries, pauseMs }: Limits) {
    this.#limits = { timeoutMs, retries, pauseMs }
  }

  /** How long ago it last answered, over whatever link; undefined where it never has. */
  answeredAgoMs(now: Instant): number | undefined {
    return this.lastAnswerAt && elapsedMs(this.lastAnswerAt, now)
  }

  /** How long the slowest recent answer took, if that is longer than the time limit allows. */
  get lateMs(): number | undefined {
    return this.#slowestMs !== undefined && this.#slowestMs > this.#limits.timeoutMs
      ? this.#slowestMs
      : undefined
  }

  /** So long after a request its answer may still come. */
  get lateMaxMs(): number {
    return LATE_FACTOR * Math.max(this.#limits.timeoutMs, this.#slowestMs ?? 0)
  }

  /**
   * When a request is sent again. One to a unit whose answers come late is not, as long as its tries would have taken
   * together: a slow device answers repeats too, one after the other, and would be later each time.
   */
  get patienceMs(): number {
    const { timeoutMs, retries, pauseMs } = this.#limits
    if (this.#slowestMs === undefined) return timeoutMs
    const limitMs = this.lateMs === undefined ? timeoutMs : (1 + retries) * timeoutMs
    return Math.min(limitMs, Math.max(PATIENCE_MIN_MS, pauseMs, PATIENCE_FACTOR * this.#slowestMs))
  }

  /**
   * Some devices send an answer only when they are asked the next time. How long that took says when they were asked again,
   * and nothing of how long they need.
   */
  answered({ sends, answerMs, sinceLastMs }: Took): void {
    const isHeldBack = sends === 2 && sinceLastMs < answerMs && sinceLastMs < HELD_BACK_MAX_MS
    this.#heldBack = isHeldBack ? this.#heldBack + 1 : 0
    if (!isHeldBack) this.#learn(answerMs)
    else if (this.#heldBack >= HELD_BACK_TIMES) this.#learn(sinceLastMs)
  }

  /** An answer came after the request had been given up. */
  cameLate(lateMs: number): void {
    this.#slowestMs = Math.max(this.#slowestMs ?? 0, lateMs)
  }

  #learn(tookMs: number): void {
    const slowestMs = this.#slowestMs ?? tookMs
    this.#slowestMs = tookMs > slowestMs ? tookMs : slowestMs - (slowestMs - tookMs) * SLOWEST_DECAY
  }
}
