/**
 * Rows of `machine_status_history`: opened, closed, split, marked. The rows of a machine tile the time: each begins where
 * the one before ended, stamps only ever grow, and minutes come from the monotonic clock.
 */
import { elapsedMs, type Instant, nextUtcMidnightMs, shift, utcText } from '../../domain/instant.ts'
import { NO_DATA, type Status } from '../../domain/status.ts'
import { change, type Draft } from '../draft.ts'
import type { OpenInterval } from '../state.ts'
import { wholeMinutes } from './minutes.ts'

/** Wall and monotonic clock may differ by this much over one row before it is marked `clock=stepped`. */
const CLOCK_TOLERANCE_MS = 2_000

/** More midnights than this in one row come from a stepped clock, not from a long status. */
const MIDNIGHTS_MAX = 2

export interface NewInterval {
  readonly status: Status
  readonly key: string
  readonly since: Instant
  readonly reason: string | null
  readonly workOrder: string | null
  readonly releaseMs: number
  readonly notes: readonly string[]
}

/** Opens the next row at `since`, or right behind the row before where that would not be later. */
export function openInterval(draft: Draft, next: NewInterval): OpenInterval {
  const earliestMs = draft.state.lastStampMs + 1
  const changedAtMs = Math.max(Math.round(next.since.wallMs), earliestMs)
  const lateMs = changedAtMs - next.since.wallMs
  const stepped = lateMs > CLOCK_TOLERANCE_MS
  const notes = stepped ? [...next.notes, 'clock=stepped'] : next.notes
  // A stamp moved by a millisecond or two moves the row; one held back by a stepped clock does not.
  const since = stepped ? next.since : shift(next.since, lateMs)
  const open: OpenInterval = {
    ...next,
    since,
    notes,
    previous: draft.state.open?.status ?? null,
    changedAtMs,
  }
  draft.events.push({
    kind: 'status.opened',
    machine: draft.map.machine,
    changedAt: utcText(changedAtMs),
    previousStatus: open.previous,
    status: open.status,
    reason: open.reason,
    workOrder: open.workOrder,
    notes: noteText(open.notes),
  })
  change(draft, { open, lastStampMs: changedAtMs })
  return open
}

/** Closes the open row at `end`, split at each UTC midnight in between. The closed row stays `open` until the next one opens. */
export function closeInterval(draft: Draft, end: Instant, lateNotes: readonly string[] = []): void {
  splitAtMidnights(draft, end)
  closePiece(draft, end, lateNotes)
}

/** Splits the open row at the UTC midnights up to `upTo`, because central's OEE view books a row on the day it began. */
export function splitAtMidnights(draft: Draft, upTo: Instant): void {
  if (draft.state.dark === 'gap') return
  for (const midnight of midnightsBetween(draft.state.open?.since, upTo)) {
    const open = draft.state.open
    if (open) splitInterval(draft, open, midnight)
  }
}

/** Ends the open row at `at` and continues it in a new one with the same status, noted as `cont`. */
export function splitInterval(
  draft: Draft,
  open: OpenInterval,
  at: Instant,
  changes: { readonly workOrder?: string | null } = {},
): void {
  closePiece(draft, at, [])
  const notes = open.notes.includes('cont') ? open.notes : [...open.notes, 'cont']
  openInterval(draft, { ...open, ...changes, since: at, notes })
}

/** Writes what was learnt late (a reason) into the open row. */
export function amendInterval(draft: Draft, changes: { readonly reason: string | null }): void {
  const { open } = draft.state
  if (!open || open.reason === changes.reason) return
  const amended = { ...open, ...changes }
  change(draft, { open: amended })
  pushAmendment(draft, amended, null, [])
}

function closePiece(draft: Draft, end: Instant, lateNotes: readonly string[]): void {
  const { open } = draft.state
  if (!open || draft.state.dark === 'gap') return
  const durationMs = Math.max(0, elapsedMs(open.since, end))
  const { minutes, carryMs } = wholeMinutes(durationMs, draft.state.carryMs[open.status] ?? 0)
  change(draft, { carryMs: { ...draft.state.carryMs, [open.status]: carryMs } })
  const stepped = Math.abs(end.wallMs - open.since.wallMs - durationMs) > CLOCK_TOLERANCE_MS
  pushAmendment(draft, open, minutes, [
    `dur=${(durationMs / 1000).toFixed(3)}s`,
    ...lateNotes,
    ...(stepped && !open.notes.includes('clock=stepped') ? ['clock=stepped'] : []),
  ])
}

function pushAmendment(
  draft: Draft,
  open: OpenInterval,
  durationMinutes: number | null,
  lateNotes: readonly string[],
): void {
  draft.events.push({
    kind: 'status.amended',
    machine: draft.map.machine,
    changedAt: utcText(open.changedAtMs),
    durationMinutes,
    reason: open.reason,
    workOrder: open.workOrder,
    notes: noteText([...open.notes, ...lateNotes]),
  })
}

/**
 * A marker row from the last good sample on: nothing was seen, so it has no minutes, ever. Where it would fall on its
 * row's own stamp it stands 1 ms later, which {@link openInterval} sees to.
 */
export function openMarker(draft: Draft, since: Instant): void {
  openInterval(draft, {
    status: 'available',
    key: NO_DATA,
    since,
    reason: NO_DATA,
    workOrder: null,
    releaseMs: 0,
    notes: [`rule=${draft.map.version}`],
  })
  change(draft, { dark: 'gap' })
}

function midnightsBetween(from: Instant | undefined, to: Instant): readonly Instant[] {
  if (!from) return []
  const midnights: Instant[] = []
  for (let wallMs = nextUtcMidnightMs(from.wallMs); wallMs < to.wallMs; wallMs = nextUtcMidnightMs(wallMs)) {
    midnights.push({ wallMs, monoMs: to.monoMs - (to.wallMs - wallMs) })
    if (midnights.length > MIDNIGHTS_MAX) return []
  }
  return midnights.filter((midnight) => midnight.monoMs > from.monoMs)
}

/** `key=value; …`, as short as the column's readers like it. */
export function noteText(notes: readonly string[]): string {
  return notes.join('; ')
}
