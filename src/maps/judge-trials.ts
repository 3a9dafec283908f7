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

/** How the files are read again. */
interface Readings {
  /** Does something while none goes on. */
  inTurn(work: () => Promise<void>): Promise<void>
  /** One more, behind those that were asked for. */
  again(): void
}

const TRIAL_LOOK_MS = 1_000

/** Refuses each map whose trial has failed, and reads again: the one before it comes back into force. */
export async function judgeTrials(
  { clock, consumer, store }: TrialParts,
  trials: MapTrials,
  readings: Readings,
  signal: AbortSignal,
): Promise<void> {
  let lookedMs = clock.now().monoMs
  while (!signal.aborted) {
    await clock.sleep(TRIAL_LOOK_MS, signal)
    const nowMs = clock.now().monoMs
    const onTrial = trials.owners
    const failed = trials.pass(nowMs - lookedMs, consumer.reading)
    lookedMs = nowMs
    const over = onTrial.filter((owner) => !trials.goesOn(owner))
    // Nobody waits here for a long reading: the time of the other trials passes.
    if (over.length > 0)
      void readings.inTurn(async () => settle({ over, failed }, { store, trials, readings }))
  }
}

/** Trials that are over, and those of them that have failed. */
interface Outcomes {
  readonly over: readonly Owner[]
  readonly failed: ReturnType<MapTrials['pass']>
}

function settle(
  { over, failed }: Outcomes,
  { store, trials, readings }: Pick<TrialParts, 'store'> & { trials: MapTrials; readings: Readings },
): void {
  // Another map may have come into force for it while a reading was waited for.
  const lasting = failed.filter(({ owner }) => trials.standing(owner)?.outcome === 'failed')
  for (const { owner, why } of lasting) {
    if (store.refuse(owner, why)) readings.again()
    else trials.leave(owner)
  }
  // Only after a refusal: a power cut between the two must not end the trial in favour of the wrong map.
  for (const owner of over) if (!trials.goesOn(owner)) store.trialEnded(owner)
}
