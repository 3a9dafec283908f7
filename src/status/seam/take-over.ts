/**
 * Where the rows that one gateway of a pair has written meet what the other one has derived of the same time. Pure.
 *
 * Both have read the same devices, at other moments: the same change has stamps that differ by about a poll. So the row that is open in
 * central goes on as the stretch of the own record that it is, under its own stamp, and nothing is written twice. Where the two disagree
 * on what the machine did, central's row holds as long as its writer was there, and the own record counts from then on: this gateway may
 * have been away itself, and may have taken the machine to be as it was before. What neither has seen is a gap.
 */
import { EVENT_VERSION } from '../../domain/events/event.ts'
import type { MachineEvent } from '../../domain/events/machine.ts'
import { type Instant, utcMs, utcText } from '../../domain/instant.ts'
import type { LatestRows, StatusInterval, StopInterval } from '../../domain/latest-rows.ts'
import { machineOwner, type Owner } from '../../domain/owner.ts'
import { NO_DATA } from '../../domain/status.ts'
import type { MachineState } from '../state.ts'
import { type Absence, seenMs } from './absences.ts'
import { CLOCK_TOLERANCE_MS, marker } from './ended-rows.ts'
import { MachineSeam } from './machine-seam.ts'
import { type Move, moved, openingOf, reopened } from './moved-beginning.ts'
import { type OwnRecord, type StatusStretch, stopsOf, stretchesOf } from './own-record.ts'

/** By how much the two may differ in when something happened: a slow poll, and what their clocks are apart. */
const TOLERANCE_MS = 5_000
/** A gateway that was away for no longer than this goes on with the status that it finds, as after a restart. */
const BRIDGED_MS = 5 * 60_000
const MINUTE_MS = 60_000

/** What is known of the machine when it is taken over. */
interface TakenOver {
  readonly machine: string
  readonly own: OwnRecord
  /** Over which the own record goes on as if nothing had happened, oldest first. */
  readonly absences: readonly Absence[]
  readonly latest: LatestRows
  /** When the gateway that wrote them was last there, ms since 1970. */
  readonly aliveMs: number
  readonly now: Instant
}

/** What is to be written, and how the machine goes on. */
export function takeOverRows({ machine, own, absences, latest, aliveMs, now }: TakenOver): {
  readonly events: readonly MachineEvent[]
  readonly state: MachineState
} {
  const subject = machineOwner(machine)
  const { status, downtime } = latest
  const laid = status ? layStatus(own, status, { subject, absences, aliveMs, nowMs: now.wallMs }) : own
  const joined = downtime ? layStop(laid, downtime, status?.at) : laid
  const seam = new MachineSeam(machine, latest)
  const events = joined.events.filter((event) => seam.take(event))
  const closing = seam.close(joined.state, now)
  return { events: [...events, ...closing.events], state: closing.state ?? joined.state }
}

interface Circumstances {
  readonly subject: Owner
  readonly absences: readonly Absence[]
  /** When the other gateway was last there, ms since 1970. */
  readonly aliveMs: number
  readonly nowMs: number
}

function layStatus(own: OwnRecord, row: StatusInterval, known: Circumstances): OwnRecord {
  const stretches = stretchesOf(own)
  const atMs = utcMs(row.at)
  if (row.ended) return behindEnded(own, stretches, row, known)
  const same = sameStretch(stretches, row, known)
  if (same)
    return withStop(withoutBetween(own, atMs - 1, same.atMs), {
      fromMs: same.atMs,
      toMs: atMs,
      isOpened: true,
    })
  if (row.reason !== NO_DATA) return endedByOwn(own, stretches, row, known)
  return stretches.some((one) => covers(one, atMs)) ? begunAt(own, stretches, row, atMs + 1) : own
}

/**
 * The stretch that a row of central is: the nearest of its status, one that covers its beginning, the one that was seen first behind it, or
 * one that a short absence left.
 */
