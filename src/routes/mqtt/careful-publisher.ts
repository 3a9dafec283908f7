/**
 * Publishes events so that one which ends the connection does not hold up all others for ever. Many brokers close the connection in
 * place of a refusal: for a message that is too large, or a topic that the user may not write.
 *
 * What was on its way when a connection broke is sent one by one over the next. An event at which three connections in a row broke
 * while nothing else was on its way is refused without being sent, and tried again after a while.
 */
import { DestinationError, withHint } from '../../domain/errors.ts'
import type { Instant } from '../../domain/instant.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import type { BrokerConnection } from '../../mqtt/connection.ts'
import type { MessageRefusal } from './format.ts'
import { type FeedMessage, publishOne } from './publish.ts'

/** An event, and what is said of it. */
interface EventMessage {
  readonly event: StoredEvent
  readonly message: FeedMessage
}

/** Connections that may break at one event by chance. */
const BREAKS_MAX = 3
/** How long an event is not sent at which connections break. */
const REFUSED_FOR_MS = 600_000

/** At which event connections broke. */
interface Breaker {
  readonly times: number
  readonly refusal: DestinationError
  /** On the monotonic clock; until then it is refused without being sent. */
  readonly refusedUntilMs: number
}

/** One for a route, over all of its connections. */
export class CarefulPublisher {
  readonly #now: () => Instant
  /** On their way when a connection broke, and not answered since. */
  readonly #suspects = new Set<string>()
  readonly #breakers = new Map<string, Breaker>()

  constructor(now: () => Instant) {
    this.#now = now
  }

  /**
   * Publishes in order; resolves once each is acknowledged or refused.
   * @throws DestinationError where the connection is lost
   */
  async publish(
    connection: BrokerConnection,
    messages: readonly EventMessage[],
  ): Promise<readonly MessageRefusal[]> {
    const refusals: MessageRefusal[] = []
    let together: EventMessage[] = []
    for (const one of messages) {
      if (!this.#isSuspect(one)) {
        together.push(one)
        continue
      }
      refusals.push(...(await this.#publishTogether(connection, together)))
      together = []
      refusals.push(...(await this.#publishAlone(connection, one)))
    }
    refusals.push(...(await this.#publishTogether(connection, together)))
    return refusals
  }

  #isSuspect(one: EventMessage): boolean {
    if (this.#suspects.size === 0 && this.#breakers.size === 0) return false
    const name = nameOf(one)
    return this.#suspects.has(name) || this.#breakers.has(name)
  }

  async #publishTogether(
    connection: BrokerConnection,
    messages: readonly EventMessage[],
  ): Promise<readonly MessageRefusal[]> {
    const unanswered = new Set(messages)
    const refusals: MessageRefusal[] = []
    const publishing = messages.map(async (one) => {
      const error = await publishOne(connection, one.message)
      unanswered.delete(one)
      if (error) refusals.push({ event: one.event, error })
    })
    const outcomes = await Promise.allSettled(publishing)
    const lost = outcomes.find((outcome) => outcome.status === 'rejected')
    if (lost) {
      for (const one of unanswered) this.#suspects.add(nameOf(one))
      throw lost.reason
    }
    return refusals.toSorted((one, other) => one.event.seq - other.event.seq)
  }

  async #publishAlone(connection: BrokerConnection, one: EventMessage): Promise<readonly MessageRefusal[]> {
    const { event, message } = one
    const name = nameOf(one)
    const breaker = this.#breakers.get(name)
    if (breaker && breaker.refusedUntilMs > this.#now().monoMs) return [{ event, error: breaker.refusal }]
    try {
      const error = await publishOne(connection, message)
      this.#suspects.delete(name)
      this.#breakers.delete(name)
      return error ? [{ event, error }] : []
    } catch (fault) {
      this.#noteBreak(one, fault)
      throw fault
    }
  }

  #noteBreak(one: EventMessage, fault: unknown): void {
    if (!(fault instanceof DestinationError)) return
    const name = nameOf(one)
    this.#suspects.delete(name)
    const times = (this.#breakers.get(name)?.times ?? 0) + 1
    const refusedUntilMs = times < BREAKS_MAX ? 0 : this.#now().monoMs + REFUSED_FOR_MS
    this.#breakers.set(name, { times, refusal: refusalOf(one.message, fault), refusedUntilMs })
  }
}

function refusalOf({ topic, payload }: FeedMessage, { message, hint }: DestinationError): DestinationError {
  const bytes = Buffer.byteLength(payload)
  const what = `each time a message of ${topic} with ${bytes} bytes was sent, the connection broke: ${withHint(message, hint)}`
  return new DestinationError('broker-breaks', what, {
    refusal: 'refused',
    refusedBy: 'the connection breaks',
    hint: 'it may be too large for the broker, or on a topic that the user may not write: look into the log of the broker',
  })
}

function nameOf({ event: { seq, event } }: EventMessage): string {
  return `${seq} ${event.kind} ${event.subject} ${event.at}`
}
