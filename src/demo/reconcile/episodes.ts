/** The history of a machine according to central, with the rows of one status joined into one episode. */
import { NO_DATA } from '../../domain/status.ts'
import { exactDurationMs, type HistoryRow, hasMark } from './facts.ts'
import { type Findings, finding } from './report.ts'
import { type Sight, wasDark } from './sight.ts'

const DAY_MS = 86_400_000

/** A stretch of one status, by its rows; its end and its duration in ms are undefined while it is open. */
export interface Episode {
  /** Its first row; the reason is that of its last. */
  readonly row: HistoryRow
  readonly endMs: number | undefined
  readonly durationMs: number | undefined
}

/**
 * Joins the rows of one status. The gateway splits them at UTC midnight and when the work order changes, and a marker row
 * for lost contact stands between two. A marker, or a second row of one status, without such a cause is a finding.
 * @param rows those of one machine, in time order
 */
export function episodesOf(
  rows: readonly HistoryRow[],
  sight: Sight,
  findings: Findings,
): readonly Episode[] {
  const episodes: Episode[] = []
  let before: HistoryRow | undefined
  rows.forEach((row, index) => {
    const endMs = rows[index + 1]?.changedAtMs
    const last = episodes.at(-1)
    if (isMarker(row)) {
      checkMarker(row, endMs, sight, findings)
    } else if (last && before && continues(row, last.row, before)) {
      if (!isLegalSplit(row, before))
        findings.wrong.push(finding(row.machine, row.changedAtMs, repeated(row)))
      episodes[episodes.length - 1] = prolong(last, row, endMs)
    } else {
      episodes.push({ row, endMs, durationMs: exactDurationMs(row.notes) })
    }
    before = row
  })
  return episodes
}

function isMarker(row: HistoryRow): boolean {
  return row.status === 'available' && row.reason === NO_DATA
}

function checkMarker(row: HistoryRow, endMs: number | undefined, sight: Sight, findings: Findings): void {
  if (row.durationMinutes !== null) {
    const what = `${NO_DATA} claims ${row.durationMinutes} min, and must claim none`
    findings.wrong.push(finding(row.machine, row.changedAtMs, what))
  }
  if (wasDark({ fromMs: row.changedAtMs, toMs: endMs ?? Number.POSITIVE_INFINITY }, sight)) return
  findings.wrong.push(finding(row.machine, row.changedAtMs, `${NO_DATA}, but the machine was in sight`))
}

/** Whether a row of the same status continues the one before: by its mark, its reason, or because a marker is between. */
function continues(row: HistoryRow, first: HistoryRow, before: HistoryRow): boolean {
  if (row.status !== first.status) return false
  return hasMark(row.notes, 'cont') || row.reason === first.reason || isMarker(before)
}

function isLegalSplit(row: HistoryRow, before: HistoryRow): boolean {
  if (isMarker(before)) return true
  if (!hasMark(row.notes, 'cont')) return false
  return row.changedAtMs % DAY_MS === 0 || row.workOrder !== before.workOrder
}

function repeated(row: HistoryRow): string {
  return `${row.status} again, although it was ${row.status} already`
}

function prolong(episode: Episode, row: HistoryRow, endMs: number | undefined): Episode {
  const pieceMs = exactDurationMs(row.notes)
  const durationMs =
    pieceMs === undefined || episode.durationMs === undefined ? undefined : episode.durationMs + pieceMs
  return { row: { ...episode.row, reason: row.reason }, endMs, durationMs }
}
