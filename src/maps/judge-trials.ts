/** Lets the time of trials pass, and takes back each map whose trial has failed. */

import type { Owner } from '../domain/owner.ts'
import type { Clock } from '../runtime/clock.ts'
import type { MapStore } from './map-store.ts'
import type { MachineReading, MapTrials } from './map-trials.ts'

interface TrialParts {
  readonly clock: Clock
  readonly consumer: { reading(owner: Owner): MachineReading | undefined }
  readonly store: Pick<MapStore, 'refuse' | 'trialEnded'>
}

const TRIAL_LOOK_MS = 1_000

/** Refuses each map whose trial has failed, and reads again: the one before it comes back into force. */
export async function judgeTrials(
  { clock, consumer, store }: TrialParts,
  trials: MapTrials,
  again: () => void,
  signal: AbortSignal,
): Promise<void> {
  let lookedMs = clock.now().monoMs
  while (!signal.aborted) {
    await clock.sleep(TRIAL_LOOK_MS, signal)
    const nowMs = clock.now().monoMs
    const onTrial = trials.owners
    const failed = trials.pass(nowMs - lookedMs, consumer.reading)
    lookedMs = nowMs
    const refused = new Set(failed.filter(({ owner, why }) => store.refuse(owner, why)))
    for (const one of failed) if (!refused.has(one)) trials.leave(one.owner)
    // Only after a refusal is on disk: a power cut between the two must not end the trial in favour of the wrong map.
    for (const owner of onTrial) if (!trials.goesOn(owner)) store.trialEnded(owner)
    if (refused.size > 0) again()
  }
}
