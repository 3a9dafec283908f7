/** Reads the newest rows of each machine in central. */
import type { LatestRows, StatusInterval, StopInterval } from '../../domain/latest-rows.ts'
import { type Category, type Status, UNASSIGNED } from '../../domain/status.ts'
import type { Ledger } from './ledger.ts'
import { readDowntimeNotes, readStatusNotes } from './notes.ts'
import { downtimeEvents } from './tables/downtime-events.ts'
import { statusHistory } from './tables/status-history.ts'
import type { MesRow } from './tables/table.ts'

const MINUTE_MS = 60_000

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
