/** What central holds of the cases, read as anybody reads it. */
import type { TestCentral } from '../central.ts'
import type { CaseDowntimeRow, CaseHistoryRow, CaseRows } from './case-rows.ts'

/** The rows of one machine, with the notes of each row of history and of the downtime that began with it. */
export interface CentralCase extends CaseRows {
  readonly notes: ReadonlyMap<number, string>
}

interface HistoryRecord extends Omit<CaseHistoryRow, 'atMs'> {
  readonly machine: string
  readonly at: Date
  readonly notes: string | null
}

interface DowntimeRecord extends Omit<CaseDowntimeRow, 'atMs' | 'endMs'> {
  readonly machine: string
  readonly at: Date
  readonly end: Date | null
  readonly notes: string | null
}

const HISTORY_SQL = `SELECT m.machine_code AS machine, h.changed_at AS at, h.new_status AS status, h.reason_code AS reason,
    h.duration_minutes AS minutes, w.work_order_number AS "workOrder", h.notes
  FROM machine_status_history h JOIN machines m ON m.id = h.machine_id
    LEFT JOIN work_orders w ON w.id = h.work_order_id
  ORDER BY h.changed_at`

const DOWNTIME_SQL = `SELECT m.machine_code AS machine, d.started_at AS at, d.ended_at AS end, d.downtime_reason_code AS reason,
    d.downtime_category AS category, d.duration_minutes AS minutes, d.notes
  FROM downtime_events d JOIN machines m ON m.id = d.machine_id
  ORDER BY d.started_at`

/** By the code of the machine. */
export async function centralCases(central: TestCentral): Promise<(machine: string) => CentralCase> {
  const history = Map.groupBy(await central.sql<HistoryRecord>(HISTORY_SQL), ({ machine }) => machine)
  const downtimes = Map.groupBy(await central.sql<DowntimeRecord>(DOWNTIME_SQL), ({ machine }) => machine)
  return (machine) => {
    const rows = history.get(machine) ?? []
    const stops = downtimes.get(machine) ?? []
    const notesOf = (atMs: number) =>
      [...rows, ...stops].filter(({ at }) => at.getTime() === atMs).map(({ notes }) => notes ?? '')
    return {
      history: rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() })),
      downtimes: stops.map(({ at, end, ...row }) => ({
        ...row,
        atMs: at.getTime(),
        endMs: end?.getTime() ?? null,
      })),
      notes: new Map(rows.map(({ at }) => [at.getTime(), notesOf(at.getTime()).join('; ')])),
    }
  }
}
