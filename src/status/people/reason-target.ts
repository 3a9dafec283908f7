/** Which stop a reason is for that is scanned now. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import type { MachineMap } from '../../domain/machine-map.ts'
import type { Draft } from '../draft.ts'
import { lastStopAt } from '../rows/last-stop.ts'
import {
  type Candidate,
  intervalOf,
  type LastStop,
  type OpenInterval,
  stopOf,
  unsettledOf,
} from '../state.ts'

/** What follows a row may stand a little behind its end, because no two rows have one stamp. */
const SAME_MS = 2

/**
 * The stop that a reason is for:
 * `open`: the one that the machine stands in, or its wait, which makes no downtime;
 * `shown`: one that the machine shows and that is not believed yet; if it is too short to count, the reason is nobody's;
 * `last`: one that has ended.
 */
export type ReasonTarget =
  | { readonly kind: 'open'; readonly interval: OpenInterval }
  | { readonly kind: 'shown'; readonly candidate: Candidate }
  | { readonly kind: 'last'; readonly stop: LastStop }

/** Decides both what `status` and the station promise of a reason, and what becomes of it. */
export function reasonTarget({ map, state }: Pick<Draft, 'map' | 'state'>, at: Instant): ReasonTarget | null {
  const { phase } = state
  const interval = intervalOf(phase)
  if (interval && stopOf(phase)) return { kind: 'open', interval }
  const candidate = unsettledOf(phase)?.candidates.at(-1)
  if (candidate && map.eventsFor.includes(candidate.status)) return { kind: 'shown', candidate }
  const stop = lastStopAt(state, at)
  if (interval && interval.status !== 'running' && !(stop && isRatherMeant(stop, interval, map, at)))
    return { kind: 'open', interval }
  return stop && { kind: 'last', stop }
}

/**
 * Whether a downtime that has ended is meant while the machine waits: it has gone over into the wait, or that is still short. Not
 * where somebody has named the wait.
 */
function isRatherMeant(
  { downtime, endedAt }: LastStop,
  { onset, reason }: OpenInterval,
  { stops }: MachineMap,
  at: Instant,
): boolean {
  if (!downtime || reason.by !== null) return false
  return elapsedMs(endedAt, onset) <= SAME_MS || elapsedMs(onset, at) < stops.microStopBelowMs
}
