/** The newest rows of each machine in central, with the fields that events have. */
import type { DowntimeFindings } from '../domain/events/downtime.ts'
import type { Ending } from '../domain/events/event.ts'
import type { StatusFindings, StatusOpened } from '../domain/events/status.ts'
import { type Category, type Status, UNASSIGNED } from '../domain/status.ts'
import type { Ledger } from '../routes/mes/ledger.ts'
import { readDowntimeNotes, readStatusNotes } from '../routes/mes/notes.ts'
import { downtimeEvents } from '../routes/mes/tables/downtime-events.ts'
import { statusHistory } from '../routes/mes/tables/status-history.ts'
import type { MesRow } from '../routes/mes/tables/table.ts'

const MINUTE_MS = 60_000

/** An interval of a machine's status. */
export interface StatusInterval
  extends StatusFindings,
    Pick<StatusOpened, 'at' | 'status' | 'reason' | 'workOrder'> {
  /** Null while it is open. */
  readonly ended: Ending | null
}

/** A stop of a machine. */
export interface StopInterval extends DowntimeFindings {
  readonly at: string
  readonly isOpen: boolean
}

/** Of whoever wrote them; absent where central has none. */
export interface LatestRows {
  readonly status?: StatusInterval
  readonly downtime?: StopInterval
}

/** By the machine's code; one of which central has no row is not in it. */
export async function latestRows(
  ledger: Ledger,
  machines: readonly string[],
): Promise<ReadonlyMap<string, LatestRows>> {
  const status = await ledger.latest(statusHistory, machines)
  const downtime = await ledger.latest(downtimeEvents, machines)
  const latest = new Map<string, LatestRows>()
  for (const [code, row] of status) latest.set(code, { status: statusInterval(row) })
  for (const [code, row] of downtime) latest.set(code, { ...latest.get(code), downtime: stopInterval(row) })
  return latest
}

/** A row of `machine_status_history`. */
export function statusInterval(row: MesRow): StatusInterval {
  const { ended, ...findings } = readStatusNotes(textOf(row.notes))
  const minutes = row.durationMinutes
  return {
    ...findings,
    at: textOf(row.at),
    status: textOf(row.status) as Status,
    reason: textOrNull(row.reason),
    workOrder: textOrNull(row.workOrder),
    ended:
      typeof minutes === 'number'
        ? { durationMs: ended.durationMs ?? minutes * MINUTE_MS, minutes, marks: ended.marks }
        : null,
  }
}

/** A row of `downtime_events`. */
export function stopInterval(row: MesRow): StopInterval {
  const reason = textOrNull(row.reason)
  const category = textOrNull(row.category) as Category | null
  return {
    ...readDowntimeNotes(textOf(row.notes)),
    at: textOf(row.at),
    reason: reason === UNASSIGNED && category === null ? null : reason,
    category,
    workOrder: textOrNull(row.workOrder),
    isOpen: (row.endedAt ?? null) === null,
  }
}

function textOf(value: MesRow[string] | undefined): string {
  return value === null || value === undefined ? '' : String(value)
}

function textOrNull(value: MesRow[string] | undefined): string | null {
  return value === null || value === undefined ? null : String(value)
}
