/**
 * Events as they were written before they had a version: columns of the MES schema, with a ready-made text of notes.
 * `notes-0.ts` takes the notes apart.
 */
import { machineOwner, type Owner } from '../owner.ts'
import type { Category, Status } from '../status.ts'
import { UNASSIGNED } from '../status.ts'
import type { DowntimeAmended, DowntimeOpened } from './downtime.ts'
import { type Ending, EVENT_VERSION } from './event.ts'
import type { Fields } from './fields.ts'
import { type EndingNotes, parseStatusNotes, parseStopNotes, type StopNotes } from './notes-0.ts'
import type { StatusAmended, StatusOpened } from './status.ts'

const MINUTE_MS = 60_000

/** @throws Unreadable */
export function statusOpened0(fields: Fields): StatusOpened {
  const { findings } = parseStatusNotes(fields.text('notes'), 'open')
  return {
    v: EVENT_VERSION,
    kind: 'status.opened',
    at: fields.text('changedAt'),
    subject: subjectOf(fields),
    previousStatus: fields.textOrNull('previousStatus') as Status | null,
    status: fields.text('status') as Status,
    reason: fields.textOrNull('reason'),
    workOrder: fields.textOrNull('workOrder'),
    ...findings,
  }
}

/** @throws Unreadable */
export function statusAmended0(fields: Fields): StatusAmended {
  const minutes = fields.numberOrNull('durationMinutes')
  const { findings, ended } = parseStatusNotes(fields.text('notes'), minutes === null ? 'open' : 'ended')
  return {
    v: EVENT_VERSION,
    kind: 'status.amended',
    at: fields.text('changedAt'),
    subject: subjectOf(fields),
    reason: fields.textOrNull('reason'),
    workOrder: fields.textOrNull('workOrder'),
    ...findings,
    ended: endingOf(minutes, ended),
  }
}

/** @throws Unreadable */
export function downtimeOpened0(fields: Fields): DowntimeOpened {
  return {
    v: EVENT_VERSION,
    kind: 'downtime.opened',
    at: fields.text('startedAt'),
    subject: subjectOf(fields),
    ...downtimeFindings(fields, parseStopNotes(fields.text('notes'), 'open')),
  }
}

/** @throws Unreadable */
export function downtimeAmended0(fields: Fields): DowntimeAmended {
  const minutes = fields.numberOrNull('durationMinutes')
  const notes = parseStopNotes(fields.text('notes'), minutes === null ? 'open' : 'ended')
  const endedAt = fields.textOrNull('endedAt')
  const ending = endingOf(minutes, notes.ended)
  return {
    v: EVENT_VERSION,
    kind: 'downtime.amended',
    at: fields.text('startedAt'),
    subject: subjectOf(fields),
    ...downtimeFindings(fields, notes),
    ended: ending && endedAt !== null ? { ...ending, at: endedAt } : null,
  }
}

function subjectOf(fields: Fields): Owner {
  return machineOwner(fields.text('machine'))
}

function downtimeFindings(fields: Fields, { findings }: StopNotes) {
  const category = fields.textOrNull('category') as Category | null
  const reason = fields.text('reason')
  return {
    reason: reason === UNASSIGNED && category === null ? null : reason,
    category,
    workOrder: fields.textOrNull('workOrder'),
    ...findings,
  }
}

function endingOf(minutes: number | null, { durationMs, marks }: EndingNotes): Ending | null {
  return minutes === null ? null : { durationMs: durationMs ?? minutes * MINUTE_MS, minutes, marks }
}
