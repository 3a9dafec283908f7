/** What a rule's verdict means for the intervals: its key, how long it must hold, and the reason it brings. */
import type { Instant } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import type { DerivedStatus } from '../../domain/status.ts'
import type { Draft } from '../draft.ts'
import { namedReason, namingOfDeclared } from '../people/named-reason.ts'
import type { DeclaredStatus } from '../people/said.ts'
import { isStop, mayBecomeStop } from '../rows/downtime.ts'
import { type Candidate, NO_REASON, type OpenInterval, type StopReason } from '../state.ts'
import { followReason } from './stop-reason.ts'

/** A run between these is one between stops. Between waits, short runs are how a machine with short cycles works. */
const STOPPED: readonly DerivedStatus[] = ['down', 'setup', 'maintenance']

/**
 * What makes one interval. A stop is one interval whatever codes come and go in it; elsewhere a rule with another fixed
 * reason begins another one: starved and switched off are both idle, but not the same.
 */
export function keyOf(draft: Draft, rule: StatusRule): string {
  if (isStop(draft, rule.is) || rule.reason?.kind !== 'fixed') return rule.is
  return `${rule.is}/${rule.reason.code}`
}

/** How long a status itself must be shown without a break: its `for`, and for a run that would end a stop `ignore_run_below`. */
export function holdMs(draft: Draft, candidate: Candidate, open: OpenInterval | null): number {
  const { ignoreRunBelowMs } = draft.map.stops
  return endsStop(candidate, open) ? Math.max(candidate.forMs, ignoreRunBelowMs) : candidate.forMs
}

/**
 * How long the open status must be gone before another one may follow: its `release`, and not less than what the map ignores.
 * Where nothing is open, it is the other one that must have been there for its `for`.
 * A long `for` says when another status is believed, and not that the open one goes on until then.
 */
export function leaveMs(draft: Draft, candidate: Candidate, open: OpenInterval | null): number {
  if (!open) return candidate.forMs
  const { ignoreStopBelowMs, ignoreRunBelowMs } = draft.map.stops
  if (endsStop(candidate, open)) return Math.max(open.releaseMs, ignoreRunBelowMs)
  const { status, forMs } = candidate
  const endsRun = open.status === 'running' && (status === 'idle' || status === 'down')
  return Math.max(open.releaseMs, endsRun ? ignoreStopBelowMs : Math.min(forMs, ignoreStopBelowMs))
}

function endsStop({ status }: Candidate, open: OpenInterval | null): boolean {
  return status === 'running' && open !== null && STOPPED.includes(open.status)
}

/**
 * The reason as the values now give it: of a stop always, of another status only where its rule names one. What somebody said of
 * it stays.
 */
export function reasonNow(
  draft: Draft,
  rule: StatusRule,
  reason: StopReason,
  onset: Instant,
  now: Instant,
): StopReason {
  const { map, view, state } = draft
  const { declared } = state.said
  if (declared) return isNamed(reason, declared) ? reason : namedReason(reason, namingOfDeclared(declared))
  const isStopped =
    isStop(draft, rule.is) || mayBecomeStop(draft, { status: rule.is, key: keyOf(draft, rule) })
  if (!isStopped && !rule.reason) return reason.by === null ? NO_REASON : reason
  return followReason(reason, rule, { map, values: view.values, codes: state.codes, onset, now })
}

/** Whoever has declared the status in the MES has no number here. */
function isNamed({ by, code }: StopReason, { operator, reason }: DeclaredStatus): boolean {
  return by !== null || (operator === null && code === reason)
}
