/**
 * In which form a feed speaks: one for JSON, one for Sparkplug. A form decides topics and payloads, and when something is published.
 * The connection, the position and what was refused are the session's.
 */
import type { DestinationError } from '../../domain/errors.ts'
import type { Trouble } from '../../domain/health.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import type { WillSource } from '../../mqtt/broker.ts'
import type { BrokerConnection } from '../../mqtt/connection.ts'
import type { MessageListener } from '../../mqtt/incoming.ts'

/** A form, for as long as its route runs. */
export interface FeedFormat {
  /**
   * What the next connection is made with; asked before each.
   * @throws DestinationError
   */
  prepare(): Promise<FeedPublisher>
}

/** Publishes in this form over one connection. Whatever it publishes is acknowledged before it returns. */
export interface FeedPublisher {
  /** What the broker says when the connection ends without a goodbye. */
  readonly will: WillSource
  /** MQTT 5: whether the broker says it also after a goodbye. */
  readonly willAtGoodbye?: boolean
  /** Aborted, with a DestinationError as its reason, where the form itself has to leave this connection. */
  readonly left?: AbortSignal
  /** Takes what the broker sends, where the form subscribes to anything. */
  readonly hear?: MessageListener
  /**
   * The connection has just been made: says who is there, and what everything shows now.
   * @param signal ends whatever it waits for
   * @throws DestinationError
   */
  announce(connection: BrokerConnection, signal: AbortSignal): Promise<void>
  /**
   * Publishes events in order. Those that the broker refused come back, each with its own refusal; all others have landed.
   * @throws DestinationError where the connection is lost, or nothing may be published now
   */
  publish(events: readonly StoredEvent[]): Promise<readonly MessageRefusal[]>
  /** Publishes what shows now, where that has changed. @throws DestinationError where the connection is lost */
  refresh(): Promise<void>
  /** Says goodbye: a will is only published where nobody did. @throws DestinationError */
  sayGoodbye(): Promise<void>
  /** What could not be published beside the events. */
  readonly troubles: readonly Trouble[]
}

/** An event that the broker did not take. */
export interface MessageRefusal {
  readonly event: StoredEvent
  /** `row`: it is proven that this message can never be taken; `refused`: others of its kind may show whose fault it is. */
  readonly error: DestinationError
}
