/**
 * Codes that begin a stop of their own, where the map wants one stop a code (`split_on_code`).
 *
 * What comes within `settle` of the stop's beginning belongs to that beginning: one fault often brings others with it. A stop
 * whose reason an operator has given is whole.
 */
import { elapsedMs, type Instant, laterOf } from '../../domain/instant.ts'
import type { StatusRule } from '../../domain/machine-map.ts'
import type { Draft } from '../draft.ts'
import { NO_REASON, type OpenInterval, type StopReason } from '../state.ts'
import { faultsAsked, reasonBy } from './stop-reason.ts'

/** The stop that the latest code begins while another one is open; undefined where none does. */
export function stopOfItsOwn(
  { map, view, state }: Draft,
  rule: StatusRule,
  { reason, onset, since: openSince }: OpenInterval,
): { readonly since: Instant; readonly reason: StopReason } | undefined {
  const isWhole = reason.shown === null || reason.by !== null || state.said.declared !== null
  if (isWhole || rule.reason?.kind === 'fixed' || !map.faults.some(({ splitsOnCode }) => splitsOnCode)) {
    return undefined
  }
  const asked = faultsAsked(rule, { map, values: view.values, codes: state.codes })
  const next = asked.findLast(
    ({ fault, shown, since }) =>
      fault.splitsOnCode === true && shown !== reason.shown && elapsedMs(onset, since) > fault.settleMs,
  )
  if (!next) return undefined
  return { since: laterOf(openSince, next.since), reason: { ...NO_REASON, ...reasonBy(next, rule) } }
}
