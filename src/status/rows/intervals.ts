/**
 * A machine's intervals: opened, closed, split, marked. They tile the time: each begins where the one before ended,
 * stamps only ever grow, and minutes come from the monotonic clock.
 */
import { EVENT_VERSION, type Mark } from '../../domain/events/event.ts'
import type { StatusAmended, StatusFindings, StatusOpened, Unseen } from '../../domain/events/status.ts'
import { elapsedMs, type Instant, nextUtcMidnightMs, shift, utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { NO_DATA, type Status } from '../../domain/status.ts'
import { change, changeOpen, type Draft } from '../draft.ts'
import { intervalOf, isOpen, type OpenInterval, type Phase } from '../state.ts'
import type { Obstacle } from '../why-unseen.ts'
import { wholeMinutes } from './minutes.ts'

/** Wall and monotonic clock may differ by this much over one interval before it is marked as `clock_stepped`. */
const CLOCK_TOLERANCE_MS = 2_000

/** More midnights than this in one interval come from a stepped clock, not from a long status. */
const MIDNIGHTS_MAX = 2

/** What a machine counts as while nothing is seen of it. */
const MARKER_STATUS = 'available'

/** Opens the next interval at `since`, or right behind the one before where that would not be later. */
export function openInterval(draft: Draft, next: Omit<OpenInterval, 'stampMs'>): OpenInterval {
  const { stampMs, since, marks } = stamped(draft, next.since)
  const findings = { ...next.findings, marks: [...next.findings.marks, ...marks] }
  const { status, reason, workOrder } = next
  pushOpening(draft, stampMs, { status, reason, workOrder, ...findings })
  return { ...next, stampMs, since, findings }
}

/**
 * Opens a marker at the last good sample and leaves the machine in a gap. Where the marker would have the same stamp as
 * its interval, it stands 1 ms later.
 */
export function openMarker(draft: Draft, at: Instant, obstacle: Obstacle | undefined): void {
  const { stampMs, since, marks } = stamped(draft, at)
  const unseen = obstacle && unseenOf(obstacle)
  pushOpening(draft, stampMs, {
    status: MARKER_STATUS,
    reason: NO_DATA,
    workOrder: null,
    cause: [],
    countedUnseen: null,
    rule: draft.map.version,
    marks,
    ...(unseen && { unseen }),
  })
  change(draft, { phase: { kind: 'gap', marker: { stampMs, since } } })
}

function unseenOf({ why, device, signal, detail }: Obstacle): Unseen {
  return { why, device, signal, detail }
}

/** Where the next stamp comes to stand, and from when on durations are counted. */
function stamped(draft: Draft, at: Instant) {
  const stampMs = Math.max(Math.round(at.wallMs), draft.state.lastStampMs + 1)
  const movedMs = stampMs - at.wallMs
  const marks: readonly Mark[] = movedMs > CLOCK_TOLERANCE_MS ? ['clock_stepped'] : []
  // A stamp moved by a millisecond or two moves the interval; one held back by a stepped clock does not.
  return { stampMs, since: marks.length > 0 ? at : shift(at, movedMs), marks }
}

type Opening = Pick<StatusOpened, 'status' | 'reason' | 'workOrder'> & StatusFindings

function pushOpening(draft: Draft, stampMs: number, opening: Opening): void {
  draft.events.push({
    v: EVENT_VERSION,
    kind: 'status.opened',
    at: utcText(stampMs),
    subject: machineOwner(draft.map.machine),
    previousStatus: statusOf(draft.state.phase),
    ...opening,
  })
  change(draft, { lastStampMs: stampMs })
}

function statusOf(phase: Phase): Status | null {
  return phase.kind === 'gap' ? MARKER_STATUS : (intervalOf(phase)?.status ?? null)
}

/** Closes the open interval at `end`, split at each UTC midnight in between. It stays in the state until the next one opens. */
export function closeInterval(draft: Draft, end: Instant, endMarks: readonly Mark[] = []): void {
  splitAtMidnights(draft, end)
  closePiece(draft, end, endMarks)
}

/** Splits the open interval at the UTC midnights up to `upTo`, because central's OEE view books one on the day it began. */
export function splitAtMidnights(draft: Draft, upTo: Instant): void {
  for (const midnight of midnightsBetween(intervalOf(draft.state.phase)?.since, upTo)) {
    splitInterval(draft, midnight)
  }
}

/** Ends the open interval at `at` and continues it in a new one with the same status, marked as `cont`. */
export function splitInterval(
  draft: Draft,
  at: Instant,
  changes: { readonly workOrder?: string | null } = {},
): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval) return
  closePiece(draft, at, [])
  const { findings } = interval
  const marks: readonly Mark[] = findings.marks.includes('cont')
    ? findings.marks
    : [...findings.marks, 'cont']
  const next = openInterval(draft, { ...interval, ...changes, since: at, findings: { ...findings, marks } })
  changeOpen(draft, { interval: next })
}

/** Writes a reason that was learnt late into the open interval. */
export function amendReason(draft: Draft, reason: string | null): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval || interval.reason === reason) return
  const amended = { ...interval, reason }
  changeOpen(draft, { interval: amended })
  pushAmendment(draft, amended, null)
}

function closePiece(draft: Draft, end: Instant, endMarks: readonly Mark[]): void {
  const { phase, carryMs: carries } = draft.state
  if (!isOpen(phase)) return
  const { since, status, findings } = phase.interval
  const durationMs = Math.max(0, elapsedMs(since, end))
  const { minutes, carryMs } = wholeMinutes(durationMs, carries[status] ?? 0)
  change(draft, { carryMs: { ...carries, [status]: carryMs } })
  const isStepped = Math.abs(end.wallMs - since.wallMs - durationMs) > CLOCK_TOLERANCE_MS
  const isNews = isStepped && !findings.marks.includes('clock_stepped')
  pushAmendment(draft, phase.interval, {
    durationMs: Math.round(durationMs),
    minutes,
    marks: isNews ? [...endMarks, 'clock_stepped'] : endMarks,
  })
}

function pushAmendment(draft: Draft, interval: OpenInterval, ended: StatusAmended['ended']): void {
  draft.events.push({
    v: EVENT_VERSION,
    kind: 'status.amended',
    at: utcText(interval.stampMs),
    subject: machineOwner(draft.map.machine),
    reason: interval.reason,
    workOrder: interval.workOrder,
    ...interval.findings,
    ended,
  })
}

function midnightsBetween(from: Instant | undefined, to: Instant): readonly Instant[] {
  if (!from) return []
  const midnights: Instant[] = []
  for (let wallMs = nextUtcMidnightMs(from.wallMs); wallMs < to.wallMs; wallMs = nextUtcMidnightMs(wallMs)) {
    midnights.push({ boot: to.boot, wallMs, monoMs: to.monoMs - (to.wallMs - wallMs) })
    if (midnights.length > MIDNIGHTS_MAX) return []
  }
  return midnights.filter((midnight) => midnight.monoMs > from.monoMs)
}
