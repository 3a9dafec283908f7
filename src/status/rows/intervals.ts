/**
 * A machine's intervals: opened, closed, split, marked. They tile the time: each begins where the one before ended,
 * stamps only ever grow, and minutes come from the monotonic clock.
 */
import { type Ending, EVENT_VERSION, type Mark } from '../../domain/events/event.ts'
import type { StatusAmended, StatusFindings, StatusOpened, Unseen } from '../../domain/events/status.ts'
import { elapsedMs, type Instant, shift, utcStepsBetween, utcText } from '../../domain/instant.ts'
import { machineOwner } from '../../domain/owner.ts'
import { type DerivedStatus, NO_DATA, type Status } from '../../domain/status.ts'
import { change, changeOpen, type Draft, see } from '../draft.ts'
import { intervalOf, isOpen, type OpenInterval, type Phase, type Piece, type StopReason } from '../state.ts'
import type { Obstacle } from '../why-unseen.ts'
import { wholeMinutes } from './minutes.ts'
import { shownReason, shownStatus } from './shown.ts'

/** Wall and monotonic clock may differ by this much over one interval before it is marked as `clock_stepped`. */
const CLOCK_TOLERANCE_MS = 2_000

/** A stamp is rounded, and stands a millisecond behind the one before where it would be the same. */
const MAKING_WAY_MS = 2
/** In ms. */
const MINUTE_MS = 60_000
/** What is learnt later than this many pieces of an interval is not written into its oldest ones any more. */
const PIECES_MAX = 31

/** What a machine counts as while nothing is seen of it. */
const MARKER_STATUS = 'available'

/** Opens the next interval at `since`, or right behind the one before where that would not be later. */
export function openInterval(
  draft: Draft,
  next: Omit<OpenInterval, 'stampMs' | 'onset' | 'pieces'>,
): OpenInterval {
  const { stampMs, since, marks } = stamped(draft, next.since)
  // What the interval before it became, this one is from its beginning.
  const { became: _, ...known } = next.findings
  const findings = { ...known, marks: [...known.marks, ...marks] }
  const reason = shownReason(next)
  pushOpening(draft, stampMs, {
    status: shownStatus(next),
    reason: reason.code,
    workOrder: next.workOrder,
    ...findings,
    ...correctionsOf(reason),
  })
  return { ...next, stampMs, since, findings, onset: since, pieces: [] }
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
  // A stamp that had to make way for the one before moves the interval; one held back by a stepped clock does not.
  return { stampMs, since: movedMs > MAKING_WAY_MS ? at : shift(at, movedMs), marks }
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
  if (phase.kind === 'gap') return MARKER_STATUS
  const interval = intervalOf(phase)
  return interval && shownStatus(interval)
}

/**
 * Closes the open interval at `end`, split at each UTC midnight in between. It stays in the state until the next one opens.
 * @returns all parts of it
 */
export function closeInterval(draft: Draft, end: Instant, endMarks: readonly Mark[] = []): readonly Piece[] {
  splitAtClock(draft, end)
  const interval = intervalOf(draft.state.phase)
  const ended = closePiece(draft, end, endMarks)
  if (!interval || !ended) return []
  const { stampMs, workOrder, findings, pieces } = interval
  return [...pieces, { stampMs, workOrder, findings, ended }]
}

/**
 * Splits the open interval at the UTC midnights before `upTo`, because central's OEE view books one on the day it began, or at the
 * full hours where the map wants that.
 */
export function splitAtClock(draft: Draft, upTo: Instant): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval) return
  const step = draft.map.split === 'hour' ? 'hour' : 'day'
  for (const at of utcStepsBetween(interval.since, upTo, step)) splitInterval(draft, at)
}

/** Ends the open interval at `at` and continues it in a new one with the same status, marked as `cont`. */
export function splitInterval(
  draft: Draft,
  at: Instant,
  changes: { readonly workOrder?: string | null } = {},
): void {
  const interval = intervalOf(draft.state.phase)
  const ended = closePiece(draft, at, [])
  if (!interval || !ended) return
  const { findings, stampMs, workOrder, onset } = interval
  const pieces: readonly Piece[] = [...interval.pieces, { stampMs, workOrder, findings, ended }]
  const marks = new Set<Mark>([...findings.marks, 'cont'])
  marks.delete('clock_stepped')
  const next = openInterval(draft, {
    ...interval,
    ...changes,
    since: at,
    findings: { ...findings, marks: [...marks] },
  })
  changeOpen(draft, { interval: { ...next, onset, pieces: pieces.slice(-PIECES_MAX) } })
  if (draft.state.orderAwaitedBy === stampMs) change(draft, { orderAwaitedBy: next.stampMs })
  see(draft, { away: null })
}

