/** Has a map tried by a thread of its own, bounded in time and memory, so that no poll waits for it. */
import { Worker } from 'node:worker_threads'
import { oneAnswer } from '../../runtime/one-answer.ts'
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
export async function runTrial(tried: TriedMap, signal: AbortSignal): Promise<TrialAnswer> {
  const tooLong = AbortSignal.timeout(TRIAL_MAX_MS)
  const worker = new Worker(threadFile(import.meta.url, './trial-worker'), {
    workerData: tried,
    name: 'what if',
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MAX_MB },
  })
  try {
    return await oneAnswer<TrialAnswer>(worker, AbortSignal.any([signal, tooLong]))
  } catch (error) {
    if (error !== tooLong.reason || !tooLong.aborted) throw error
    throw new TrialTooLong('the time is too long to be replayed')
  }
}
