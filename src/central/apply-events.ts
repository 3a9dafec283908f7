/** Brings a run of events into the MES tables, all or none, within the transaction that is open. */
import type { Event } from '../domain/event.ts'
import { type Codes, lookUpCodes } from './codes.ts'
import {
  DOWNTIME_AMENDED,
  DOWNTIME_COLUMNS,
  DOWNTIME_KEY,
  STATUS_AMENDED,
  STATUS_COLUMNS,
  STATUS_KEY,
} from './columns.ts'
import { type DowntimeRow, fold, type StatusAmendment, type StatusRow } from './fold.ts'
import type { Link } from './link.ts'
import { updateMachines } from './machine-status.ts'
import type { Tables } from './names.ts'
import { amendRows, insertRows, type RowValues } from './table-writer.ts'

export interface Target {
  readonly link: Link
  readonly tables: Tables
  readonly organizationId: number
  /** Whether `machines.status` is kept current. */
  readonly machineStatus: boolean
}

/** @throws CentralError */
export async function applyEvents(target: Target, events: readonly Event[]): Promise<void> {
  const { link, tables, organizationId } = target
  // The folding is done while central looks the codes up.
  const looking = lookUpCodes(link, tables, organizationId, events)
  const { status, downtime } = fold(events)
  const codes = await looking
  const values = valuesOf(codes)
  await insertRows(
    link,
    { table: tables.statusHistory, columns: STATUS_COLUMNS },
    organizationId,
    status.rows.map(values.status),
  )
  await amendRows(
    link,
    { table: tables.statusHistory, key: STATUS_KEY, set: STATUS_AMENDED },
    organizationId,
    status.amendments.map(values.statusAmendment),
  )
  await insertRows(
    link,
    { table: tables.downtimeEvents, columns: DOWNTIME_COLUMNS },
    organizationId,
    downtime.rows.map(values.downtime),
  )
  await amendRows(
    link,
    { table: tables.downtimeEvents, key: DOWNTIME_KEY, set: DOWNTIME_AMENDED },
    organizationId,
    downtime.amendments.map(values.downtime),
  )
  if (target.machineStatus) await updateMachines(target, status, codes)
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
