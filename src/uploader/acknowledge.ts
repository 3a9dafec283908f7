/** Lets the local cursor follow the destination, whose own position is the one that counts. */
import { StoreError } from '../domain/errors.ts'
import type { Outbox } from '../domain/outbox.ts'

interface Follower {
  readonly outbox: Outbox
  readonly consumer: string
}

/**
 * Acknowledges what has landed. A full disk must not stop the delivery of what it is full of, so a cursor that cannot be saved
 * stays behind: a later acknowledgement, or the next look at both sides, brings it up. The outbox says itself that its disk is full.
 */
export async function acknowledge({ outbox, consumer }: Follower, seq: number): Promise<void> {
  try {
    await outbox.acknowledge(consumer, seq)
  } catch (error) {
    if (!(error instanceof StoreError && error.retryable)) throw error
  }
}
