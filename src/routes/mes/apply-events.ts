/** Brings a run of events into the MES tables, all or none, within the transaction that is open. */
import type { Event } from '../../domain/event.ts'
import type { Link } from '../../postgres/link.ts'
import { amendRows, insertRows, type RowValues } from '../../postgres/table-writer.ts'
import type { CodeBook, Codes } from './codes.ts'
import {
  DOWNTIME_AMENDED,
  DOWNTIME_COLUMNS,
  DOWNTIME_KEY,
  STATUS_AMENDED,
  STATUS_COLUMNS,
  STATUS_KEY,
} from './columns.ts'
import { type DowntimeRow, fold, type StatusAmendment, type StatusRow } from './fold.ts'
import { updateMachines } from './machine-status.ts'
import type { Tables } from './names.ts'

export interface Target {
  readonly link: Link
  readonly tables: Tables
  readonly codes: CodeBook
  readonly organizationId: number
  /** Whether `machines.status` is kept current. */
  readonly machineStatus: boolean
}

/** @throws DestinationError */
export async function applyEvents(target: Target, events: readonly Event[]): Promise<void> {
  const { link, tables, organizationId } = target
  // The folding is done while central looks the codes up.
  const looking = target.codes.lookUp(events)
  const { status, downtime } = fold(events)
  const codes = await looking
  const values = valuesOf(codes)
  // Before anything is sent, because a machine that central does not know is refused here.
  const openings = status.rows.map(values.status)
  const amendments = status.amendments.map(values.statusAmendment)
  const stops = downtime.rows.map(values.downtime)
  const stopAmendments = downtime.amendments.map(values.downtime)
  const history = tables.statusHistory
  const stopped = tables.downtimeEvents
  // Sent before the first is answered. The server takes them in this order, so the first refusal is the cause.
  await Promise.all([
    insertRows(link, { table: history, columns: STATUS_COLUMNS }, organizationId, openings),
    amendRows(link, { table: history, key: STATUS_KEY, set: STATUS_AMENDED }, organizationId, amendments),
    insertRows(link, { table: stopped, columns: DOWNTIME_COLUMNS }, organizationId, stops),
    amendRows(
      link,
      { table: stopped, key: DOWNTIME_KEY, set: DOWNTIME_AMENDED },
      organizationId,
      stopAmendments,
    ),
    target.machineStatus ? updateMachines(target, status, codes) : undefined,
  ])
}

/** In the order of the columns in `columns.ts`. */
function valuesOf({ machineId, workOrderId }: Codes) {
  const amended = (row: StatusAmendment): RowValues => [
    row.durationMinutes,
    row.reason,
    workOrderId(row.workOrder),
    row.notes,
  ]
  return {
    status: (row: StatusRow): RowValues => [
      machineId(row.machine),
      row.changedAt,
      row.previousStatus,
      row.status,
      ...amended(row),
    ],
    statusAmendment: (row: StatusAmendment): RowValues => [
      machineId(row.machine),
      row.changedAt,
      ...amended(row),
    ],
    downtime: (row: DowntimeRow): RowValues => [
      machineId(row.machine),
      row.startedAt,
      row.endedAt,
      row.durationMinutes,
      row.reason,
      row.category,
      workOrderId(row.workOrder),
      row.notes,
    ],
  }
}
