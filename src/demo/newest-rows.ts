/** The newest rows of central as small tables, in the columns' own names: what the MES would show. */
import type { CentralRows, DowntimeRow, HistoryRow, ScanRow } from './reconcile/facts.ts'
import { clockText, cut, type Screen, zoneText } from './screen.ts'

/** Of each table, so that all and the verdict below them fit a terminal of 24 lines. */
const SHOWN_MAX = 2

/** @param nowMs decides the name of the zone, in which all times are */
export function newestRows(
  { history, downtimes, scans }: CentralRows,
  screen: Screen,
  nowMs: number,
): string {
  const zone = zoneText(nowMs, screen)
  const time = (atMs: number) => clockText(atMs, screen)
  return [
    `machine_status_history, the newest of ${history.length} rows (${zone}):`,
    ...table(
      HISTORY_COLUMNS,
      newest(history).map((one) => historyCells(one, time)),
      screen,
    ),
    `downtime_events, the newest of ${downtimes.length} rows:`,
    ...table(
      DOWNTIME_COLUMNS,
      newest(downtimes).map((one) => downtimeCells(one, time)),
      screen,
    ),
    `qr_code_scans, the newest of ${scans.length} rows:`,
    ...table(
      SCAN_COLUMNS,
      newest(scans).map((one) => scanCells(one, time)),
      screen,
    ),
    '',
  ].join('\n')
}

/** The machine's code stands for `machine_id`. What a narrow terminal can do without is last. */
const HISTORY_COLUMNS = ['changed_at', 'machine', 'new_status', 'reason_code', 'previous_status']
const DOWNTIME_COLUMNS = ['started_at', 'ended_at', 'machine', 'downtime_reason_code', 'category']

const SCAN_COLUMNS = ['scanned_at', 'qr_code_data', 'scan_type', 'reference_type']

type Cells = readonly string[]

function historyCells(row: HistoryRow, time: (atMs: number) => string): Cells {
  return [time(row.changedAtMs), row.machine, row.status, row.reason ?? '', row.previousStatus ?? '']
}

function downtimeCells(row: DowntimeRow, time: (atMs: number) => string): Cells {
  const ended = row.endedAtMs === null ? 'goes on' : time(row.endedAtMs)
  return [time(row.startedAtMs), ended, row.machine, row.reason, row.category ?? '']
}

function scanCells({ atMs, code, type, reference }: ScanRow, time: (atMs: number) => string): Cells {
  return [time(atMs), code, type, reference ?? '']
}

function newest<Row extends { readonly id: number }>(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted((a, b) => b.id - a.id).slice(0, SHOWN_MAX)
}

function table(titles: Cells, rows: readonly Cells[], screen: Screen): readonly string[] {
  const all = [titles, ...rows]
  const widths = titles.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0)))
  return all.map((cells) => {
    const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0))
    return cut(`  ${padded.join('  ')}`.trimEnd(), screen)
  })
}
