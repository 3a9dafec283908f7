/**
 * What happens when a machine is out of sight, and when it is back.
 *
 * Nothing good seen for less than `on_comm_loss.after` is no loss. Beyond it, by the policy for the status at the loss:
 * `gap` closes the interval at the last good sample and sets a NO_DATA marker; `hold` lets the status go on (people cut the
 * power to repair), at most `hold_max`. What was not yet believed is dropped, unless the open status had been left for it.
 *
 * A restart of the gateway is a loss since the machine was last seen, except that up to 5 minutes are bridged if the machine
 * comes back with the same status and no counter contradicts.
 */
import { elapsedMs, type Instant, laterOf, shift } from '../domain/instant.ts'
import { change, changeUnsettled, type Draft, see } from './draft.ts'
import { settleEnd } from './judging/settle.ts'
import { forgetRun } from './people/trial-run.ts'
import { turnAt } from './planned/planned-time.ts'
import { markGap } from './rows/row.ts'
import { shownStatus } from './rows/shown.ts'
import { intervalOf, isOpen, unsettledOf, withoutUnsettled } from './state.ts'
import type { View } from './view.ts'
import { GATEWAY_AWAY, type Obstacle, whyUnseen } from './why-unseen.ts'

/** A restart up to this long is bridged. */
export const BRIDGE_MAX_MS = 300_000

/** Whether the machine has not been seen for so long that it counts as lost, or its hold is over. */
export function isOutOfSight(draft: Draft, now: Instant): boolean {
  const wakeAtMs = wakeForLossMs(draft)
  return wakeAtMs !== undefined && now.monoMs > wakeAtMs
}

/** When a loss (or the end of a hold) is to be declared unless the machine is seen before. */
export function wakeForLossMs({
  map,
  state,
  view,
}: Pick<Draft, 'map' | 'state' | 'view'>): number | undefined {
  const { phase, lastSeen } = state
  const { afterMs } = map.onCommLoss
  if (!lastSeen) return undefined
  if (phase.kind === 'hold') return lastSeen.monoMs + heldMs({ map, state }, lastSeen)
  const watchedMs = Math.max(lastSeen.monoMs, view.inTouchTo?.monoMs ?? 0, view.watchFrom.monoMs)
  if (isOpen(phase)) return watchedMs + afterMs
  const shown = unsettledOf(phase)
  return shown ? Math.max(watchedMs, shown.since.monoMs) + afterMs : undefined
}

/** Declares the machine out of sight since it was last seen. */
export function lose(draft: Draft, now: Instant): void {
  if (draft.state.phase.kind === 'seen') forgetRun(draft)
  dropUnsettled(draft)
  const { phase, lastSeen } = draft.state
  if (!isOpen(phase) || !lastSeen) return
  const { interval, stop } = phase
  const { byStatus } = draft.map.onCommLoss
  const holdMaxMs = heldMs(draft, lastSeen)
  const obstacle = whyLost(draft, lastSeen, now)
  if (byStatus[shownStatus(interval)] === 'gap') markGap(draft, laterOf(lastSeen, interval.since), obstacle)
  else if (elapsedMs(lastSeen, now) > holdMaxMs) markGap(draft, shift(lastSeen, holdMaxMs), obstacle)
  else if (phase.kind === 'seen') change(draft, { phase: { kind: 'hold', interval, stop } })
}

/**
 * How long what is not seen may go on at most: `hold_max`, and not over the end of planned time. What the machine showed before says
 * nothing of the time behind; what people have set goes on, planned or not.
 */
function heldMs({ map, state }: Pick<Draft, 'map' | 'state'>, lastSeen: Instant): number {
  const { holdMaxMs } = map.onCommLoss
  if (intervalOf(state.phase)?.isKept) return holdMaxMs
  const held = turnAt(state.planned, lastSeen.wallMs)?.unplanned ?? null
  const turn = state.planned.find(({ atMs, unplanned }) => atMs > lastSeen.wallMs && unplanned !== held)
  return turn ? Math.min(holdMaxMs, turn.atMs - lastSeen.wallMs) : holdMaxMs
}

/** Where the gateway stood still for most of the time in which nothing was seen, that is the reason. */
function whyLost(draft: Draft, lastSeen: Instant, now: Instant): Obstacle | undefined {
  const { stall, resumed } = draft.view
  if (stall && elapsedMs(lastSeen, stall.to) > 0) {
    const isMost = elapsedMs(stall.from, stall.to) > elapsedMs(lastSeen, now) / 2
    if (isMost) return whyUnseen(draft, stall.from) ?? GATEWAY_AWAY
  }
  return whyUnseen(draft, now) ?? (resumed === null ? undefined : GATEWAY_AWAY)
}

