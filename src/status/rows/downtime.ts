/**
 * Downtimes: one for each stop in `down` or `setup` (whatever the map's `events_for` names) that lasts at least
 * `micro_stop_below`. A shorter one leaves only its interval, with the reason MICRO_STOP where none is known.
 */
import type { DowntimeAmended, DowntimeFindings } from '../../domain/events/downtime.ts'
import { EVENT_VERSION, type Mark } from '../../domain/events/event.ts'
import { elapsedMs, type Instant, shift, utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { type DerivedStatus, MICRO_STOP, UNASSIGNED } from '../../domain/status.ts'
import { change, changeOpen, type Draft } from '../draft.ts'
import { intervalOf, type OpenStop, type StopReason, stopOf } from '../state.ts'
import { amendReason } from './intervals.ts'
import { wholeMinutes } from './minutes.ts'

/**
 * OPC UA may deliver a value up to 500 ms after a later keep-alive, with an earlier source time. That can move a stop's
 * end back below `micro_stop_below`. A downtime cannot be taken back, so it is opened only this much later.
 */
const LATE_MS = 500

/** Whether stretches of a status become downtimes. */
export function isStop(draft: Draft, status: DerivedStatus): boolean {
  return draft.map.eventsFor.includes(status)
}

/** A stop began: remembered, and written only once it has lasted long enough. */
export function beginStop(draft: Draft, stop: Omit<OpenStop, 'recorded'>): void {
  changeOpen(draft, { stop: { ...stop, recorded: false } })
}

/** Writes the stop as soon as it is certain that it lasts `micro_stop_below`. */
export function recordStop(draft: Draft, now: Instant): void {
  const stop = stopOf(draft.state.phase)
  if (stop && isLong(draft, stop, shift(now, -LATE_MS))) openDowntime(draft, stop)
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

/** Ends the open stop. Called before its interval is closed, so that a micro stop gets its reason there. */
export function endStop(draft: Draft, end: Instant, endMarks: readonly Mark[] = []): void {
  const ending = stopOf(draft.state.phase)
  if (ending && isLong(draft, ending, end)) openDowntime(draft, ending)
  const stop = stopOf(draft.state.phase)
  if (!stop) return
  if (stop.recorded) amendDowntime(draft, stop, endingOf(draft, stop, end, endMarks))
  else if (stop.reason.code === null) setReason(draft, MICRO_STOP)
  changeOpen(draft, { stop: null })
}

/** A reason became known, or another code came: the interval and the downtime both learn of it. */
export function changeReason(draft: Draft, reason: StopReason): void {
  const stop = stopOf(draft.state.phase)
  if (!stop || stop.reason === reason) return
  const changed = { ...stop, reason }
  changeOpen(draft, { stop: changed })
  if (stop.reason.code === reason.code) return
  amendReason(draft, reason.code)
  if (stop.recorded) amendDowntime(draft, changed, null)
}

/** Whether it is settled that the stop is no micro stop. */
export function isLong(draft: Draft, stop: OpenStop, now: Instant): boolean {
  return elapsedMs(stop.since, now) >= draft.map.stops.microStopBelowMs
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
  const minutes = carriedMinutes(draft, stop.reason.code ?? UNASSIGNED, durationMs)
  // A stop never ends before it began, whatever the wall clock did meanwhile.
  const endMs = Math.max(Math.round(end.wallMs), stop.stampMs)
  return { at: utcText(endMs), durationMs: Math.round(durationMs), minutes, marks }
}

function carriedMinutes(draft: Draft, code: string, durationMs: number): number {
  const { minutes, carryMs } = wholeMinutes(durationMs, draft.state.downtimeCarryMs[code] ?? 0)
  change(draft, { downtimeCarryMs: { ...draft.state.downtimeCarryMs, [code]: carryMs } })
  return minutes
}

/** Without an event: the interval is about to be closed, and what closes it will carry the reason. */
function setReason(draft: Draft, reason: string): void {
  const interval = intervalOf(draft.state.phase)
  if (interval) changeOpen(draft, { interval: { ...interval, reason } })
}

function findingsOf(draft: Draft, { reason, workOrder }: OpenStop): DowntimeFindings {
  return {
    reason: reason.code,
    category: reason.category,
    workOrder,
    code: reason.shown,
    laterCodes: reason.later,
    rule: draft.map.version,
  }
}
