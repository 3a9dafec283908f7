/** What the times of the values in a message depend on: when it was sent, and what may still be under way behind it. */
import { elapsedMs, type Instant, laterOf } from '../../../domain/instant.ts'
import { earlierBy } from '../../shared/earlier-by.ts'
import { SenderClock } from '../../shared/sender-clock.ts'
import type { ReceivedMessage } from './message-order.ts'

/** Servers are this late at times, without anything being wrong. */
const LATE_MS = 1_000
/**
 * Nothing is held back for longer than this for what is still to be noticed: a signal that is sampled every 10 s must not delay
 * all others. What it shows counts from then at the earliest.
 */
const HELD_BACK_MAX_MS = 1_000
/** After a silence, a server has sent all that waited this long after its first message, and two publishing intervals. */
const CATCHING_UP_MS = 2_000

/** A message, as far as the times of its values depend on it. All on the gateway's clock. */
export interface MessageTimes {
  readonly sentAt: Instant
  /** What to add to a time of the server to have it on our monotonic clock. */
  readonly offsetMs: number
  /** How old its values may be: what sampling and publishing take. */
  readonly ageMaxMs: number
  /** How much older they may be because nobody fetched them for a while. */
  readonly silenceMs: number
  /** Everything that changed before comes with this message or has come before it. */
  readonly completeTo: Instant
  /** The same of the message before. */
  readonly completeBefore: Instant
}

/** How a subscription works, as the server revised it. */
interface Rhythm {
  readonly publishingMs: number
  /** Something comes at least this often. */
  readonly quietMs: number
  /** What changed is noticed by the server within this. */
  readonly samplingMs: number
}

/** One for each subscription. */
export class MessageTiming {
  readonly #clock = new SenderClock()
  readonly #rhythm: () => Rhythm
  #completeTo: Instant
  #receivedAt: Instant
  #sentAt: Instant
  /** The last contact before the server could not send for a while, until everything has been fetched. */
  #silentFrom: Instant | undefined
  #catchingUpFrom: Instant | undefined

  constructor(connectedAt: Instant, rhythm: () => Rhythm) {
    this.#rhythm = rhythm
    this.#completeTo = connectedAt
    this.#receivedAt = connectedAt
    this.#sentAt = connectedAt
  }

  /** The connection broke. */
  disturbed(): void {
    this.#silentFrom ??= this.#receivedAt
    this.#catchingUpFrom = undefined
  }

  of(received: ReceivedMessage): MessageTimes {
    const { receivedAt, isMoreComing } = received
    const { publishingMs, quietMs, samplingMs } = this.#rhythm()
    if (elapsedMs(this.#receivedAt, receivedAt) > quietMs + LATE_MS) this.disturbed()
    const firstSentAt = this.#firstSentAt(received)
    const sentAt = firstSentAt ?? laterOf(this.#sentAt, this.#sentNow(received))
    const completeBefore = this.#completeTo
    if (!isMoreComing && !this.#silentFrom)
      this.#completeTo = laterOf(completeBefore, earlierBy(Math.min(samplingMs, HELD_BACK_MAX_MS), sentAt))
    const silentFrom = firstSentAt ? this.#repeatedSilence(sentAt, quietMs) : (this.#silentFrom ?? sentAt)
    this.#receivedAt = receivedAt
    // When it was sent first is not known of a message that is repeated without a time: later ones may have been sent before.
    if (firstSentAt || !received.isRepeated) this.#sentAt = sentAt
    this.#noteCaughtUp(received, publishingMs)
    return {
      sentAt,
      offsetMs: this.#clock.offsetMs ?? receivedAt.monoMs - receivedAt.wallMs,
      ageMaxMs: publishingMs + samplingMs,
      silenceMs: Math.max(0, elapsedMs(silentFrom, sentAt)),
      completeTo: this.#completeTo,
      completeBefore,
    }
  }

  /** When a message that is repeated was sent first, where it has that time and was not sent before the one before it. */
  #firstSentAt({ message, receivedAt, isRepeated }: ReceivedMessage): Instant | undefined {
    if (!isRepeated) return undefined
    const sentAt = this.#clock.read(message.publishTime, receivedAt, this.#delayMaxMs(receivedAt))
    return sentAt && sentAt.monoMs >= this.#sentAt.monoMs ? sentAt : undefined
  }

  /** What is only repeated had been sent in time, unless the server had sent nothing for long before. */
  #repeatedSilence(sentAt: Instant, quietMs: number): Instant {
    return elapsedMs(this.#sentAt, sentAt) > quietMs + LATE_MS ? this.#sentAt : sentAt
  }

  #sentNow({ message, receivedAt, answeredAt, isRepeated }: ReceivedMessage): Instant {
    if (isRepeated) return receivedAt
    return this.#clock.learn(answeredAt ?? message.publishTime, receivedAt, this.#delayMaxMs(receivedAt))
  }

  #delayMaxMs(receivedAt: Instant): number {
    return elapsedMs(this.#silentFrom ?? this.#receivedAt, receivedAt) + LATE_MS
  }

  /** A keep-alive proves nothing here: it may come before what waits is gathered. */
  #noteCaughtUp({ receivedAt, isRepeated }: ReceivedMessage, publishingMs: number): void {
    if (!this.#silentFrom || isRepeated) return
    this.#catchingUpFrom ??= receivedAt
    if (elapsedMs(this.#catchingUpFrom, receivedAt) < CATCHING_UP_MS + 2 * publishingMs) return
    this.#silentFrom = undefined
    this.#catchingUpFrom = undefined
  }
}