/** What waits to be believed will not be any more. The open status was last seen when it was still shown. */
export function dropUnsettled(draft: Draft): void {
  const { lastSeen } = draft.state
  if (lastSeen) settleEnd(draft, { upTo: lastSeen, lastBeat: null })
  draft.state = withoutUnsettled(draft.state)
}

/** Whether the machine has been seen up to now without a loss: short interruptions are none. */
export function isUnbroken({ map, state: { phase, lastSeen }, view }: Draft, now: Instant): boolean {
  if (phase.kind === 'hold' || phase.kind === 'gap' || view.resumed !== null || !lastSeen) return false
  return elapsedMs(inTouch(lastSeen, view), now) <= map.onCommLoss.afterMs
}

/** A machine whose next pulse is awaited is in touch, whatever is known of it so far. */
function inTouch(lastSeen: Instant, { inTouchTo }: View): Instant {
  return inTouchTo ? laterOf(lastSeen, inTouchTo) : lastSeen
}

/**
 * The machine is in sight, with the status that `key` names. Judges whether the open interval may simply go on. Afterwards the
 * phase is `seen`, with an interval that goes on; or `gap`, with a marker behind which the next interval begins now; or still
 * `unknown`.
 */
export function comeBack(draft: Draft, key: string | undefined, now: Instant): void {
  if (isUnbroken(draft, now)) return
  const { lastSeen } = draft.state
  if (isLost(draft, key, now)) lose(draft, now)
  endHold(draft)
  if (draft.view.resumed === null) return
  const isAcrossBoots = draft.view.resumed === 'other boot' && isOpen(draft.state.phase)
  see(draft, { resumed: null, away: isAcrossBoots && lastSeen ? { from: lastSeen, to: now } : null })
}

/** Whether a machine that is in sight again, with the status that `key` names, was out of sight for too long to go on as before. */
export function isLost(draft: Draft, key: string | undefined, now: Instant): boolean {
  if (isUnbroken(draft, now)) return false
  const unseenMs = unseenSinceMs(draft, now)
  return unseenMs > draft.map.onCommLoss.afterMs && !mayBridge(draft, key, unseenMs)
}

/**
 * What has been shown since the gateway watches, and could not be proven yet, is old if it does not go on, or if the machine was
 * out of sight since: that is dropped before more of the kind is collected.
 */
export function dropUnproven(draft: Draft, now: Instant): void {
  const { phase, lastSeen } = draft.state
  const shown = unsettledOf(phase)
  const { afterMs } = draft.map.onCommLoss
  if (!shown) return
  if (phase.kind === 'seen') {
    const isOld = lastSeen !== null && elapsedMs(shown.since, lastSeen) >= 0
    if (isOld && elapsedMs(inTouch(lastSeen, draft.view), now) > afterMs) dropUnsettled(draft)
    return
  }
  const { sightSince } = draft.view
  const wasInterrupted = sightSince !== null && elapsedMs(shown.since, sightSince) > 0
  if (wasInterrupted || unseenSinceMs(draft, now) > afterMs) changeUnsettled(draft, null)
}

/** A machine whose heartbeat has never changed was not seen, but has shown something since a moment. */
function unseenSinceMs({ state: { phase, lastSeen: seen }, view }: Draft, now: Instant): number {
  const shownSince = phase.kind === 'unknown' ? phase.unsettled?.since : undefined
  const lastSeen = seen && inTouch(seen, view)
  const since = lastSeen && shownSince ? laterOf(lastSeen, shownSince) : (lastSeen ?? shownSince)
  return since ? elapsedMs(since, now) : 0
}

function mayBridge({ state, view }: Draft, key: string | undefined, unseenMs: number): boolean {
  if (view.resumed === null || unseenMs > BRIDGE_MAX_MS) return false
  const interval = intervalOf(state.phase)
  // Parts that a standing machine made while nobody looked say that it did not stand.
  const isContradicted = interval?.status !== 'running' && view.countedUnseen > 0
  return interval?.key === key && !isContradicted
}

function endHold(draft: Draft): void {
  const { phase } = draft.state
  if (phase.kind !== 'hold') return
  const { interval, stop } = phase
  change(draft, { phase: { kind: 'seen', interval, stop, unsettled: null } })
}
