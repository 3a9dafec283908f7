/** How long scans wait for their answers: for `status`, as long as one is late or was late a moment ago. */

import type { Durations } from '../domain/durations.ts'
import { elapsedMs, type Instant } from '../domain/instant.ts'
import type { Clock } from '../runtime/clock.ts'
import { DurationTally } from '../runtime/duration-tally.ts'

/** A person who has heard nothing for so long scans again. From the last byte to the bytes of the answer. */
const ANSWER_WITHIN_MS = 150
/** A late answer is shown for so long: nobody looks in the very moment. */
const LATE_SHOWN_MS = 60_000
/** Around the bound of what a person waits for. */
const ANSWER_BOUNDS_MS = [10, 25, 50, 100, ANSWER_WITHIN_MS, 250, 500, 1_000, 5_000]
const SLOW_LOOK_UP =
  'looking it up took that long: a badge is hashed, which is slow on purpose, or other programs keep this computer busy'
const SLOW_DISK =
  'the disk is slow, the port takes no bytes, or very many scans came at once; outbox and log say more'

/** The last answers that were late, as long as they are shown. */
interface Lateness {
  readonly sinceMs: number
  readonly last: Instant
  readonly lastMs: number
  readonly times: number
  readonly hint: string
}

/** What is late now, in words. */
interface LateWords {
  readonly what: string
  readonly hint: string
  /** ms since 1970 */
  readonly sinceMs: number
}

/** Those of one scanner. A scan is known by the moment of its last byte, the very object. */
export class ScanWaits {
  readonly #clock: Pick<Clock, 'now'>
  /** Scans without an answer, and when each was looked up. */
  readonly #unanswered = new Map<Instant, Instant | undefined>()
  readonly #answerTimes = new DurationTally(ANSWER_BOUNDS_MS)
  #lateness: Lateness | undefined

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** How long scans waited that have their answer. */
  get answerTimes(): Durations {
    return this.#answerTimes.soFar
  }

  scanned(at: Instant): void {
    this.#unanswered.set(at, undefined)
  }

  /** A scan is understood and looked up. */
  read(at: Instant): void {
    if (this.#unanswered.has(at)) this.#unanswered.set(at, this.#clock.now())
  }

  /** It gets no answer. */
  forget(at: Instant): void {
    this.#unanswered.delete(at)
  }

  /** No answer is given any more to what was scanned before. */
  forgetAll(): void {
    this.#unanswered.clear()
  }

  /** A scan has its answer. @returns whether it was late */
  settled(at: Instant): boolean {
    if (!this.#unanswered.has(at)) return false
    const hint = this.#slowBecause(at)
    this.#unanswered.delete(at)
    const now = this.#clock.now()
    const tookMs = elapsedMs(at, now)
    this.#answerTimes.add(tookMs)
    if (tookMs <= ANSWER_WITHIN_MS) return false
    const { sinceMs, times } = this.#lateNow() ?? { sinceMs: at.wallMs, times: 0 }
    this.#lateness = { sinceMs, times: times + 1, last: now, lastMs: tookMs, hint }
    return true
  }

  /** @param id how the words name the scanner. Undefined where nothing is late, and was not lately. */
  late(id: string): LateWords | undefined {
    const [oldest] = this.#unanswered.keys()
    const waitedMs = oldest ? elapsedMs(oldest, this.#clock.now()) : 0
    if (oldest && waitedMs > ANSWER_WITHIN_MS) {
      const what = `${id}: what was scanned ${waitedMs.toFixed(0)} ms ago has no answer yet`
      return { what, hint: this.#slowBecause(oldest), sinceMs: oldest.wallMs }
    }
    const late = this.#lateNow()
    if (!late) return undefined
    const scans = late.times === 1 ? 'a scan was' : `${late.times} scans were`
    const what = `${id}: ${scans} answered late, the last one ${late.lastMs.toFixed(0)} ms after it came`
    return { what, hint: late.hint, sinceMs: late.sinceMs }
  }

  /** Where the time of a scan went. */
  #slowBecause(at: Instant): string {
    const readAt = this.#unanswered.get(at)
    const lookUpMs = elapsedMs(at, readAt ?? this.#clock.now())
    return lookUpMs > ANSWER_WITHIN_MS / 2 ? SLOW_LOOK_UP : SLOW_DISK
  }

  #lateNow(): Lateness | undefined {
    const late = this.#lateness
    return late && elapsedMs(late.last, this.#clock.now()) < LATE_SHOWN_MS ? late : undefined
  }
}
