/** `downtime_events`: one row for each stop that lasted long enough. */
import type { DowntimeAmended, DowntimeOpened } from '../../../domain/events/downtime.ts'
import { EVENT_VERSION } from '../../../domain/events/event.ts'
import { ownerCode } from '../../../domain/owner.ts'
import { UNASSIGNED } from '../../../domain/status.ts'
import { downtimeNotes } from '../notes.ts'
import { column, type MesTable, machineKey, personColumn, WORK_ORDER } from './table.ts'

type DowntimeEvent = DowntimeOpened | DowntimeAmended

export const downtimeEvents: MesTable = {
  name: 'downtime_events',
  columns: [
    ...machineKey('started_at'),
    column('amended', 'timestamptz', 'ended_at', 'endedAt'),
    column('amended', 'int', 'duration_minutes', 'durationMinutes'),
    column('amended', 'text', 'downtime_reason_code', 'reason'),
    column('amended', 'text', 'downtime_category', 'category'),
    WORK_ORDER,
    column('amended', 'text', 'notes', 'notes'),
    personColumn('reported_by', 'reportedBy'),
    personColumn('resolved_by', 'resolvedBy'),
  ],
  opens: ['downtime.opened'],
  amends: ['downtime.amended'],
  completedBy: 'duration_minutes',
  row: (event, amendment = event) => ({
    machine: ownerCode(event.subject),
    at: event.at,
    ...amendedFields(amendment as DowntimeEvent),
  }),
  sample: ({ machine: subject }, at) => {
    const base = {
      v: EVENT_VERSION,
      at,
      subject,
      category: null,
      workOrder: null,
      code: null,
      laterCodes: [],
    }
    const findings = { reason: 'check', rule: 'check' }
    const ended = { at, durationMs: 0, minutes: 0, marks: [] }
    const opened: DowntimeOpened = { ...base, ...findings, kind: 'downtime.opened' }
    const amended: DowntimeAmended = { ...base, ...findings, kind: 'downtime.amended', ended }
    return [opened, amended]
  },
}

/** The column may not be empty: a stop whose reason is not known has the reason `unassigned`, without a category. */
function amendedFields(event: DowntimeEvent) {
  const ended = event.kind === 'downtime.amended' ? event.ended : null
  const { reason, category, workOrder, reportedBy = null, resolvedBy = null } = event
  return {
    endedAt: ended?.at ?? null,
    durationMinutes: ended?.minutes ?? null,
    reason: reason ?? UNASSIGNED,
    category,
    workOrder,
    notes: downtimeNotes(event, ended),
    reportedBy,
    resolvedBy,
  }
}
