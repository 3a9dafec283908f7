/**
 * What happens when a machine is out of sight, and when it is back.
 *
 * Nothing good seen for less than `on_comm_loss.after` is no loss. Beyond it, by the policy for the status at the loss:
 * `gap` closes the interval at the last good sample and sets a NO_DATA marker; `hold` lets the status go on (people cut the
 * power to repair), at most `hold_max`. A restart of the gateway is a loss since the machine was last seen, except that
 * up to 5 minutes are bridged if the machine comes back with the same status and no counter contradicts.
 */
import { elapsedMs, type Instant, laterOf, shift } from '../domain/instant.ts'
import type { StatusRule } from '../domain/machine-map.ts'
import { change, changeCandidate, type Draft } from './draft.ts'
import { keyOf } from './judging/verdict.ts'
import { endStop } from './rows/downtime.ts'
import { closeInterval, openMarker } from './rows/intervals.ts'
import { interrupt } from './seeing/seeing.ts'
import { candidateOf, intervalOf, isOpen } from './state.ts'
import { whyUnseen } from './why-unseen.ts'

/** A restart up to this long is bridged. */
const BRIDGE_MAX_MS = 300_000

/** Whether the machine has not been seen for so long that it counts as lost, or its hold is over. */
export function isOutOfSight(draft: Draft, now: Instant): boolean {
  const wakeAtMs = wakeForLossMs(draft)
  return wakeAtMs !== undefined && now.monoMs > wakeAtMs
}

/** When a loss (or the end of a hold) is to be declared unless the machine is seen before. */
export function wakeForLossMs({ map, state, view }: Draft): number | undefined {
  const { phase, lastSeen } = state
  const { afterMs, holdMaxMs } = map.onCommLoss
  if (!lastSeen || phase.kind === 'gap') return undefined
  if (phase.kind === 'hold') return lastSeen.monoMs + holdMaxMs
  return Math.max(lastSeen.monoMs, view.watchFrom.monoMs) + afterMs
}

/** Declares the machine out of sight since it was last seen. */
export function lose(draft: Draft, now: Instant): void {
  changeCandidate(draft, null)
  interrupt(draft)
  const { phase, lastSeen } = draft.state
  if (!isOpen(phase) || !lastSeen) return
  const { interval, stop } = phase
  const { byStatus, holdMaxMs } = draft.map.onCommLoss
  if (byStatus[interval.status] === 'gap') markGap(draft, laterOf(lastSeen, interval.since), now)
  else if (elapsedMs(lastSeen, now) > holdMaxMs) markGap(draft, shift(lastSeen, holdMaxMs), now)
  else if (phase.kind === 'seen') change(draft, { phase: { kind: 'hold', interval, stop } })
}

function markGap(draft: Draft, at: Instant, now: Instant): void {
  endStop(draft, at, ['no_data'])
  closeInterval(draft, at)
  openMarker(draft, at, whyUnseen(draft.map, draft.view, now))
}

/**
 * The machine is seen again after an interruption, and `rule` decides. Judges whether the open interval may simply go on.
 * Afterwards the phase is `seen`, with an interval that goes on; or `gap`, with a marker behind which the next interval
 * begins now; or still `unknown`.
 */
export function comeBack(draft: Draft, rule: StatusRule, now: Instant): void {
  const { phase, lastSeen } = draft.state
  if (isOpen(phase) && lastSeen && elapsedMs(lastSeen, now) > draft.map.onCommLoss.afterMs) {
    if (!mayBridge(draft, rule, elapsedMs(lastSeen, now))) lose(draft, now)
  }
  endHold(draft)
  if (candidateOf(draft.state.phase)?.key !== keyOf(draft, rule)) changeCandidate(draft, null)
}

function mayBridge(draft: Draft, rule: StatusRule, unseenMs: number): boolean {
  const { state, view } = draft
  if (view.sight.kind !== 'restarted' || unseenMs > BRIDGE_MAX_MS) return false
  const interval = intervalOf(state.phase)
  // Parts that a standing machine made while nobody looked say that it did not stand.
  const isContradicted = interval?.status !== 'running' && view.countedUnseen > 0
  return interval?.key === keyOf(draft, rule) && !isContradicted
}

function endHold(draft: Draft): void {
  const { phase } = draft.state
  if (phase.kind !== 'hold') return
  const { interval, stop } = phase
  change(draft, { phase: { kind: 'seen', interval, stop, candidate: null } })
}
