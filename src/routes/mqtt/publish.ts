/** Publishes messages with QoS 1, and tells what a broker refuses from a connection that is lost. */
import { DestinationError } from '../../domain/errors.ts'
import type { BrokerConnection, PublishOptions } from '../../mqtt/connection.ts'
import { asDestinationError } from './refusals.ts'

/** One message on its way to the broker. */
export interface FeedMessage extends PublishOptions {
  readonly topic: string
  readonly payload: Buffer | string
}

/**
 * Resolves once the broker has acknowledged or refused it.
 * @returns the refusal; undefined of a message that landed
 * @throws DestinationError where the connection is lost
 */
export async function publishOne(
  connection: BrokerConnection,
  { topic, payload, ...options }: FeedMessage,
): Promise<DestinationError | undefined> {
  try {
    await connection.publish(topic, payload, options)
    return undefined
  } catch (fault) {
    const error = asDestinationError(fault)
    if (error instanceof DestinationError && error.isAboutRows) return error
    throw error
  }
}

/** Several, whose order is kept: a message does not wait for the acknowledgement of the one before it. */
export function publishAll(
  connection: BrokerConnection,
  messages: readonly FeedMessage[],
): Promise<readonly (DestinationError | undefined)[]> {
  return Promise.all(messages.map((message) => publishOne(connection, message)))
}
