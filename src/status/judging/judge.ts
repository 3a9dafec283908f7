/** Judges what the machine shows: which rule decides, or whether a transient state leaves things as they are. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import { changeCandidate, type Draft, see } from '../draft.ts'
import { comeBack } from '../on-loss.ts'
import { frozenSince, loseView } from '../seeing/seeing.ts'
import type { View } from '../view.ts'
import { weigh } from './candidate.ts'
import { decide, isTransient } from './rules.ts'

/** Looks at the rules, and holds their verdict against what is open. */
export function judge(draft: Draft, at: Instant): void {
  const { map, view } = draft
  if (frozenSince(map, view.values, at) !== undefined) {
    loseView(draft, view.sight.verdict.transientSince)
    return
  }
  const transientSince = transientBeginning(draft, at)
  if (transientSince && elapsedMs(transientSince, at) <= (map.transient?.maxMs ?? 0)) {
    passOver(draft, transientSince, at)
    return
  }
  const verdict = decide(map, view.values)
  if (verdict.kind === 'undecided') {
    loseView(draft, transientSince)
    return
  }
  const { rule } = verdict
  if (view.sight.kind !== 'whole') comeBack(draft, rule, at)
  see(draft, { sight: { kind: 'whole', verdict: { kind: 'rule', rule, transientSince } } })
  weigh(draft, rule, at)
}

/** When the transient state began that the machine shows; null where it shows none. */
function transientBeginning({ map, view }: Draft, at: Instant): Instant | null {
  return isTransient(map, view.values) ? (view.sight.verdict.transientSince ?? at) : null
}

/**
 * A transient state passes: the interval before it goes on. Where none could go on (the machine comes back from out of
 * sight), the status is known only with the next state that lasts.
 */
function passOver(draft: Draft, transientSince: Instant, at: Instant): void {
  if (goesOn(draft, at))
    see(draft, { sight: { kind: 'whole', verdict: { kind: 'transient', transientSince } } })
  else see(draft, { sight: baseless(draft.view, transientSince) })
  changeCandidate(draft, null)
}

function baseless({ sight }: View, transientSince: Instant): View['sight'] {
  return { kind: sight.kind, verdict: { kind: 'undecided', transientSince } }
}

/** Whether the open interval went on up to now, short interruptions included. */
function goesOn({ map, state: { phase, lastSeen } }: Draft, at: Instant): boolean {
  return phase.kind === 'seen' && lastSeen !== null && elapsedMs(lastSeen, at) <= map.onCommLoss.afterMs
}
