/** Waiting for a stream that is full. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'

/**
 * A function that waits until the stream takes more, or nobody wants it to any more. Everybody who waits at the same time shares one
 * listener: a command may write many parts without waiting for each, and Node.js warns of more than ten listeners.
 */
export function drained(stream: Writable, signal: AbortSignal): () => Promise<void> {
  let waiting: Promise<void> | undefined
  return () => {
    waiting ??= drainOnce(stream, signal).finally(() => {
      waiting = undefined
    })
    return waiting
  }
}

async function drainOnce(stream: Writable, signal: AbortSignal): Promise<void> {
  await once(stream, 'drain', { signal }).catch(() => undefined)
}
