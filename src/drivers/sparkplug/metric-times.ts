/** When the values of an edge node came to be, on the gateway's clocks. Its own clock may be hours off, and may be set. */
import { type Instant, laterOf } from '../../domain/instant.ts'
import type { Metric, SparkplugPayload } from '../../mqtt/sparkplug/payload.ts'
import { earlierBy } from '../shared/earlier-by.ts'
import { SenderClock } from '../shared/sender-clock.ts'

/** A value that is said to be older than this when it is sent has a time that is not its own. */
const AGE_MAX_MS = 60_000
/** How old values may be when they are sent, as long as none was older. */
const AGE_USUAL_MS = 1_000
/**
 * Nothing is held back for longer than this for a value that is still to come: all that a machine shows would be seen as late as that,
 * and in the end not at all. What is older counts from then.
 */
const HELD_BACK_MAX_MS = 3_000
/** A message may be under way for so long, where the network stood still. */
const UNDER_WAY_MAX_MS = 30_000

/** One for each edge node. */
export class MetricTimes {
  readonly #clock = new SenderClock()
  #oldestMs = AGE_USUAL_MS

  /** How much earlier than it was sent a value may have come to be, as far as this node has shown; within bounds. */
  get heldBackMs(): number {
    return this.#oldestMs
  }

  /** When a payload was sent that comes now. */
  learn({ at }: SparkplugPayload, receivedAt: Instant): Instant {
    return this.#clock.learn(at === undefined ? null : new Date(at), receivedAt, UNDER_WAY_MAX_MS)
  }

  /** When a metric came to have its value: so much earlier than its payload was sent as the node's clock says. */
  of(
    metric: Metric,
    {
      payload,
      at,
      sentAt,
    }: { readonly payload: SparkplugPayload; readonly at: Instant; readonly sentAt: Instant },
  ): Instant {
    if (metric.at === undefined || payload.at === undefined) return sentAt
    const ageMs = payload.at - metric.at
    if (ageMs < 0 || ageMs > AGE_MAX_MS) return sentAt
    this.#oldestMs = Math.min(HELD_BACK_MAX_MS, Math.max(this.#oldestMs, ageMs))
    return laterOf(earlierBy(ageMs, sentAt), earlierBy(AGE_MAX_MS, at))
  }
}
