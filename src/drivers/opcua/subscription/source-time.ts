/**
 * When a value changed, on the gateway's clock. The time of its source is more exact than the moment at which its message was
 * sent, but the clock behind it may be another one than the server's, and wrong. So it counts as an age: a value that has
 * just come is younger than the server's sampling and publishing take together. Ages that are not, but agree with each other,
 * show how far the source's clock is off, and that is taken out. Where a value has no time of its source, the time at which
 * the server noticed it takes its place: what waits in a server during a cut has no other.
 */
import { type Instant, laterOf } from '../../../domain/instant.ts'
import { earlierBy } from '../../shared/earlier-by.ts'
import { usable } from '../../shared/sender-clock.ts'
import type { MessageTimes } from './message-times.ts'

/** A source's clock is off by what the values of this many messages agree on; a single wrong stamp changes nothing. */
const MESSAGES_AGREEING = 2
const AGES_KEPT = 8
/** A clock that is off by less is right. */
const SLACK_MS = 250
/** Servers that are busy sample and publish this much later than they say. */
const LATE_MS = 500

/** How old a value that had just come seemed to be. */
interface Age {
  readonly ageMs: number
  readonly sentMs: number
}

/** The two times of a value. */
interface Stamps {
  /** Of the machine. */
  readonly source: Date | null | undefined
  /** Of the server, when it noticed the value. */
  readonly server: Date | null | undefined
}

/** One for each subscription: it remembers the latest moment of each signal, and the offset of the sources' clock. */
export class SourceTime {
  readonly #latest = new Map<number, Instant>()
  /** How much older values seem than they are; negative for a clock that is ahead. */
  #excessMs = 0
  /** The last ages that asked for a correction. A first value has none: it may have changed long ago. */
  #ages: readonly Age[] = []
  /** The last moment that was worked out: mostly all values of a message changed at one. */
  #worked: { readonly sentAt: Instant; readonly ageMs: number; readonly at: Instant } | undefined

  /** Never later than the message was sent, and never before `completeBefore` or the signal's previous sample. */
  of(index: number, { source, server }: Stamps, message: MessageTimes): Instant {
    const latest = this.#latest.get(index)
    const ageMs = seemingAge(source, message)
    if (ageMs !== undefined && latest !== undefined) this.#doubt(ageMs, message)
    const sourceAgeMs = ageMs === undefined ? undefined : ageMs - this.#excessMs
    const trueAgeMs = possibleAge(sourceAgeMs ?? seemingAge(server, message) ?? 0, message)
    const changedAt = this.#before(message.sentAt, trueAgeMs)
    const at = laterOf(laterOf(latest ?? message.completeBefore, message.completeBefore), changedAt)
    this.#latest.set(index, at)
    return at
  }

  /** A sample of the signal that did not come in a message: later ones are not before it. */
  note(index: number, at: Instant): void {
    this.#latest.set(index, at)
  }

  #before(sentAt: Instant, ageMs: number): Instant {
    if (this.#worked?.sentAt !== sentAt || this.#worked.ageMs !== ageMs)
      this.#worked = { sentAt, ageMs, at: earlierBy(ageMs, sentAt) }
    return this.#worked.at
  }

  /** What waited in the server is old for another reason than its clock, and what seems young enough says nothing. */
  #doubt(ageMs: number, { sentAt, ageMaxMs, silenceMs }: MessageTimes): void {
    if (silenceMs > 0) return
    const isPlausible = ageMs >= -SLACK_MS && ageMs <= ageMaxMs + SLACK_MS
    if (this.#excessMs === 0 && isPlausible) return
    this.#learn({ ageMs, sentMs: sentAt.monoMs }, ageMaxMs + SLACK_MS)
  }

  /** Where several of the last ages lie within `rangeMs`, the newest among them, the youngest shows what the clock is off. */
  #learn(newest: Age, rangeMs: number): void {
    this.#ages = [...this.#ages, newest].slice(-AGES_KEPT)
    const above = (floorMs: number) =>
      this.#ages.filter(({ ageMs }) => ageMs >= floorMs && ageMs <= floorMs + rangeMs)
    const floors = this.#ages
      .map(({ ageMs }) => ageMs)
      .filter((floorMs) => {
        const agreeing = above(floorMs)
        const messages = new Set(agreeing.map(({ sentMs }) => sentMs))
        return agreeing.includes(newest) && messages.size >= MESSAGES_AGREEING
      })
    if (floors.length === 0) return
    const floorMs = Math.min(...floors)
    this.#excessMs = Math.abs(floorMs) <= SLACK_MS ? 0 : floorMs
  }
}

/** By a stamp as it is; undefined where that is none. */
function seemingAge(stamp: Date | null | undefined, { sentAt, offsetMs }: MessageTimes): number | undefined {
  const stampMs = usable(stamp)
  return stampMs === undefined ? undefined : sentAt.monoMs - (stampMs + offsetMs)
}

/** An age that can be true: not below none, and not beyond what a value may have waited. */
function possibleAge(ageMs: number, { ageMaxMs, silenceMs }: MessageTimes): number {
  if (ageMs <= ageMaxMs + LATE_MS) return Math.max(0, ageMs)
  // What waited for long is as old as the silence at most. Without a silence it only seems old.
  return Math.min(ageMs, silenceMs)
}
