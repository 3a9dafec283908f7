/** What a rule's verdict means for the intervals: its key, how long it must hold, and the reason it brings. */
import type { Instant } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import type { Draft } from '../draft.ts'
import { isStop } from '../rows/downtime.ts'
import { NO_REASON, type OpenInterval, type StopReason } from '../state.ts'
import { followReason } from './stop-reason.ts'

/**
 * What makes one interval. A stop is one interval whatever codes come and go in it; elsewhere a rule with another fixed
 * reason begins another one: starved and switched off are both idle, but not the same.
 */
export function keyOf(draft: Draft, rule: StatusRule): string {
  if (isStop(draft, rule.is) || rule.reason?.kind !== 'fixed') return rule.is
  return `${rule.is}/${rule.reason.code}`
}

/**
 * How long a verdict must hold before it is believed: its own `for`, the `release` of the status that it ends, and the
 * map's `ignore_stop_below` or `ignore_run_below`, whichever concerns such a change.
 */
export function holdMs(draft: Draft, rule: StatusRule, open: OpenInterval | null): number {
  if (!open) return rule.forMs
  const { ignoreStopBelowMs, ignoreRunBelowMs } = draft.map.stops
  const endsRun = open.status === 'running' && (rule.is === 'idle' || rule.is === 'down')
  const endsStop = rule.is === 'running' && open.status !== 'running' && open.status !== 'available'
  const shortestMs = endsRun ? ignoreStopBelowMs : endsStop ? ignoreRunBelowMs : 0
  return Math.max(rule.forMs, open.releaseMs, shortestMs)
}

/** The reason as the values now give it: of a stop always, of another status only where its rule names one. */
export function reasonNow(
  draft: Draft,
  rule: StatusRule,
  reason: StopReason,
  onset: Instant,
  now: Instant,
): StopReason {
  if (!isStop(draft, rule.is) && !rule.reason) return NO_REASON
  return followReason(reason, rule, { map: draft.map, values: draft.view.values, onset, now })
}
