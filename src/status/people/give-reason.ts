/** An operator says why the machine stands, or stood. */
import { earlierOf, type Instant, laterOf } from '../../domain/instant.ts'
import type { Declared, GivenReason } from '../../domain/subject.ts'
import { changeOpen, changeUnsettled, type Draft } from '../draft.ts'
import { categoryOf } from '../judging/stop-reason.ts'
import { keyOf } from '../judging/verdict.ts'
import { changeReason } from '../rows/downtime.ts'
import { nameLastStop, partBefore } from '../rows/last-stop.ts'
import { splitStop } from '../rows/row.ts'
import { type Candidate, intervalOf, NO_REASON, stopOf, unsettledOf } from '../state.ts'
import { type Naming, namedReason } from './named-reason.ts'
import { reasonTarget } from './reason-target.ts'
import { ruleOf } from './said.ts'
import { certainTo, changeDeclared } from './trial-run.ts'

/** Gives the reason to the stop that it is for. Where there is none, nothing comes of it. */
export function giveReason(draft: Draft, given: GivenReason, at: Instant): void {
  const target = reasonTarget(draft, at)
  const naming = namingOf(draft, given)
  switch (target?.kind) {
    case undefined:
      return
    case 'last': {
      const named = namedReason(target.stop.reason, naming)
      // It is only interrupted where planned time has ended: the rest of it has the same reason.
      if (target.stop === partBefore(draft)) changeReason(draft, named)
      nameLastStop(draft, target.stop, named)
      return
    }
    case 'shown':
      nameShown(draft, target.candidate, naming)
      return
    case 'open': {
      const { reason, since } = target.interval
      if (given.isNewStop) splitStop(draft, splitAt(draft, since, at), namedReason(NO_REASON, naming))
      else changeReason(draft, namedReason(reason, naming))
      changeDeclared(draft, { reason: naming.code, category: naming.category })
      goOnAsDeclared(draft)
    }
  }
}

/** A declared status with another reason is the same one still. */
function goOnAsDeclared(draft: Draft): void {
  const { phase, said } = draft.state
  const interval = intervalOf(phase)
  if (interval && said.declared)
    changeOpen(draft, { interval: { ...interval, key: keyOf(draft, ruleOf(said.declared)) } })
}

/** Where the station does not say of which category a reason is, the code table of the machine may. */
export function namingOf(
  { map }: Draft,
  { code, category, operator }: Omit<Declared, 'status' | 'reason'> & Pick<GivenReason, 'code' | 'category'>,
): Naming {
  return { code, category: category ?? categoryOf(map, code), by: operator }
}

/** A stop that may have ended is split where it was last seen for certain. So is a wait: nothing of one is claimed unseen. */
function splitAt(draft: Draft, since: Instant, at: Instant): Instant {
  const { phase, said } = draft.state
  const mayBeOver = unsettledOf(phase) || said.declared?.run || !stopOf(phase)
  const leftAt = mayBeOver ? certainTo(draft) : null
  return laterOf(since, leftAt ? earlierOf(at, leftAt) : at)
}

function nameShown(draft: Draft, candidate: Candidate, naming: Naming): void {
  const unsettled = unsettledOf(draft.state.phase)
  if (!unsettled) return
  const named = { ...candidate, reason: namedReason(candidate.reason, naming) }
  changeUnsettled(draft, { ...unsettled, candidates: [...unsettled.candidates.slice(0, -1), named] })
}
