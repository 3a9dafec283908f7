/**
 * Downtimes: one for each stop in `down` or `setup` (whatever the map's `events_for` names) that lasts at least
 * `micro_stop_below`. A shorter one leaves only its interval, with the reason MICRO_STOP where none is known.
 */
import type { DowntimeAmended, DowntimeFindings } from '../../domain/events/downtime.ts'
import { EVENT_VERSION, type Mark } from '../../domain/events/event.ts'
import { elapsedMs, type Instant, utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { type DerivedStatus, MICRO_STOP, UNASSIGNED } from '../../domain/status.ts'
import { change, changeOpen, type Draft } from '../draft.ts'
import { intervalOf, NO_REASON, type OpenInterval, type OpenStop, type StopReason, stopOf } from '../state.ts'
import { amendOrder, amendReason, learnReason } from './intervals.ts'
import { wholeMinutes } from './minutes.ts'

/** Whether stretches of a status become downtimes. */
export function isStop(draft: Draft, status: DerivedStatus): boolean {
  return draft.map.eventsFor.includes(status)
}

/** An interval began. Where it is a stop, that is remembered, and written only once it has lasted long enough. */
export function beginStop(draft: Draft, { status, stampMs, since, workOrder }: OpenInterval): void {
  if (!isStop(draft, status)) return
  changeOpen(draft, { stop: { status, stampMs, since, workOrder, recorded: false } })
}

/** Writes the stop as soon as everything is known up to a moment at which it has lasted `micro_stop_below`. */
export function recordStop(draft: Draft, upTo: Instant): void {
  const stop = stopOf(draft.state.phase)
  if (stop && isLong(draft, stop, upTo)) openDowntime(draft, stop)
}

function openDowntime(draft: Draft, stop: OpenStop): void {
  if (stop.recorded) return
  draft.events.push({
    v: EVENT_VERSION,
    kind: 'downtime.opened',
    at: utcText(stop.stampMs),
    subject: machineOwner(draft.map.machine),
    ...findingsOf(draft, stop),
  })
  changeOpen(draft, { stop: { ...stop, recorded: true } })
}

/** Ends the open stop. Its interval, which is closed next, learns that it was a micro stop. */
export function endStop(draft: Draft, end: Instant, endMarks: readonly Mark[]): void {
  recordStop(draft, end)
  const stop = stopOf(draft.state.phase)
  if (!stop) return
  if (stop.recorded) amendDowntime(draft, stop, endingOf(draft, stop, end, endMarks))
  else if (reasonOf(draft).code === null) learnReason(draft, { ...NO_REASON, code: MICRO_STOP })
  changeOpen(draft, { stop: null })
}

/** A reason became known, or another code came: the interval with all its pieces and the downtime learn of it. */
export function changeReason(draft: Draft, reason: StopReason): void {
  const before = reasonOf(draft)
  if (before === reason) return
  amendReason(draft, reason)
  const stop = stopOf(draft.state.phase)
  if (stop?.recorded && before.code !== reason.code) amendDowntime(draft, stop, null)
}

/** The work order can be read that the machine had when the interval began: all of it and the downtime learn of it. */
export function learnOrder(draft: Draft, workOrder: string): void {
  amendOrder(draft, workOrder)
  const before = stopOf(draft.state.phase)
  if (!before) return
  const stop = { ...before, workOrder }
  changeOpen(draft, { stop })
  if (stop.recorded) amendDowntime(draft, stop, null)
}

function reasonOf(draft: Draft): StopReason {
  return intervalOf(draft.state.phase)?.reason ?? NO_REASON
}

function isLong(draft: Draft, stop: OpenStop, upTo: Instant): boolean {
  return elapsedMs(stop.since, upTo) >= draft.map.stops.microStopBelowMs
}

function amendDowntime(draft: Draft, stop: OpenStop, ended: DowntimeAmended['ended']): void {
  draft.events.push({
    v: EVENT_VERSION,
    kind: 'downtime.amended',
    at: utcText(stop.stampMs),
    subject: machineOwner(draft.map.machine),
    ...findingsOf(draft, stop),
    ended,
  })
}

function endingOf(
  draft: Draft,
  stop: OpenStop,
  end: Instant,
  marks: readonly Mark[],
): DowntimeAmended['ended'] {
  const durationMs = Math.max(0, elapsedMs(stop.since, end))
  const minutes = carriedMinutes(draft, reasonOf(draft).code ?? UNASSIGNED, durationMs)
  // A stop never ends before it began, whatever the wall clock did meanwhile.
  const endMs = Math.max(Math.round(end.wallMs), stop.stampMs)
  return { at: utcText(endMs), durationMs: Math.round(durationMs), minutes, marks }
}

function carriedMinutes(draft: Draft, code: string, durationMs: number): number {
  const { minutes, carryMs } = wholeMinutes(durationMs, draft.state.downtimeCarryMs[code] ?? 0)
  change(draft, { downtimeCarryMs: { ...draft.state.downtimeCarryMs, [code]: carryMs } })
  return minutes
}

function findingsOf(draft: Draft, { workOrder }: OpenStop): DowntimeFindings {
  const { code, category, shown, later } = reasonOf(draft)
  return { reason: code, category, workOrder, code: shown, laterCodes: later, rule: draft.map.version }
}