function sameStretch(
  stretches: readonly StatusStretch[],
  { at, status, reason }: StatusInterval,
  { aliveMs, absences }: Circumstances,
): StatusStretch | undefined {
  const atMs = utcMs(at)
  const alike = stretches.filter((one) => one.status === (reason === NO_DATA ? 'marker' : status))
  // Something else that was seen to begin first counts, unless the one who wrote the row was still there, and saw nothing of it.
  const first = seenBehind(stretches, atMs)
  const isChange = first !== undefined && isSeenToBegin(stretches, first, absences)
  const isLate = ({ atMs: nearMs }: StatusStretch) => isChange && first.atMs < nearMs && aliveMs < nearMs
  const near = nearest(
    alike.filter((one) => !isLate(one)),
    atMs,
  )
  if (near) return near
  // Where this gateway has seen the machine do something else in between, what follows is another stretch.
  const between = stretches.find((one) => covers(one, atMs) && one.status !== 'marker')
  const elseMs = between && first ? seenMs({ fromMs: atMs, toMs: between.endMs ?? first.atMs }, absences) : 0
  const goesOn = first && first.atMs - aliveMs <= BRIDGED_MS && elseMs <= TOLERANCE_MS
  return alike.find((one) => covers(one, atMs)) ?? (goesOn ? alike.find((one) => one === first) : undefined)
}

/**
 * Whether this gateway has seen how a stretch began. One in which it only found the machine when it came back may be what the other one saw
 * end: an answer of a device may be older than the moment at which it was read.
 */
function isSeenToBegin(
  stretches: readonly StatusStretch[],
  { atMs }: StatusStretch,
  absences: readonly Absence[],
): boolean {
  const before = stretches.findLast((one) => one.atMs < atMs)
  if (!before || before.status === 'marker') return false
  return !absences.some(({ toMs }) => Math.abs(toMs - atMs) <= CLOCK_TOLERANCE_MS)
}

/** What this gateway saw first behind a moment: a change, or the machine as it found it when it came back. */
function seenBehind(stretches: readonly StatusStretch[], momentMs: number): StatusStretch | undefined {
  return stretches.find(({ atMs, status }) => atMs > momentMs && status !== 'marker')
}

function nearest(stretches: readonly StatusStretch[], atMs: number): StatusStretch | undefined {
  const awayMs = (one: StatusStretch) => Math.abs(one.atMs - atMs)
  return stretches
    .filter((one) => awayMs(one) <= TOLERANCE_MS)
    .toSorted((one, other) => awayMs(one) - awayMs(other))[0]
}

function covers({ atMs, endMs }: StatusStretch, momentMs: number): boolean {
  return atMs <= momentMs && (endMs === null || endMs > momentMs)
}

/**
 * Behind a row that has ended, its successor is on its way; a rest that is hardly longer than the two may differ by is none. Where this
 * gateway was not there at that end, it knows nothing until it was back.
 */
function behindEnded(
  own: OwnRecord,
  stretches: readonly StatusStretch[],
  row: StatusInterval,
  { subject, absences }: Circumstances,
): OwnRecord {
  const endMs = utcMs(row.at) + (row.ended?.durationMs ?? 0)
  const over = stretches.find((one) => covers(one, endMs))
  const isSuccessor = over !== undefined && endMs - over.atMs <= CLOCK_TOLERANCE_MS
  const isRest = over?.endMs != null && over.endMs - endMs <= TOLERANCE_MS
  if (isSuccessor || isRest) return own
  const absence = absenceAt(absences, endMs)
  if (!absence || over?.status === 'marker') return begunAt(own, stretches, row, endMs)
  const begun = begunAt(own, stretches, row, absence.toMs)
  return { ...begun, events: [marker(subject, utcText(endMs), row.status), ...begun.events] }
}

/** The absence that a moment falls into, if it lasts for longer than the two may differ by. */
function absenceAt(absences: readonly Absence[], momentMs: number): Absence | undefined {
  return absences.find(({ fromMs, toMs }) => fromMs <= momentMs && toMs - momentMs > TOLERANCE_MS)
}

/** From a moment on the own record counts: the stretch that goes on over it begins there. */
function begunAt(
  own: OwnRecord,
  stretches: readonly StatusStretch[],
  { status }: StatusInterval,
  fromMs: number,
): OwnRecord {
  const over = stretches.find((one) => covers(one, fromMs))
  if (!over) return own
  const opening = openingOf(own, over.atMs, status)
  const whole = opening ? { ...own, events: [opening, ...own.events] } : own
  return withStop(whole, { fromMs: over.atMs, toMs: fromMs, isOpened: false })
}

