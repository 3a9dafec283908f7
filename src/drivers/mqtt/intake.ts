/** Turns the messages of one link into samples of its signals. */
import type { Instant } from '../../domain/instant.ts'
import type { Quality, Sample, SignalSpec, SignalValue } from '../../domain/signal.ts'
import { TopicIndex } from '../shared/brokers/topic-index.ts'
import { SignalChanges } from '../shared/signal-changes.ts'
import type { MqttAddress } from './address.ts'
import { findAt } from './json-path.ts'
import type { HeardMessage } from './message.ts'
import { SampleTimes, stampOf } from './sample-times.ts'
import { missingIn, valueIn } from './value.ts'

/** What is known of a message besides what is in it. */
interface Arrival {
  readonly now: Instant
  /** It was not retained: its publisher has sent it since the link began, or while the gateway was away. */
  readonly isLive: boolean
  /** The availability topics vouch for its publisher. */
  readonly isOnline: boolean
  /** The broker does not know whether it has come before. */
  readonly isRepeated: boolean
}

/** What is known of a device over its links, while the gateway runs. */
export interface HeardBefore {
  /** When its publisher was heard last. */
  at?: Instant
  /** By signal, what the message with the latest time said. */
  readonly newest: Map<string, Stamped>
}

interface Stamped {
  /** Since 1970, by its publisher's clock. */
  readonly ms: number
  readonly value: SignalValue
}

type Signal = SignalSpec<MqttAddress>

const SUGGESTION = 'did you mean'
const RETAINED = 'retained by the broker: nobody knows how old'
/** The most frequent mistake with topics, and how to see it. */
const SEE_TOPICS = 'capital letters count, and millrace browse shows what is published'
const UNDATED = 'its message does not say when it was measured, and may have waited in the broker'
const NO_ZONE =
  'the time in its messages cannot be read (it needs a time zone): values are dated when they come'

/** One for each link: it remembers the last sample of each signal. */
export class MessageIntake {
  readonly #signals: readonly Signal[]
  readonly #changes: SignalChanges
  readonly #routes = new TopicIndex<number>()
  readonly #times: SampleTimes
  readonly #newest: HeardBefore['newest']
  /** Signals of which nothing has come yet. */
  readonly #awaited: Set<number>
  /** Of those, what the messages lack that have come. */
  readonly #lacking = new Map<number, string>()
  /** Signals of which a live message has come: what is retained is not newer. */
  readonly #live = new Set<number>()
  /** Retained values that are good as soon as their publisher is known to be there. */
  readonly #kept = new Map<number, SignalValue>()
  #samples: Sample[] = []
  #isTimeUnread = false
  #hasRetained = false

  constructor(
    signals: readonly Signal[],
    began: Instant,
    { isSessionKept, newest }: Pick<HeardBefore, 'newest'> & { readonly isSessionKept: boolean },
  ) {
    this.#newest = newest
    this.#signals = signals
    this.#changes = new SignalChanges(signals)
    this.#awaited = new Set(signals.keys())
    for (const [index, { address }] of signals.entries()) this.#routes.add(address.filter, index)
    const hasTimes = signals.some(({ address }) => address.time !== undefined)
    this.#times = new SampleTimes(began, { hasTimes, isSessionKept })
  }

  /** The topics that are to be subscribed. */
  get filters(): readonly string[] {
    return this.#routes.filters
  }

  /** Every signal has had a message. */
  get isWhole(): boolean {
    return this.#awaited.size === 0
  }

  /** What the broker had retained has come. */
  get hasRetained(): boolean {
    return this.#hasRetained
  }

  /** What people should know of the times in the messages. */
  get remark(): string | undefined {
    return this.#times.remark ?? (this.#isTimeUnread ? NO_ZONE : undefined)
  }

  /** @returns whether it is a message of one of the signals */
  take(topic: string, message: HeardMessage, arrival: Arrival): boolean {
    const meant = this.#routes.of(topic)
    for (const index of meant) this.#takeSignal(index, message, arrival)
    return meant.length > 0
  }

