/**
 * When the values of a message were measured. A broker does not say when it got one, so without a time in the message that is
 * the moment at which it came; except of what may have waited in the broker.
 */
import { type Instant, laterOf } from '../../domain/instant.ts'
import { earlierBy } from '../shared/earlier-by.ts'

/** A message that is on its way for longer has a wrong time: its publisher's clock is off. */
const UNDER_WAY_MAX_MS = 60_000
/** Clocks differ by less without anybody noticing. */
const AHEAD_MAX_MS = 2_000
/** Up to so long before now another message may still bring something, where messages say when they were measured. */
const LATE_MAX_MS = 10_000
/** Within this time, what has waited in a session that was kept has come. */
const CATCHING_UP_MS = 60_000
const S_PER_MIN = 60

/** One for each link. No sample is dated before the link began, or before what was said to be complete. */
export class SampleTimes {
  readonly #began: Instant
  readonly #hasTimes: boolean
  readonly #isSessionKept: boolean
  /** All is said up to here. */
  #completeTo: Instant
  /** The latest moment that a message has named. */
  #latest: Instant
  #offMs: number | undefined

  /** @param began since when the device is heard; earlier where the broker has kept what it sent meanwhile */
  constructor(
    began: Instant,
    { hasTimes, isSessionKept }: { readonly hasTimes: boolean; readonly isSessionKept: boolean },
  ) {
    this.#began = began
    this.#completeTo = began
    this.#latest = began
    this.#hasTimes = hasTimes
    this.#isSessionKept = isSessionKept
  }

  /** What people should know of the publisher's clock. */
  get remark(): string | undefined {
    if (this.#offMs === undefined) return undefined
    const seconds = Math.round(Math.abs(this.#offMs) / 1_000)
    const much = seconds >= 2 * S_PER_MIN ? `${Math.round(seconds / S_PER_MIN)} min` : `${seconds} s`
    const way = this.#offMs > 0 ? 'behind' : 'ahead'
    return `the clock of its publisher is ${much} ${way}: values are dated when they come`
  }

  /** Nobody knows how old a retained message is: it counts from when the link began. */
  ofRetained(): Instant {
    return this.#completeTo
  }

  /** @param stampMs what the message says, in milliseconds since 1970 */
  of(stampMs: number | undefined, now: Instant): Instant {
    if (stampMs === undefined) return now
    const ageMs = now.wallMs - stampMs
    const isPossible = ageMs >= -AHEAD_MAX_MS && (ageMs <= UNDER_WAY_MAX_MS || this.#mayHaveWaited(now))
    this.#offMs = isPossible ? undefined : ageMs
    const at = isPossible ? laterOf(this.#completeTo, earlierBy(Math.max(0, ageMs), now)) : now
    this.#latest = laterOf(this.#latest, at)
    return at
  }

  /** Up to when all is said, at this moment and from now on. */
  complete(now: Instant): Instant {
    if (!this.#hasTimes) this.#completeTo = now
    else {
      const byClock = this.#mayHaveWaited(now) ? this.#began : earlierBy(LATE_MAX_MS, now)
      this.#completeTo = laterOf(this.#completeTo, laterOf(this.#latest, byClock))
    }
    return this.#completeTo
  }

  #mayHaveWaited(now: Instant): boolean {
    return this.#isSessionKept && now.monoMs - this.#began.monoMs < CATCHING_UP_MS
  }
}

/** Units in which a number counts since 1970, by the smallest one of this century: s, ms, µs, ns. */
const EPOCHS: readonly (readonly [min: number, perMs: number])[] = [
  [1e17, 1e6],
  [1e14, 1e3],
  [1e11, 1],
  [1e8, 1e-3],
]
const WITH_ZONE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?\s?(Z|[+-]\d\d:?\d\d)$/i

/** Milliseconds since 1970 of what a message says: a number since 1970, or a text of ISO 8601 with its time zone. */
export function stampOf(said: unknown): number | undefined {
  if (typeof said === 'bigint') return stampOf(Number(said))
  if (typeof said === 'number') {
    const [, perMs] = EPOCHS.find(([min]) => said >= min) ?? []
    return perMs === undefined ? undefined : said / perMs
  }
  if (typeof said !== 'string') return undefined
  const text = said.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return stampOf(Number(text))
  if (!WITH_ZONE.test(text)) return undefined
  const stampMs = Date.parse(text.replace(' ', 'T').replace(',', '.').replaceAll(' ', ''))
  return Number.isNaN(stampMs) ? undefined : stampMs
}
