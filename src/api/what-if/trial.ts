/** Has a map tried by a thread of its own, bounded in time and memory, so that no poll waits for it. */
import { Worker } from 'node:worker_threads'
import { threadFile } from '../../runtime/open-calls.ts'
import type { WhatIfOnWire } from './shapes.ts'
import type { TrialOutcome, TriedMap } from './tried-map.ts'

/** Days of a machine that is read ten times a second take half a minute on a small computer. */
const TRIAL_MAX_MS = 120_000
const MEMORY_MAX_MB = 768

/** What the thread answers. */
export type TrialAnswer =
  | Exclude<TrialOutcome, { readonly kind: 'compared' }>
  | { readonly kind: 'compared'; readonly result: WhatIfOnWire }
  /** There is no recording, or it cannot be read. */
  | { readonly kind: 'unreadable'; readonly code: string; readonly message: string; readonly hint?: string }

/** It took too long; a shorter span may not. */
export class TrialTooLong extends Error {
  override readonly name = 'TrialTooLong'
}

/** @throws the signal's reason once it is aborted; what the thread failed with */
export function runTrial(tried: TriedMap, signal: AbortSignal): Promise<TrialAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TrialAnswer>()
  const worker = new Worker(threadFile(import.meta.url, './trial-worker'), {
    workerData: tried,
    name: 'what if',
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
  })
  worker.unref()
  const until = AbortSignal.any([signal, AbortSignal.timeout(TRIAL_MAX_MS)])
  const giveUp = () =>
    reject(signal.aborted ? signal.reason : new TrialTooLong('the time is too long to be replayed'))
  until.addEventListener('abort', giveUp, { once: true })
  if (until.aborted) giveUp()
  worker.once('message', resolve)
  worker.once('error', reject)
  worker.once('exit', (code) => reject(new Error(`the thread that replays has ended with code ${code}`)))
  return promise.finally(() => {
    until.removeEventListener('abort', giveUp)
    return worker.terminate()
  })
}