  /** The publisher is known to be there: what it keeps retained is up to date. */
  online(): void {
    const at = this.#times.ofRetained()
    for (const [index, value] of this.#kept) this.#note(index, value, { quality: 'good', at })
    this.#kept.clear()
  }

  /** What has changed since the last call; of signals that had no message yet, that it is missing. */
  samples(now: Instant): readonly Sample[] {
    for (const index of this.#awaited) {
      const came = `no message of ${this.#signals[index]?.address.filter} has come yet`
      const detail = this.#lacking.get(index) ?? `${came}; ${SEE_TOPICS}`
      this.#note(index, null, { quality: 'bad', at: now, detail })
    }
    const samples = this.#samples
    this.#samples = []
    return samples
  }

  /** Up to when all is said. */
  complete(now: Instant): Instant {
    return this.#times.complete(now)
  }

  #takeSignal(index: number, message: HeardMessage, { now, isLive, isOnline, isRepeated }: Arrival): void {
    const address = this.#signals[index]?.address
    if (!address || (!isLive && this.#live.has(index))) return
    const read = valueIn(message, address)
    if (!read) {
      if (this.#awaited.has(index)) this.#noteLacking(index, missingIn(message, address))
      return
    }
    const stampMs = isLive ? this.#stampIn(message, address) : undefined
    if (stampMs !== undefined) {
      const said = { ms: stampMs, value: read.value }
      if (isRepeated && this.#isOvertaken(index, said)) return
      this.#remember(index, said)
    }
    this.#awaited.delete(index)
    if (isLive) this.#live.add(index)
    else this.#hasRetained = true
    const { value, quality, detail } = read
    if (isLive) this.#kept.delete(index)
    else if (address.retained === 'current' && quality === 'good') this.#kept.set(index, value)
    const isCurrent = isLive || (address.retained === 'current' && isOnline)
    if (!isCurrent && quality === 'good') {
      this.#note(index, value, { quality: 'uncertain', at: this.#times.ofRetained(), detail: RETAINED })
      return
    }
    const at = isLive ? this.#times.of(stampMs, now) : this.#times.ofRetained()
    const isUndated = address.isTimeNeeded && isLive && stampMs === undefined && quality === 'good'
    if (isUndated) this.#note(index, value, { quality: 'uncertain', at, detail: UNDATED })
    else this.#note(index, value, { quality, at, detail })
  }

  /** The word that helps most is kept: where a message has something of a similar name. */
  #noteLacking(index: number, missing: string): void {
    if (this.#lacking.has(index) && !missing.includes(SUGGESTION)) return
    this.#lacking.set(index, `no message has had this value yet: ${missing}`)
  }

  /** Whether what was said later has come already. Several messages may have the same time. */
  #isOvertaken(index: number, { ms, value }: Stamped): boolean {
    const newest = this.#newest.get(this.#signals[index]?.name ?? '')
    return newest !== undefined && (ms < newest.ms || (ms === newest.ms && value !== newest.value))
  }

  #remember(index: number, said: Stamped): void {
    const name = this.#signals[index]?.name ?? ''
    if (said.ms >= (this.#newest.get(name)?.ms ?? said.ms)) this.#newest.set(name, said)
  }

  #stampIn(message: HeardMessage, { time }: MqttAddress): number | undefined {
    if (!time || 'fault' in message.json) return undefined
    const found = findAt(message.json.value, time)
    const stampMs = 'value' in found ? stampOf(found.value) : undefined
    this.#isTimeUnread = stampMs === undefined
    return stampMs
  }

  #note(
    index: number,
    value: SignalValue,
    {
      quality,
      at,
      detail,
    }: { readonly quality: Quality; readonly at: Instant; readonly detail?: string | undefined },
  ): void {
    const sample = this.#changes.observe(index, value, quality, at, detail)
    if (sample) this.#samples.push(sample)
  }
}
