/** The last rows of a machine, with why each was begun, and which routes have it. */
import { type Endpoint, endpoint } from '../../console/endpoint.ts'
import { utcMs, utcText } from '../../domain/instant.ts'
import type { Outbox, OutboxStats } from '../../domain/outbox.ts'
import type { History } from '../../history/history.ts'
import type { DowntimeRecord, HistoryRecord, StatusRecord } from '../../history/records.ts'
import type { Uploader } from '../../uploader/upload.ts'
import { type MachineRow, type MachineRows, rowsParams, rowsQuery, rowsShape } from './row-shapes.ts'

interface RowParts {
  readonly history: Pick<History, 'lastRecords' | 'reach'>
  readonly outbox: Pick<Outbox, 'stats'>
  /** Central's first. */
  readonly allUploaders: () => readonly Pick<Uploader, 'health'>[]
}

export function machineRowsEndpoints(parts: RowParts): readonly Endpoint[] {
  return [
    endpoint({
      method: 'GET',
      path: '/machines/:machine/rows',
      role: 'view',
      summary:
        'The last rows of a machine: status and downtimes, why each was begun, and which routes have it.',
      params: rowsParams,
      query: rowsQuery,
      answer: rowsShape,
      handle: ({ params, query }) => machineRows(parts, params.machine, query),
    }),
  ]
}

async function machineRows(
  { history, outbox, allUploaders }: RowParts,
  machine: string,
  { limit, before }: { readonly limit: number; readonly before?: string | undefined },
): Promise<MachineRows> {
  const records = await history.lastRecords(machine, limit, before === undefined ? undefined : utcMs(before))
  const { keptFromMs, missing } = await history.reach()
  const stats = await outbox.stats()
  return {
    machine,
    rows: records.map((record) => rowOnWire(record, stats)),
    kept_from: keptFromMs === null ? null : utcText(keptFromMs),
    missing_events: missing,
    refused: allUploaders().flatMap((uploader) => refusedBy(uploader, machine)),
  }
}

function refusedBy(uploader: Pick<Uploader, 'health'>, machine: string): MachineRows['refused'] {
  const { route, refused } = uploader.health().summary
  return refused
    .filter((one) => one.machine === machine)
    .map(({ reason, count }) => ({ route, reason, count }))
}

function rowOnWire(record: HistoryRecord, stats: OutboxStats): MachineRow {
  const { lastSeq } = record
  return {
    ...foundRow(record),
    seq: lastSeq,
    // Numbers have no gaps: what is pending are the last ones.
    delivered: stats.consumers.map(({ name, pending }) => ({
      route: name,
      is_delivered: lastSeq <= stats.lastSeq - pending,
    })),
  }
}

/** A row, whether or not any route is to have it. */
export function foundRow(record: HistoryRecord): Omit<MachineRow, 'seq' | 'delivered'> {
  const { kind, at, ended, reason, workOrder, rule, correctedFrom = [] } = record
  return {
    kind,
    at,
    until: untilOf(record),
    lasted_s: ended && Math.round(ended.durationMs / 100) / 10,
    minutes: ended?.minutes ?? null,
    reason,
    work_order: workOrder,
    rule,
    corrected_from: [...correctedFrom],
    ...(record.kind === 'status' ? ofStatus(record) : ofDowntime(record)),
  }
}

function untilOf(record: HistoryRecord): string | null {
  if (record.kind === 'downtime') return record.ended?.at ?? null
  return record.ended && utcText(utcMs(record.at) + record.ended.durationMs)
}

function ofStatus({ marks, ended, ...record }: StatusRecord) {
  const { status, previousStatus, declaredBy, cause, unseen, countedUnseen } = record
  return {
    status,
    previous_status: previousStatus,
    category: null,
    operator: declaredBy ?? null,
    resolved_by: null,
    cause: [...cause],
    marks: [...marks, ...(ended?.marks ?? [])],
    unseen: unseen ?? null,
    counted_unseen: countedUnseen,
    code: null,
    later_codes: [],
  }
}

function ofDowntime({ category, reportedBy, resolvedBy, code, laterCodes, ended }: DowntimeRecord) {
  return {
    status: null,
    previous_status: null,
    category,
    operator: reportedBy ?? null,
    resolved_by: resolvedBy ?? null,
    cause: [],
    marks: [...(ended?.marks ?? [])],
    unseen: null,
    counted_unseen: null,
    code,
    later_codes: [...laterCodes],
  }
}
