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
import {
  type EndedDowntime,
  intervalOf,
  NO_REASON,
  type OpenInterval,
  type OpenStop,
  type StopReason,
  stopOf,
} from '../state.ts'
import { amendOrder, amendReason, becomeStatus, learnReason } from './intervals.ts'
import { wholeMinutes } from './minutes.ts'

const MINUTE_MS = 60_000

/** Whether stretches of a status become downtimes. */
export function isStop(draft: Draft, status: DerivedStatus): boolean {
  return draft.map.eventsFor.includes(status)
}

/** Whether a wait turns out to be a stop once it is long. One whose rule gives it a reason of its own stays what it is. */
export function mayBecomeStop(
  { map }: Draft,
  { status, key }: Pick<OpenInterval, 'status' | 'key'>,
): boolean {
  return map.stops.longStopIs !== undefined && status === 'idle' && key === status
}

/** Whether it shows only later what the open interval is as a whole: a wait, or a long stop. */
export function isUnclassed({ state: { phase } }: Pick<Draft, 'state'>): boolean {
  const stop = stopOf(phase)
  return stop !== null && stop.status !== intervalOf(phase)?.status
}

/**
 * An interval began, or goes on behind an unplanned time. Where it is a stop, that is remembered, and written only once it has
 * lasted long enough.
 */
export function beginStop(draft: Draft, interval: OpenInterval): void {
  const { stampMs, since, workOrder, continues, unplanned } = interval
  const becomes = mayBecomeStop(draft, interval) ? draft.map.stops.longStopIs : undefined
  if (unplanned !== null || (becomes === undefined && !isStop(draft, interval.status))) return
  const status = becomes ?? interval.status
  const stop = { status, stampMs, since, workOrder, continues, recorded: false, startedBy: null }
  changeOpen(draft, { stop })
}

/** Writes the stop as soon as everything is known up to a moment at which it has lasted `micro_stop_below`. */
export function recordStop(draft: Draft, upTo: Instant): void {
  const stop = stopOf(draft.state.phase)
  if (!stop || !(stop.continues || isLong(draft, stop, upTo))) return
  if (isUnclassed(draft)) becomeStatus(draft, stop.status)
  if (isStop(draft, stop.status)) openDowntime(draft, stop)
}

function openDowntime(draft: Draft, stop: OpenStop): void {
  if (stop.recorded) return
  draft.events.push({
    v: EVENT_VERSION,
    kind: 'downtime.opened',
    at: utcText(stop.stampMs),
    subject: machineOwner(draft.map.machine),
    ...findingsOf(draft, reasonOf(draft), stop),
  })
  changeOpen(draft, { stop: { ...stop, recorded: true } })
}

/**
 * Ends the open stop. Its interval, which is closed next, learns that it was a micro stop.
 * @returns its downtime; null where it was too short for one
 */
export function endStop(draft: Draft, end: Instant, endMarks: readonly Mark[]): EndedDowntime | null {
  recordStop(draft, end)
  const stop = stopOf(draft.state.phase)
  if (!stop) return null
  changeOpen(draft, { stop: null })
  if (!stop.recorded) {
    // The rest of it comes behind the unplanned time, so how long it is altogether is not known.
    if (endMarks.includes('unplanned') || isLong(draft, stop, end)) return null
    if (reasonOf(draft).code === null) learnReason(draft, { ...reasonOf(draft), code: MICRO_STOP })
    return null
  }
  const downtime: EndedDowntime = {
    stampMs: stop.stampMs,
    workOrder: stop.workOrder,
    continues: stop.continues,
    resolvedBy: endMarks.length === 0 ? stop.startedBy : null,
    rule: draft.map.version,
    ended: endingOf(draft, stop, end, endMarks),
  }
  pushEnded(draft, downtime, reasonOf(draft))
  return downtime
}

/** Writes again what is known of a downtime that has ended before, with the reason that it has now. */
export function amendEndedStop(draft: Draft, downtime: EndedDowntime, reason: StopReason): void {
  pushEnded(draft, downtime, reason, { ended: downtime.ended, afterEnd: true })
}

function pushEnded(
  draft: Draft,
  downtime: EndedDowntime,
  reason: StopReason,
  ending: StopEnding = { ended: downtime.ended },
): void {
  const { stampMs, resolvedBy, rule } = downtime
  const findings = { ...findingsOf(draft, reason, downtime), rule }
  push(draft, stampMs, { ...findings, ...(resolvedBy !== null && { resolvedBy }) }, ending)
}

/**
 * A downtime whose minutes are written got another reason. What rounding left over of it goes over to that reason as well, so
 * that the sums of both stay right.
 */
export function moveCarry(draft: Draft, { ended }: EndedDowntime, from: StopReason, to: StopReason): void {
  const [before, now] = [from.code ?? UNASSIGNED, to.code ?? UNASSIGNED]
  if (before === now) return
  const { downtimeCarryMs: carries } = draft.state
  const leftMs = ended.durationMs - ended.minutes * MINUTE_MS
  const moved = { [before]: (carries[before] ?? 0) - leftMs, [now]: (carries[now] ?? 0) + leftMs }
  change(draft, { downtimeCarryMs: { ...carries, ...moved } })
}

/** A reason became known, or another code came: the interval with all its pieces and the downtime learn of it. */
export function changeReason(draft: Draft, reason: StopReason): void {
  const before = reasonOf(draft)
  if (before === reason) return
  amendReason(draft, reason)
  const stop = stopOf(draft.state.phase)
  const isNews = before.code !== reason.code || before.by !== reason.by
  if (stop?.recorded && isNews) amendDowntime(draft, stop)
}

/** The work order can be read that the machine had when the interval began: all of it and the downtime learn of it. */
export function learnOrder(draft: Draft, workOrder: string): void {
  amendOrder(draft, workOrder)
  const before = stopOf(draft.state.phase)
  if (!before) return
  const stop = { ...before, workOrder }
  changeOpen(draft, { stop })
  if (stop.recorded) amendDowntime(draft, stop)
}

function reasonOf(draft: Draft): StopReason {
  return intervalOf(draft.state.phase)?.reason ?? NO_REASON
}

function isLong(draft: Draft, stop: OpenStop, upTo: Instant): boolean {
  return elapsedMs(stop.since, upTo) >= draft.map.stops.microStopBelowMs
}

function amendDowntime(draft: Draft, stop: OpenStop): void {
  push(draft, stop.stampMs, findingsOf(draft, reasonOf(draft), stop), { ended: null })
}

type StopEnding = Pick<DowntimeAmended, 'ended' | 'afterEnd'>

function push(draft: Draft, stampMs: number, findings: DowntimeFindings, ending: StopEnding): void {
  const subject = machineOwner(draft.map.machine)
  const kind = 'downtime.amended'
  draft.events.push({ v: EVENT_VERSION, kind, at: utcText(stampMs), subject, ...findings, ...ending })
}

function endingOf(
  draft: Draft,
  stop: OpenStop,
  end: Instant,
  marks: readonly Mark[],
): EndedDowntime['ended'] {
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

function findingsOf(
  { map }: Draft,
  reason: StopReason,
  { workOrder, continues }: Pick<OpenStop, 'workOrder' | 'continues'>,
): DowntimeFindings {
  const { code, category, shown, later, by, correctedFrom } = reason
  return {
    reason: code,
    category,
    workOrder,
    code: shown,
    laterCodes: later,
    rule: map.version,
    ...(continues && { continues }),
    ...(by !== null && { reportedBy: by }),
    ...(correctedFrom.length > 0 && { correctedFrom }),
  }
}
