/**
 * What happens when a machine is out of sight, and when it is back.
 *
 * Nothing good seen for less than `on_comm_loss.after` is no loss. Beyond it, by the policy for the status at the loss:
 * `gap` closes the row at the last good sample and sets a NO_DATA marker; `hold` lets the status go on (people cut the
 * power to repair), at most `hold_max`. A restart of the gateway is a loss since the machine was last seen, except that
 * up to 5 minutes are bridged if the machine comes back with the same status and no counter contradicts.
 */
import { elapsedMs, type Instant, shift } from '../domain/instant.ts'
import type { StatusRule } from '../domain/machine-map.ts'
import type { DerivedStatus } from '../domain/status.ts'
import { change, type Draft, see } from './draft.ts'
import { keyOf } from './judging/verdict.ts'
import { endStop } from './rows/downtime.ts'
import { closeInterval, openMarker } from './rows/intervals.ts'
import { interrupt } from './seeing/seeing.ts'

/** A restart up to this long is bridged. */
const BRIDGE_MAX_MS = 300_000

export function isOutOfSight(draft: Draft, now: Instant): boolean {
  const wakeAtMs = wakeForLossMs(draft)
  return wakeAtMs !== undefined && now.monoMs > wakeAtMs
}

/** When a loss (or the end of a hold) is to be declared unless the machine is seen before. */
export function wakeForLossMs(draft: Draft): number | undefined {
  const { lastSeen, dark } = draft.state
  const { afterMs, holdMaxMs } = draft.map.onCommLoss
  if (!lastSeen || dark === 'gap') return undefined
  if (dark === 'hold') return lastSeen.monoMs + holdMaxMs
  // After a restart the devices get their time to answer before silence means anything.
  return Math.max(lastSeen.monoMs, draft.view.watchFrom.monoMs) + afterMs
}

/** Declares the machine out of sight since it was last seen. */
export function lose(draft: Draft, now: Instant): void {
  const { open, lastSeen } = draft.state
  change(draft, { candidate: null })
  interrupt(draft)
  if (!open || !lastSeen) return
  const { byStatus, holdMaxMs } = draft.map.onCommLoss
  if (byStatus[open.status as DerivedStatus] === 'gap') markGap(draft, notBefore(lastSeen, open.since))
  else if (elapsedMs(lastSeen, now) > holdMaxMs) markGap(draft, shift(lastSeen, holdMaxMs))
  else change(draft, { dark: 'hold' })
}

function markGap(draft: Draft, at: Instant): void {
  endStop(draft, at, ['end=no_data'])
  closeInterval(draft, at)
  openMarker(draft, at)
}

/**
 * The machine is seen again after an interruption, and `rule` decides. Judges whether what is open may simply go on;
 * afterwards either a row that goes on is open, or a marker that waits for the row that begins now.
 */
export function comeBack(draft: Draft, rule: StatusRule, now: Instant): void {
  const { open, lastSeen, dark } = draft.state
  if (open && lastSeen && dark !== 'gap' && elapsedMs(lastSeen, now) > draft.map.onCommLoss.afterMs) {
    if (!mayBridge(draft, rule, elapsedMs(lastSeen, now))) lose(draft, now)
  }
  if (draft.state.dark === 'hold') change(draft, { dark: null })
  if (draft.state.candidate?.key !== keyOf(draft, rule)) change(draft, { candidate: null })
  see(draft, { interrupted: null })
}

function mayBridge(draft: Draft, rule: StatusRule, unseenMs: number): boolean {
  const { open } = draft.state
  if (draft.view.interrupted !== 'restart' || unseenMs > BRIDGE_MAX_MS) return false
  // Parts that a standing machine made while nobody looked say that it did not stand.
  const contradicted = open?.status !== 'running' && draft.view.countedUnseen > 0
  return open?.key === keyOf(draft, rule) && !contradicted
}

function notBefore(at: Instant, earliest: Instant): Instant {
  return at.monoMs < earliest.monoMs ? earliest : at
}