/** A stop that begins with a stretch goes where that goes. Whether central knows it is another question. */
function withStop(own: OwnRecord, move: Omit<Move, 'of'>): OwnRecord {
  const { fromMs, toMs } = move
  // Further apart than the two may differ, it is no longer the stop that this gateway may have opened itself, before it was away.
  const isAnother = Math.abs(toMs - fromMs) > TOLERANCE_MS
  const opened = isAnother ? reopened(own, fromMs) : own
  return moved(moved(opened, { ...move, of: 'status' }), { ...move, of: 'downtime', isOpened: false })
}

/**
 * The own record says something else than central's row. It counts from its next change on, or, where it has seen none so far, from the last
 * sign of the other gateway on. Where neither has seen the machine, the row ends with that sign, and a gap follows until one does.
 */
function endedByOwn(
  own: OwnRecord,
  stretches: readonly StatusStretch[],
  row: StatusInterval,
  { subject, absences, aliveMs, nowMs }: Circumstances,
): OwnRecord {
  const atMs = utcMs(row.at)
  const signMs = Math.max(atMs + 1, Math.min(aliveMs, nowMs))
  const next = seenBehind(stretches, atMs)
  // What the own record says of the very same moment, as it does where both have split at midnight, is no word on central's row.
  const rest = next ? withoutBetween(own, atMs - 1, next.atMs) : own
  const ended = (endMs: number, ...behind: readonly MachineEvent[]) => ({
    ...rest,
    events: [endOf(row, subject, endMs, behind.length > 0), ...behind, ...rest.events],
  })
  if (next && next.status !== row.status && next.atMs - signMs <= TOLERANCE_MS) return ended(next.atMs)
  const unseen = marker(subject, utcText(signMs), row.status)
  const over = stretches.find((one) => covers(one, signMs))
  if (!over) return ended(signMs, unseen)
  const isMarker = over.status === 'marker'
  const absence = isMarker ? undefined : absenceAt(absences, signMs)
  const others = over.atMs === atMs ? own : withoutBetween(own, atMs - 1, atMs + 1)
  const begun = begunAt(others, stretches, row, absence?.toMs ?? signMs)
  const end = endOf(row, subject, signMs, isMarker || absence !== undefined)
  return { ...begun, events: [end, ...(absence ? [unseen] : []), ...begun.events] }
}

/** Where central knows what the machine did, it is neither said that nothing was seen, nor that something else was. */
function withoutBetween(own: OwnRecord, afterMs: number, beforeMs: number): OwnRecord {
  const isOver = ({ at }: MachineEvent) => utcMs(at) > afterMs && utcMs(at) < beforeMs
  return { ...own, events: own.events.filter((event) => !isOver(event)) }
}

function endOf(row: StatusInterval, subject: Owner, endMs: number, isUnseen: boolean): MachineEvent {
  const { at, status, ...findings } = row
  const durationMs = endMs - utcMs(at)
  const minutes = Math.round(durationMs / MINUTE_MS)
  const ended = { durationMs, minutes, marks: isUnseen ? (['no_data'] as const) : [] }
  return { v: EVENT_VERSION, subject, ...findings, kind: 'status.amended', at, status, ended }
}

/**
 * The downtime that central knows is the stop of the own record that began with it, or was under way. One that has ended is not the stop
 * that central's newest row of status began, unless it has the beginning of that row.
 */
function layStop(own: OwnRecord, { at, isOpen }: StopInterval, rowAt: string | undefined): OwnRecord {
  const atMs = utcMs(at)
  const rowMs = rowAt === undefined ? Number.POSITIVE_INFINITY : utcMs(rowAt)
  const isLater = (stop: StatusStretch) =>
    stop.atMs > rowMs || (!isOpen && stop.atMs === rowMs && atMs !== rowMs)
  const stops = stopsOf(own).filter((stop) => !isLater(stop))
  const goingOn = isOpen ? stops.find(({ endMs }) => endMs === null) : undefined
  const same = nearest(stops, atMs) ?? stops.find((one) => covers(one, atMs)) ?? goingOn
  return same ? moved(own, { of: 'downtime', fromMs: same.atMs, toMs: atMs, isOpened: isOpen }) : own
}
