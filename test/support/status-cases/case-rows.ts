/** The rows of a machine in the words in which cases are written: `06:10:00 down mechanical_failure, 10 min`. */
import type { DowntimeRow, HistoryRow } from '../play-rows.ts'
import { momentText } from './trace.ts'

/** A row of history, wherever it was read. */
export interface CaseHistoryRow {
  readonly atMs: number
  readonly status: string
  readonly reason: string | null
  /** Null while the row is open, and for ever where it says that nothing was seen. */
  readonly minutes: number | null
  readonly workOrder: string | null
}

/** A downtime, likewise. */
export interface CaseDowntimeRow {
  readonly atMs: number
  readonly endMs: number | null
  readonly reason: string
  readonly category: string | null
  readonly minutes: number | null
}

export interface CaseRows {
  readonly history: readonly CaseHistoryRow[]
  readonly downtimes: readonly CaseDowntimeRow[]
}

/** A line for each row of history, then one for each downtime. */
function rowLines({ history, downtimes }: CaseRows): readonly string[] {
  return [...history.map(historyLine), ...downtimes.map(downtimeLine)]
}

/** Where a case has hundreds of rows, it says only what they add up to: `sum running 400 min`, `no stops`. */
export function linesAsWritten(rows: CaseRows, written: readonly string[]): readonly string[] {
  if (!written.some((line) => line.startsWith('sum '))) return rowLines(rows)
  const statuses = [...new Set(rows.history.map(({ status }) => status))]
  const sums = statuses.map((status) => {
    const minutes = rows.history.map((row) => (row.status === status ? (row.minutes ?? 0) : 0))
    return `sum ${status} ${minutes.reduce((sum, one) => sum + one, 0)} min`
  })
  return [...sums, ...(rows.downtimes.length === 0 ? ['no stops'] : rows.downtimes.map(downtimeLine))]
}

function historyLine({ atMs, status, reason, minutes, workOrder }: CaseHistoryRow): string {
  const what = [momentText(atMs), status, ...(reason === null ? [] : [reason])].join(' ')
  const order = workOrder === null ? '' : ` for ${workOrder}`
  return `${what}${order}, ${minutes === null ? 'open' : `${minutes} min`}`
}

function downtimeLine({ atMs, endMs, reason, category, minutes }: CaseDowntimeRow): string {
  const why = `${reason} (${category ?? '-'})`
  if (endMs === null) return `stop ${momentText(atMs)}, open, ${why}`
  return `stop ${momentText(atMs)} to ${momentText(endMs)}, ${minutes} min, ${why}`
}

/** Of the events of a play. */
export function rowsOfEvents(history: readonly HistoryRow[], downtimes: readonly DowntimeRow[]): CaseRows {
  return {
    history: history.map(({ at, status, reason, ended, workOrder }) => ({
      atMs: Date.parse(at),
      status,
      reason,
      minutes: ended?.minutes ?? null,
      workOrder,
    })),
    downtimes: downtimes.map(({ at, reason, category, ended }) => ({
      atMs: Date.parse(at),
      endMs: ended ? Date.parse(ended.at) : null,
      reason: reason ?? 'unassigned',
      category,
      minutes: ended?.minutes ?? null,
    })),
  }
}
