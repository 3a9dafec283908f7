/**
 * Rows of `downtime_events`: one for each stop in `down` or `setup` (whatever the map's `events_for` names) that lasts
 * at least `micro_stop_below`. A shorter one leaves only its row of history, with the reason MICRO_STOP where none is known.
 */
import { elapsedMs, type Instant, shift, utcText } from '../../domain/instant.ts'
import { type DerivedStatus, MICRO_STOP, UNASSIGNED } from '../../domain/status.ts'
import { change, type Draft } from '../draft.ts'
import type { OpenStop, StopReason } from '../state.ts'
import { amendInterval, noteText } from './intervals.ts'
import { wholeMinutes } from './minutes.ts'

/** A change may be told this much after later contact, and dates the stop's end back: a row once opened stays for good. */
const LATE_MS = 500

export function isStop(draft: Draft, status: string): status is DerivedStatus {
  return draft.map.eventsFor.some((wanted) => wanted === status)
}

/** A stop began: remembered, and recorded in central only once it has lasted long enough. */
export function beginStop(draft: Draft, stop: Omit<OpenStop, 'recorded'>): void {
  change(draft, { stop: { ...stop, recorded: false } })
}

/** Opens the stop's row as soon as it is certain that the stop lasts `micro_stop_below`. */
export function recordStop(draft: Draft, now: Instant): void {
  const { stop } = draft.state
  if (stop && isLong(draft, stop, shift(now, -LATE_MS))) openStop(draft, stop)
}

function openStop(draft: Draft, stop: OpenStop): void {
  if (stop.recorded) return
  draft.events.push({
    kind: 'downtime.opened',
    machine: draft.map.machine,
    startedAt: utcText(stop.startedAtMs),
    reason: stop.reason.code ?? UNASSIGNED,
    category: stop.reason.code === null ? null : stop.reason.category,
    workOrder: stop.workOrder,
    notes: noteText(stopNotes(draft, stop.reason)),
  })
  change(draft, { stop: { ...stop, recorded: true } })
}

/** Ends the open stop. Called before its row of history is closed, so that a micro stop gets its reason there. */
export function endStop(draft: Draft, end: Instant, lateNotes: readonly string[] = []): void {
  const { stop: ending } = draft.state
  if (ending && isLong(draft, ending, end)) openStop(draft, ending)
  const { stop } = draft.state
  if (!stop) return
  if (stop.recorded) amendStop(draft, stop, end, lateNotes)
  else if (stop.reason.code === null) amendReasonSilently(draft, MICRO_STOP)
  change(draft, { stop: null })
}

/** A reason became known, or another code came: both rows learn of it. */
export function changeReason(draft: Draft, reason: StopReason): void {
  const { stop } = draft.state
  if (!stop || stop.reason === reason) return
  const changed = { ...stop, reason }
  change(draft, { stop: changed })
  if (stop.reason.code === reason.code) return
  amendInterval(draft, { reason: reason.code })
  if (stop.recorded) amendStop(draft, changed, null, [])
}

/** Whether it is settled that the stop is no micro stop. */
export function isLong(draft: Draft, stop: OpenStop, now: Instant): boolean {
  return elapsedMs(stop.since, now) >= draft.map.stops.microStopBelowMs
}

function amendStop(draft: Draft, stop: OpenStop, end: Instant | null, lateNotes: readonly string[]): void {
  const code = stop.reason.code ?? UNASSIGNED
  const durationMs = end ? Math.max(0, elapsedMs(stop.since, end)) : null
  draft.events.push({
    kind: 'downtime.amended',
    machine: draft.map.machine,
    startedAt: utcText(stop.startedAtMs),
    endedAt: end ? utcText(endStampMs(stop, end)) : null,
    durationMinutes: durationMs === null ? null : carriedMinutes(draft, code, durationMs),
    reason: code,
    category: stop.reason.code === null ? null : stop.reason.category,
    workOrder: stop.workOrder,
    notes: noteText([
      ...stopNotes(draft, stop.reason),
      ...(durationMs === null ? [] : [`dur=${(durationMs / 1000).toFixed(3)}s`]),
      ...lateNotes,
    ]),
  })
}

/** A stop never ends before it began, whatever the wall clock did meanwhile. */
function endStampMs(stop: OpenStop, end: Instant): number {
  return Math.max(Math.round(end.wallMs), stop.startedAtMs)
}

function carriedMinutes(draft: Draft, code: string, durationMs: number): number {
  const { minutes, carryMs } = wholeMinutes(durationMs, draft.state.downtimeCarryMs[code] ?? 0)
  change(draft, { downtimeCarryMs: { ...draft.state.downtimeCarryMs, [code]: carryMs } })
  return minutes
}

/** The row is about to be closed, and its closing amendment will carry the reason: no event of its own. */
function amendReasonSilently(draft: Draft, reason: string): void {
  const { open } = draft.state
  if (open) change(draft, { open: { ...open, reason } })
}

function stopNotes(draft: Draft, reason: StopReason): readonly string[] {
  return [
    ...(reason.shown === null ? [] : [`code=${reason.shown}`]),
    ...(reason.later.length === 0 ? [] : [`later=${reason.later.join(',')}`]),
    `rule=${draft.map.version}`,
  ]
}
