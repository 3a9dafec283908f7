/**
 * What a machine shows while that is not yet believed: the statuses that its rules gave since the open interval's condition was
 * last seen. Which of them follows, and when, is settled in `settle.ts`.
 */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import { changeUnsettled, type Draft } from '../draft.ts'
import {
  type Candidate,
  intervalOf,
  NO_REASON,
  type StopReason,
  type Unsettled,
  unsettledOf,
} from '../state.ts'
import { causeOf } from './rules.ts'
import { keyOf, reasonNow } from './verdict.ts'

/** The machine shows what `rule` says: the open status, or a candidate to follow it. */
export function showStatus(draft: Draft, rule: StatusRule, at: Instant): void {
  const { phase } = draft.state
  const key = keyOf(draft, rule)
  if (intervalOf(phase)?.key === key) {
    changeUnsettled(draft, null)
    return
  }
  const before = unsettledOf(phase)
  const current = before?.candidates.at(-1)
  if (before && current?.key === key) {
    const followed = followCandidate(draft, current, rule, at)
    if (followed !== current) changeUnsettled(draft, withCurrent(before, followed))
    return
  }
  const next = newCandidate(draft, rule, at)
  if (before) changeUnsettled(draft, withNext(draft, before, next))
  else changeUnsettled(draft, firstOf(draft, next))
}

function firstOf({ state, map }: Draft, candidate: Candidate): Unsettled {
  const { since } = candidate
  return { since, openSeen: state.lastSeen, judgedBy: map.version, candidates: [candidate] }
}

/** A status that a rule gives from now on. */
export function newCandidate(draft: Draft, rule: StatusRule, at: Instant): Candidate {
  return {
    status: rule.is,
    key: keyOf(draft, rule),
    first: at,
    since: at,
    shownMs: 0,
    forMs: rule.forMs,
    releaseMs: rule.releaseMs,
    cause: causeOf(rule.when, draft.view.values),
    reason: reasonNow(draft, rule, NO_REASON, at, at),
  }
}

/** For how long a candidate was shown altogether. It was last shown for certain when the machine was last seen. */
export function shownMs(draft: Draft, { candidates }: Unsettled, candidate: Candidate): number {
  const { lastSeen } = draft.state
  if (candidate !== candidates.at(-1) || !lastSeen) return candidate.shownMs
  return candidate.shownMs + Math.max(0, elapsedMs(candidate.since, lastSeen))
}

/** The candidate as another look at the same verdict makes it; the same object where that changes nothing. */
function followCandidate(draft: Draft, candidate: Candidate, rule: StatusRule, at: Instant): Candidate {
  const reason = reasonNow(draft, rule, reasonBefore(candidate, rule), candidate.since, at)
  const forMs = Math.min(candidate.forMs, rule.forMs)
  const { releaseMs } = rule
  const isSame = reason === candidate.reason && forMs === candidate.forMs && releaseMs === candidate.releaseMs
  return isSame ? candidate : { ...candidate, reason, forMs, releaseMs }
}

/** A fixed reason is that of the rule which decides when the status becomes certain; a code that was shown first stays. */
function reasonBefore({ reason }: Candidate, rule: StatusRule): StopReason {
  const isGiven = reason.shown !== null || reason.by !== null
  const isOvertaken = rule.reason?.kind === 'fixed' && !isGiven && reason.code !== rule.reason.code
  return isOvertaken ? NO_REASON : reason
}

function withCurrent(unsettled: Unsettled, current: Candidate): Unsettled {
  return { ...unsettled, candidates: [...unsettled.candidates.slice(0, -1), current] }
}

/** One candidate gives way to another, which may have been shown before. */
function withNext(draft: Draft, unsettled: Unsettled, next: Candidate): Unsettled {
  const ended = unsettled.candidates.map((candidate) => ({
    ...candidate,
    shownMs: shownMs(draft, unsettled, candidate),
  }))
  const again = ended.find(({ key }) => key === next.key)
  const others = ended.filter((candidate) => candidate !== again)
  const { first, shownMs: before } = again ?? next
  const reason = again && again.reason.by !== null ? again.reason : next.reason
  return { ...unsettled, candidates: [...others, { ...next, first, shownMs: before, reason }] }
}

/** What was shown only since a heartbeat stopped (or since the start, if it never beat) does not count. */
export function forgetShownAfter(draft: Draft, lastBeat: Instant | null): void {
  const unsettled = unsettledOf(draft.state.phase)
  if (!unsettled) return
  const isProven = ({ since }: { readonly since: Instant }) =>
    lastBeat !== null && elapsedMs(since, lastBeat) > 0
  const candidates = unsettled.candidates.filter(isProven)
  if (candidates.length === unsettled.candidates.length) return
  changeUnsettled(draft, candidates.length > 0 ? { ...unsettled, candidates } : null)
}
