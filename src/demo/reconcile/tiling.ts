/**
 * Checks that the rows of one machine cover the time without gap or overlap, that only the last one is open, and that what
 * rounding to minutes adds or takes never grows beyond half a minute for a status.
 */
import { NO_DATA } from '../../domain/status.ts'
import { exactDurationMs, type HistoryRow, hasMark } from './facts.ts'
import { type Findings, finding } from './report.ts'

/** Times are whole milliseconds, and a marker row may be dated 1 ms after the end of the row before it. */
export const STAMP_TOLERANCE_MS = 5

/** Seconds are counted by the monotonic clock, stamps by the wall clock, which NTP may slew by 500 ppm (adjtime(3)). */
const SLEW = 0.0005

const HALF_MINUTE_MS = 30_000

/** @param rows those of one machine, in time order */
export function checkTiling(rows: readonly HistoryRow[], findings: Findings): void {
  const wrong = (row: HistoryRow, what: string) =>
    findings.wrong.push(finding(row.machine, row.changedAtMs, `${row.status} ${what}`))
  rows.forEach((row, index) => {
    const before = rows[index - 1]
    const next = rows[index + 1]
    if (row.previousStatus !== (before?.status ?? null)) {
      wrong(row, `follows ${before?.status ?? 'nothing'}, but says ${row.previousStatus ?? 'nothing'}`)
    }
    if (before && row.id < before.id) wrong(row, 'was written before the row that precedes it in time')
    if (next) checkClosed(row, next, wrong)
    else if (exactDurationMs(row.notes) !== undefined || row.durationMinutes !== null) {
      wrong(row, 'is the last row and closed: nothing tells what followed')
    }
  })
  checkMinutes(rows, wrong)
}

type Complain = (row: HistoryRow, what: string) => void

function checkClosed(row: HistoryRow, next: HistoryRow, wrong: Complain): void {
  if (row.reason === NO_DATA) return
  const durationMs = exactDurationMs(row.notes)
  if (durationMs === undefined || row.durationMinutes === null) {
    wrong(row, `is still open, although ${next.status} followed`)
    return
  }
  if (hasMark(row.notes, 'clock_stepped')) return
  const gapMs = next.changedAtMs - row.changedAtMs - durationMs
  if (Math.abs(gapMs) <= agreementMs(durationMs)) return
  const kind = gapMs > 0 ? 'leaves a gap of' : 'overlaps the next row by'
  wrong(row, `${kind} ${Math.abs(gapMs).toFixed(0)} ms`)
}

/** How far two measures of one duration may differ. */
export function agreementMs(durationMs: number): number {
  return STAMP_TOLERANCE_MS + durationMs * SLEW
}

function checkMinutes(rows: readonly HistoryRow[], wrong: Complain): void {
  const error = minuteErrors()
  for (const row of rows) {
    const grown = error(row.status, row.durationMinutes, exactDurationMs(row.notes))
    if (grown !== undefined)
      wrong(row, `makes the sum of its minutes ${(grown / 60_000).toFixed(2)} min wrong`)
  }
}

/**
 * Adds up, for each key, the whole minutes and the exact durations.
 * The returned function takes the next row, and returns the difference of the sums in ms once it exceeds half a minute.
 */
export function minuteErrors(): (
  key: string,
  minutes: number | null,
  durationMs: number | undefined,
) => number | undefined {
  const errorMs = new Map<string, number>()
  let rows = 0
  return (key, minutes, durationMs) => {
    if (minutes === null || durationMs === undefined) return undefined
    rows += 1
    const sumMs = (errorMs.get(key) ?? 0) + minutes * 60_000 - durationMs
    // The gateway carries the remainder in whole milliseconds, so each row may add an error of half a millisecond.
    const exceeded = Math.abs(sumMs) > HALF_MINUTE_MS + rows
    // Reported once, at the first row that exceeds it, and not again for each row after that.
    errorMs.set(key, exceeded ? 0 : sumMs)
    return exceeded ? sumMs : undefined
  }
}
