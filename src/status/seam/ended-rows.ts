/** How rows that no gateway would ever end are ended at a seam, and from where a machine goes on behind them. Pure. */
import type { DowntimeAmended } from '../../domain/events/downtime.ts'
import { EVENT_VERSION } from '../../domain/events/event.ts'
import type { MachineEvent } from '../../domain/events/machine.ts'
import type { StatusAmended, StatusOpened } from '../../domain/events/status.ts'
import { type Instant, shift, utcMs, utcText } from '../../domain/instant.ts'
import type { StatusInterval, StopInterval } from '../../domain/latest-rows.ts'
import type { Owner } from '../../domain/owner.ts'
import { NO_DATA, type Status } from '../../domain/status.ts'
import { type MachineState, newState, type Phase } from '../state.ts'

/** Ends by the monotonic clock and beginnings by the wall clock of one and the same history may differ by this much. */
export const CLOCK_TOLERANCE_MS = 2_000
const MINUTE_MS = 60_000

/** The fields of a marker row: from here on nothing was seen. */
export const MARKER = {
  status: 'available',
  reason: NO_DATA,
  workOrder: null,
  cause: [],
  countedUnseen: null,
  rule: null,
  marks: ['adopted'],
} as const

/** Closes an open row at its own beginning, with a marker behind it: up to the next row nothing was seen. */
export function endOfRow(
  subject: Owner,
  { at, status, ended: _, ...row }: StatusInterval,
  taken: ReadonlySet<string>,
): readonly MachineEvent[] {
  const ended = { durationMs: 0, minutes: 0, marks: ['adopted'] } as const
  const amended: StatusAmended = {
    ...findingsOf(row),
    v: EVENT_VERSION,
    kind: 'status.amended',
    at,
    subject,
    ended,
    status,
  }
  const markerAt = moved(at, 1)
  return taken.has(markerAt) ? [amended] : [amended, marker(subject, markerAt, status)]
}

/** What an amendment says again of a row. */
function findingsOf(row: Omit<StatusInterval, 'at' | 'status' | 'ended'>) {
  const { reason, workOrder, cause, countedUnseen, rule, marks, remark } = row
  const findings = { reason, workOrder, cause, countedUnseen, rule, marks }
  return remark === undefined ? findings : { ...findings, remark }
}

/** From here on nothing was seen. `previousStatus` is null where it is not known. */
export function marker(subject: Owner, at: string, previousStatus: Status | null): StatusOpened {
  return { v: EVENT_VERSION, kind: 'status.opened', at, subject, previousStatus, ...MARKER }
}

/** A moment, so many ms later. */
export function moved(at: string, ms: number): string {
  return utcText(utcMs(at) + ms)
}

/** Ends an open downtime where its machine was last proven to be in it: at its own beginning at the earliest. */
export function endOfStop(
  subject: Owner,
  { isOpen: _, ...stop }: StopInterval,
  provenMs: number,
): DowntimeAmended {
  const startedMs = utcMs(stop.at)
  const endedMs = Math.max(startedMs, provenMs)
  const durationMs = endedMs - startedMs
  const minutes = Math.round(durationMs / MINUTE_MS)
  const ended = { at: utcText(endedMs), durationMs, minutes, marks: ['adopted'] } as const
  return { ...stop, v: EVENT_VERSION, kind: 'downtime.amended', subject, ended }
}

/** The newest row once these have been closed, and whether it is still open. */
export function afterClosing(newest: StatusInterval, closed: readonly StatusInterval[]): StatusInterval {
  if (!closed.some(({ at }) => at === newest.at)) return newest
  return { ...MARKER, at: moved(newest.at, 1), ended: null }
}

/** A state in which the machine waits to be seen, and its next row begins behind everything that central has. */
export function waiting(
  local: MachineState | undefined,
  now: Instant,
  newest: StatusInterval,
  coveredMs: number,
): MachineState {
  const newestMs = utcMs(newest.at)
  const lastStampMs = Math.max(newestMs, Math.ceil(coveredMs) - 1)
  const phase: Phase =
    newest.reason === NO_DATA
      ? { kind: 'gap', marker: { stampMs: newestMs, since: shift(now, newestMs - now.wallMs) } }
      : { kind: 'unknown', unsettled: null }
  // Nobody names a stop any more whose rows central may not have.
  return { ...newState(), ...local, phase, lastSeen: null, lastStampMs, lastStop: null }
}

/** Where the newest row of central ends, as far as it says; an open one covers nothing but its own beginning. */
export function coveredUntilMs({ at, ended }: StatusInterval): number {
  const beganMs = utcMs(at)
  return ended ? Math.max(beganMs, beganMs + ended.durationMs - CLOCK_TOLERANCE_MS) : beganMs
}