/** Writes a reason that was learnt late into the open interval, and into what a split has already ended of it. */
export function amendReason(draft: Draft, reason: StopReason): void {
  const before = intervalOf(draft.state.phase)
  if (!before || before.reason === reason) return
  learnReason(draft, reason)
  if (before.unplanned === null && before.reason.code !== reason.code)
    pushAmendment(draft, { ...before, reason }, { ended: null })
}

/** As {@link amendReason}, for an interval that is closed next: its last part says the reason then. */
export function learnReason(draft: Draft, reason: StopReason): void {
  const interval = intervalOf(draft.state.phase)
  if (!interval) return
  changeOpen(draft, { interval: { ...interval, reason } })
  if (interval.unplanned !== null || interval.reason.code === reason.code) return
  for (const piece of interval.pieces) amendEnded(draft, { ...piece, reason })
}

/**
 * The whole of the open interval turned out to be another status than it was opened as: what a split has already ended of it, too,
 * with what rounding left over there.
 */
export function becomeStatus(draft: Draft, status: DerivedStatus): void {
  const before = intervalOf(draft.state.phase)
  if (!before) return
  const findings = { ...before.findings, became: status }
  const pieces = before.pieces.map((piece) => ({
    ...piece,
    findings: { ...piece.findings, became: status },
  }))
  for (const piece of pieces) {
    amendEnded(draft, { ...piece, reason: before.reason })
    moveStatusCarry(draft, piece, before.status, status)
  }
  const interval = { ...before, status, findings, pieces }
  changeOpen(draft, { interval })
  pushAmendment(draft, interval, { ended: null })
}

function moveStatusCarry(draft: Draft, { ended }: Piece, from: DerivedStatus, to: DerivedStatus): void {
  const { carryMs } = draft.state
  const leftMs = ended.durationMs - ended.minutes * MINUTE_MS
  const moved = { [from]: (carryMs[from] ?? 0) - leftMs, [to]: (carryMs[to] ?? 0) + leftMs }
  change(draft, { carryMs: { ...carryMs, ...moved } })
}

/** Writes the work order that could not be read when the interval began into all of it. */
export function amendOrder(draft: Draft, workOrder: string): void {
  const before = intervalOf(draft.state.phase)
  if (!before) return
  const pieces = before.pieces.map((piece) => ({ ...piece, workOrder }))
  for (const piece of pieces) amendEnded(draft, { ...piece, reason: shownReason(before) })
  const interval = { ...before, workOrder, pieces }
  changeOpen(draft, { interval })
  pushAmendment(draft, { ...interval, reason: shownReason(interval) }, { ended: null })
}

/** Writes another work order into the part of the open interval that has no end yet. */
export function bookPart(draft: Draft, workOrder: string | null): void {
  const before = intervalOf(draft.state.phase)
  if (!before) return
  const interval = { ...before, workOrder }
  changeOpen(draft, { interval })
  pushAmendment(draft, { ...interval, reason: shownReason(interval) }, { ended: null })
}

function closePiece(draft: Draft, end: Instant, endMarks: readonly Mark[]): Ending | undefined {
  const { phase, carryMs: carries } = draft.state
  if (!isOpen(phase)) return undefined
  const { since, findings } = phase.interval
  const status = shownStatus(phase.interval)
  const durationMs = Math.max(0, elapsedMs(since, end))
  const { minutes, carryMs } = wholeMinutes(durationMs, carries[status] ?? 0)
  change(draft, { carryMs: { ...carries, [status]: carryMs } })
  const isStepped = Math.abs(end.wallMs - since.wallMs - durationMs) > CLOCK_TOLERANCE_MS
  const isNews = isStepped && !findings.marks.includes('clock_stepped')
  const marks: readonly Mark[] = isNews ? [...endMarks, 'clock_stepped'] : endMarks
  const ended = { durationMs: Math.round(durationMs), minutes, marks }
  pushAmendment(draft, { ...phase.interval, reason: shownReason(phase.interval) }, { ended, status })
  return ended
}

type Amendable = Pick<OpenInterval, 'stampMs' | 'reason' | 'workOrder' | 'findings'>

/** Writes what was learnt about a part of an interval after that had ended. */
export function amendEnded(draft: Draft, row: Amendable & Pick<Piece, 'ended'>): void {
  pushAmendment(draft, row, { ended: row.ended, afterEnd: true })
}

/** Writes one part of an interval as it is known now. */
function pushAmendment(
  draft: Draft,
  row: Amendable,
  ending: Pick<StatusAmended, 'ended' | 'status' | 'afterEnd'>,
): void {
  draft.events.push({
    v: EVENT_VERSION,
    kind: 'status.amended',
    at: utcText(row.stampMs),
    subject: machineOwner(draft.map.machine),
    reason: row.reason.code,
    workOrder: row.workOrder,
    ...row.findings,
    ...correctionsOf(row.reason),
    ...ending,
  })
}

function correctionsOf({ correctedFrom }: StopReason): Pick<StatusFindings, 'correctedFrom'> {
  return correctedFrom.length === 0 ? {} : { correctedFrom }
}
