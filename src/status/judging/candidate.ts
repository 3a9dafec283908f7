/** A status that its rule gives becomes a candidate, and once it has held for its time, the open interval. */
import { elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import { change, changeCandidate, type Draft, see } from '../draft.ts'
import { beginStop, endStop, isStop, recordStop } from '../rows/downtime.ts'
import { closeInterval, openInterval, splitAtMidnights, splitInterval } from '../rows/intervals.ts'
import { workOrderNow } from '../seeing/work-order.ts'
import { type Candidate, candidateOf, intervalOf, NO_REASON, type Phase } from '../state.ts'
import { causeOf } from './rules.ts'
import { holdMs, keyOf, reasonNow } from './verdict.ts'

/** Holds the verdict of the rules against what is open: it confirms the open interval, or is a candidate to end it. */
export function weigh(draft: Draft, rule: StatusRule, at: Instant): void {
  const { phase } = draft.state
  const key = keyOf(draft, rule)
  if (intervalOf(phase)?.key === key) {
    changeCandidate(draft, null)
    followWorkOrder(draft, at)
    return
  }
  const before = candidateOf(phase)
  const candidate =
    before?.key === key ? followed(draft, before, rule, at) : newCandidate(draft, rule, key, at)
  // Behind a marker an interval begins with the first sample: there is nothing that it could end too early.
  if (phase.kind === 'gap') {
    begin(draft, candidate, at)
    return
  }
  changeCandidate(draft, candidate)
  commitIfHeld(draft, at)
}

function newCandidate(draft: Draft, rule: StatusRule, key: string, at: Instant): Candidate {
  return {
    status: rule.is,
    key,
    since: at,
    holdMs: holdMs(draft, rule, intervalOf(draft.state.phase)),
    releaseMs: rule.releaseMs,
    cause: causeOf(rule.when, draft.view.values),
    reason: reasonNow(draft, rule, NO_REASON, at, at),
    workOrder: workOrderNow(draft),
  }
}

/** The candidate with the reason as it is now; the same object while that does not change. */
function followed(draft: Draft, candidate: Candidate, rule: StatusRule, at: Instant): Candidate {
  const reason = reasonNow(draft, rule, candidate.reason, candidate.since, at)
  return reason === candidate.reason ? candidate : { ...candidate, reason }
}

/** A candidate that has held its time becomes the open interval, from its first sample on. */
export function commitIfHeld(draft: Draft, upTo: Instant): void {
  const candidate = candidateOf(draft.state.phase)
  // While the view is interrupted nothing holds: what happened in between is not known.
  if (!candidate || draft.view.sight.kind !== 'whole') return
  if (elapsedMs(candidate.since, upTo) >= candidate.holdMs) begin(draft, candidate, upTo)
}

/** Ends what is open, and begins the candidate's interval and, where it is one, its stop. */
function begin(draft: Draft, candidate: Candidate, upTo: Instant): void {
  const { status, key, reason, workOrder, releaseMs, cause } = candidate
  const opened = beginningOf(draft.state.phase)
  const since = opened ? laterOf(candidate.since, opened) : candidate.since
  endStop(draft, since)
  closeInterval(draft, since)
  // What a counter's `rollover` does not fit can make the sum negative, which says nothing.
  const countedUnseen = draft.view.countedUnseen > 0 ? draft.view.countedUnseen : null
  const findings = { cause, countedUnseen, rule: draft.map.version, marks: [] }
  const interval = openInterval(draft, {
    status,
    key,
    since,
    reason: reason.code,
    workOrder,
    releaseMs,
    findings,
  })
  change(draft, { phase: { kind: 'seen', interval, stop: null, candidate: null } })
  see(draft, { countedUnseen: 0 })
  if (!isStop(draft, status)) return
  beginStop(draft, { status, stampMs: interval.stampMs, since: interval.since, reason, workOrder })
  recordStop(draft, upTo)
}

function beginningOf(phase: Phase): Instant | undefined {
  return phase.kind === 'gap' ? phase.marker.since : intervalOf(phase)?.since
}

/** Another work order while running begins another interval. */
function followWorkOrder(draft: Draft, at: Instant): void {
  const interval = intervalOf(draft.state.phase)
  const workOrder = workOrderNow(draft)
  if (interval?.status !== 'running' || workOrder === interval.workOrder) return
  splitAtMidnights(draft, at)
  splitInterval(draft, at, { workOrder })
}
