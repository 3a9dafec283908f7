/** Reads one organization's rows from central, for the reconciliation. The gateway never uses this. */
import pg from 'pg'
import type { DatabaseLogin } from './checkout.ts'
import type { CentralRows, DowntimeRow, HistoryRow, ScanRow } from './reconcile/facts.ts'

const HISTORY = `
  SELECT h.id, m.machine_code, h.changed_at, h.previous_status, h.new_status, h.reason_code, w.work_order_number,
         h.duration_minutes, h.notes
    FROM machine_status_history h
    JOIN machines m ON m.id = h.machine_id
    LEFT JOIN work_orders w ON w.id = h.work_order_id
    JOIN organizations o ON o.id = h.organization_id
   WHERE o.code = $1 ORDER BY h.id`

const DOWNTIMES = `
  SELECT d.id, m.machine_code, d.started_at, d.ended_at, d.downtime_reason_code, d.downtime_category,
         d.duration_minutes, d.notes
    FROM downtime_events d
    JOIN machines m ON m.id = d.machine_id
    JOIN organizations o ON o.id = d.organization_id
   WHERE o.code = $1 ORDER BY d.id`

const SCANS = `
  SELECT s.id, s.qr_code_data, s.scan_type, s.reference_type, s.scanned_at
    FROM qr_code_scans s
    JOIN organizations o ON o.id = s.organization_id
   WHERE o.code = $1 ORDER BY s.id`

interface RawHistory {
  readonly id: string
  readonly machine_code: string
  readonly changed_at: Date
  readonly previous_status: string | null
  readonly new_status: string
  readonly reason_code: string | null
  readonly work_order_number: string | null
  readonly duration_minutes: number | null
  readonly notes: string | null
}

interface RawDowntime {
  readonly id: string
  readonly machine_code: string
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly downtime_reason_code: string
  readonly downtime_category: string | null
  readonly duration_minutes: number | null
  readonly notes: string | null
}

interface RawScan {
  readonly id: string
  readonly qr_code_data: string
  readonly scan_type: string
  readonly reference_type: string | null
  readonly scanned_at: Date
}

/** All three tables in one snapshot of the database. */
export async function readCentral(connection: DatabaseLogin, organization: string): Promise<CentralRows> {
  return await withClient(connection, async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    const history = await client.query<RawHistory>(HISTORY, [organization])
    const downtimes = await client.query<RawDowntime>(DOWNTIMES, [organization])
    const scans = await client.query<RawScan>(SCANS, [organization])
    await client.query('COMMIT')
    return {
      history: history.rows.map(historyRow),
      downtimes: downtimes.rows.map(downtimeRow),
      scans: scans.rows.map(scanRow),
    }
  })
}

/**
 * Connects for the time of some work.
 * @throws Error from the driver
 */
export async function withClient<T>(
  connection: DatabaseLogin,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...connection })
  // Without a listener, a server that stops meanwhile would end this process. The running query fails with the reason anyway.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function historyRow(raw: RawHistory): HistoryRow {
  return {
    id: Number(raw.id),
    machine: raw.machine_code,
    changedAtMs: raw.changed_at.getTime(),
    previousStatus: raw.previous_status,
    status: raw.new_status,
    reason: raw.reason_code,
    workOrder: raw.work_order_number,
    durationMinutes: raw.duration_minutes,
    notes: raw.notes ?? '',
  }
}

function downtimeRow(raw: RawDowntime): DowntimeRow {
  return {
    id: Number(raw.id),
    machine: raw.machine_code,
    startedAtMs: raw.started_at.getTime(),
    endedAtMs: raw.ended_at?.getTime() ?? null,
    reason: raw.downtime_reason_code,
    category: raw.downtime_category,
    durationMinutes: raw.duration_minutes,
    notes: raw.notes ?? '',
  }
}

function scanRow(raw: RawScan): ScanRow {
  return {
    id: Number(raw.id),
    atMs: raw.scanned_at.getTime(),
    code: raw.qr_code_data,
    type: raw.scan_type,
    reference: raw.reference_type,
  }
}
