/** A thread of ours that is there for one answer: whoever no longer waits for it ends it. */
import type { Worker } from 'node:worker_threads'

/** @throws the signal's reason once it is aborted; what the thread failed with */
export async function oneAnswer<Answer>(worker: Worker, until: AbortSignal): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const giveUp = () => reject(until.reason)
  worker.unref()
  until.addEventListener('abort', giveUp, { once: true })
  if (until.aborted) giveUp()
  worker.once('message', resolve)
  worker.once('error', reject)
  worker.once('exit', (code) => reject(new Error(`the thread that was asked has ended with code ${code}`)))
  try {
    return await promise
  } finally {
    until.removeEventListener('abort', giveUp)
    // It may be in a read that the disk does not finish; then it ends after that.
    void worker.terminate()
  }
}
