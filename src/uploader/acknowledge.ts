/** Lets the local log follow the destination, whose own position is the one that counts. */
import { StoreError } from '../domain/errors.ts'
import type { Outbox } from '../domain/outbox.ts'

interface Follower {
  readonly outbox: Outbox
  readonly consumer: string
}

/**
 * Acknowledges what has landed. Where the log fails, the cursor stays behind: a later acknowledgement, or the next look at both
 * sides, brings it up.
 */
export async function acknowledge({ outbox, consumer }: Follower, seq: number): Promise<void> {
  await writeIfPossible(() => outbox.acknowledge(consumer, seq))
}

/**
 * Writes something into the log that the next look at both sides writes again if need be. A disk that is full, or fails for a while,
 * must not stop the delivery of what it holds; the outbox says itself what is wrong with it.
 */
export async function writeIfPossible(write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!(error instanceof StoreError && error.retryable)) throw error
  }
}
