/** What a machine showed under the map before, judged by the present one. */
import { type Instant, laterOf } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import { changeUnsettled, type Draft } from '../draft.ts'
import { intervalOf, unsettledOf } from '../state.ts'
import { newCandidate } from './candidates.ts'
import { decide } from './rules.ts'
import { valuesInSight } from './sight.ts'
import { keyOf } from './verdict.ts'

/**
 * Nothing that another map took for possible counts any more. The machine has shown what the present map says since the values
 * stand that it reads; until the open status was gone by the map before, that one was seen.
 */
export function rejudge(draft: Draft, rule: StatusRule, at: Instant): void {
  const { map, state } = draft
  const unsettled = unsettledOf(state.phase)
  if (!unsettled || unsettled.judgedBy === null || unsettled.judgedBy === map.version) return
  changeUnsettled(draft, null)
  if (intervalOf(state.phase)?.key === keyOf(draft, rule)) return
  const since = laterOf(unsettled.since, standingSince(draft, at))
  const candidates = [newCandidate(draft, rule, since)]
  changeUnsettled(draft, { ...unsettled, judgedBy: map.version, since, candidates })
}

/** Since when the values stand that the present verdict comes from. */
function standingSince(draft: Draft, at: Instant): Instant {
  const values = valuesInSight(draft, at)
  const verdict = decide(draft.map, values)
  const read = verdict.kind === 'rule' ? verdict.read.flatMap((signal) => values[signal] ?? []) : []
  return read.length === 0 ? at : read.map(({ since }) => since).reduce(laterOf)
}
