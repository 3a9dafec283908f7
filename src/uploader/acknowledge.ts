/** Lets the local log follow the destination, whose own position is the one that counts. */
import { StoreError } from '../domain/errors.ts'
import type { Outbox } from '../domain/outbox.ts'

interface Follower {
  readonly outbox: Outbox
  readonly consumer: string
}

/**
 * Acknowledges what has landed. A cursor that cannot be saved stays behind: a later acknowledgement, or the next look at both
 * sides, brings it up.
 */
export async function acknowledge({ outbox, consumer }: Follower, seq: number): Promise<void> {
  await unlessDiskIsFull(() => outbox.acknowledge(consumer, seq))
}

/**
 * Writes something into the log that the next look at both sides writes again if need be. A full disk must not stop the delivery of
 * what it is full of; the outbox says itself that its disk is full.
 */
export async function unlessDiskIsFull(write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!(error instanceof StoreError && error.retryable)) throw error
  }
}
