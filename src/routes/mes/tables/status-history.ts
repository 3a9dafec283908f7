/** `machine_status_history`: one row for each interval of a machine's status. */
import type { Event } from '../../../domain/events/event.ts'
import { EVENT_VERSION } from '../../../domain/events/event.ts'
import type { StatusAmended, StatusOpened } from '../../../domain/events/status.ts'
import { ownerCode } from '../../../domain/owner.ts'
import { statusNotes } from '../notes.ts'
import { column, type MesTable, machineKey, personColumn, WORK_ORDER } from './table.ts'

type StatusEvent = StatusOpened | StatusAmended

export const statusHistory: MesTable = {
  name: 'machine_status_history',
  columns: [
    ...machineKey('changed_at'),
    column('fixed', 'text', 'previous_status', 'previousStatus'),
    // What was opened as a wait may turn out to be a long stop as a whole. Other amendments leave it as it is.
    { ...column('amended', 'text', 'new_status', 'status'), keeps: true },
    column('amended', 'int', 'duration_minutes', 'durationMinutes'),
    column('amended', 'text', 'reason_code', 'reason'),
    WORK_ORDER,
    column('amended', 'text', 'notes', 'notes'),
    personColumn('changed_by', 'declaredBy'),
  ],
  opens: ['status.opened'],
  amends: ['status.amended'],
  completedBy: 'duration_minutes',
  row: (event, amendment = event) => ({
    machine: ownerCode(event.subject),
    at: event.at,
    ...(isOpened(event) ? { previousStatus: event.previousStatus } : {}),
    status: (amendment as StatusEvent).became ?? (isOpened(event) ? event.status : null),
    ...amendedFields(amendment as StatusEvent),
  }),
  sample: ({ machine: subject }, at) => {
    const base = { v: EVENT_VERSION, at, subject, reason: null, workOrder: null }
    const findings = { cause: [], countedUnseen: null, rule: 'check', marks: [] }
    const ended = { durationMs: 0, minutes: 0, marks: [] }
    const opened: StatusOpened = {
      ...base,
      ...findings,
      kind: 'status.opened',
      previousStatus: null,
      status: 'available',
    }
    const amended: StatusAmended = { ...base, ...findings, kind: 'status.amended', ended }
    return [opened, amended]
  },
}

function isOpened(event: Event): event is StatusOpened {
  return event.kind === 'status.opened'
}

function amendedFields(event: StatusEvent) {
  const ended = event.kind === 'status.amended' ? event.ended : null
  const { reason, workOrder, declaredBy = null } = event
  const durationMinutes = ended?.minutes ?? null
  return { durationMinutes, reason, workOrder, notes: statusNotes(event, ended), declaredBy }
}
