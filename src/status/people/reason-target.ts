/** Which stop a reason is for that is scanned now. */
import type { Instant } from '../../domain/instant.ts'
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

/**
 * The stop that a reason is for:
 * `open`: the one that the machine stands in;
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
  return stop && { kind: 'last', stop }
}
