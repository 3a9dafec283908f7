/**
 * Checks that each stop of at least `micro_stop_below` has exactly one row of `downtime_events`. How long a stop lasted is
 * taken from its row of history, which was compared with the truth before: a stop of almost that length must be judged by
 * the duration that the gateway measured.
 */
import { UNASSIGNED } from '../../domain/status.ts'
import type { Match } from './align.ts'
import { type DowntimeRow, exactDurationMs, isStop, type TrueDowntime } from './facts.ts'
import { type Findings, finding } from './report.ts'
import { type Sight, seenUntilMs, wasClear } from './sight.ts'
import { agreementMs, minuteErrors, STAMP_TOLERANCE_MS } from './tiling.ts'

/** Adds to the findings what is missing, extra or wrong among the downtimes of one machine. */
export function checkDowntimes(
  sides: {
    readonly stops: readonly Match[]
    readonly truth: readonly TrueDowntime[]
    readonly rows: readonly DowntimeRow[]
  },
  sight: Sight,
  findings: Findings,
): void {
  const left = new Set(sides.rows)
  for (const stop of sides.stops.filter(({ episode }) => isStop(episode.row.status))) {
    const row = [...left].find((one) => near(one.startedAtMs, stop.episode.row.changedAtMs))
    if (row) left.delete(row)
    judgeStop(stop, row, sight, findings)
  }
  for (const row of left) findings.extra.push(finding(row.machine, row.startedAtMs, `downtime ${row.reason}`))
  for (const stop of sides.truth) judgeTruth(stop, sides.rows, sight, findings)
  checkMinutes(sides.rows, findings)
}

function near(oneMs: number, otherMs: number): boolean {
  return Math.abs(oneMs - otherMs) <= STAMP_TOLERANCE_MS
}

function judgeStop(stop: Match, row: DowntimeRow | undefined, sight: Sight, findings: Findings): void {
  const { machine, changedAtMs } = stop.episode.row
  const length = lasted(stop, sight)
  if (!row) {
    if (length === 'long') findings.missing.push(finding(machine, changedAtMs, `downtime of ${name(stop)}`))
    return
  }
  const complaints = length === 'short' ? ['too short to be one'] : differences(stop, row)
  for (const what of complaints) {
    findings.wrong.push(finding(machine, changedAtMs, `downtime ${row.reason}: ${what}`))
  }
}

/** Whether a stop reached `micro_stop_below`. `unsure`: it goes on, and is about that old. */
function lasted({ episode }: Match, sight: Sight): 'long' | 'short' | 'unsure' {
  const { microStopBelowMs, lateMs } = sight
  if (episode.durationMs !== undefined) return episode.durationMs >= microStopBelowMs ? 'long' : 'short'
  const openMs = seenUntilMs(sight) - episode.row.changedAtMs
  if (Math.abs(openMs - microStopBelowMs) <= lateMs) return 'unsure'
  return openMs > microStopBelowMs ? 'long' : 'short'
}

function differences({ episode, expected }: Match, row: DowntimeRow): readonly string[] {
  const { perhaps } = expected
  const known = perhaps && row.reason === perhaps.reason ? perhaps : expected
  const isUnknown = known.reason === null || (!expected.reasonRequired && row.reason === UNASSIGNED)
  const reason = isUnknown ? UNASSIGNED : known.reason
  const category = isUnknown ? null : known.category
  const durationMs = exactDurationMs(row.notes)
  return [
    ...(row.reason === reason ? [] : [`the reason was ${reason}`]),
    ...(row.category === category ? [] : [`category ${row.category ?? 'none'}, was ${category ?? 'none'}`]),
    ...endDifferences(episode.endMs, row),
    ...((row.endedAtMs === null) === (row.durationMinutes === null) ? [] : ['minutes belong to an end']),
    ...(durationMs === undefined || row.endedAtMs === null || agree(row, durationMs)
      ? []
      : [`ended ${row.endedAtMs - row.startedAtMs} ms after its start, but notes ${durationMs} ms`]),
  ]
}

function endDifferences(endMs: number | undefined, row: DowntimeRow): readonly string[] {
  if (endMs === undefined) return row.endedAtMs === null ? [] : ['ended, but the stop goes on']
  if (row.endedAtMs === null) return ['still open, but the stop is over']
  return near(row.endedAtMs, endMs) ? [] : [`ends ${row.endedAtMs - endMs} ms beside the end of its status`]
}

function agree(row: DowntimeRow, durationMs: number): boolean {
  return Math.abs((row.endedAtMs ?? 0) - row.startedAtMs - durationMs) <= agreementMs(durationMs)
}

/** A second check that does not rely on the history: each stop of the truth that nothing hid must have a row. */
function judgeTruth(
  stop: TrueDowntime,
  rows: readonly DowntimeRow[],
  sight: Sight,
  findings: Findings,
): void {
  const lastedMs = stop.endedAtMs - stop.startedAtMs
  const clear = wasClear(stop.startedAtMs, sight) && wasClear(stop.endedAtMs, sight)
  if (!clear || lastedMs < sight.microStopBelowMs + sight.lateMs) return
  const fitting = rows.filter((row) => {
    const offsetMs = row.startedAtMs - stop.startedAtMs
    return -sight.earlyMs <= offsetMs && offsetMs <= sight.lateMs
  })
  if (fitting.length > 0) return
  const what = `downtime of ${(lastedMs / 1000).toFixed(1)} s`
  findings.missing.push(finding(stop.machine, stop.startedAtMs, what))
}

function checkMinutes(rows: readonly DowntimeRow[], findings: Findings): void {
  const error = minuteErrors()
  for (const row of rows) {
    const durationMs = row.endedAtMs === null ? undefined : row.endedAtMs - row.startedAtMs
    const grown = error(row.reason, row.durationMinutes, exactDurationMs(row.notes) ?? durationMs)
    if (grown === undefined) continue
    const what = `downtime ${row.reason} makes the sum of its minutes ${(grown / 60_000).toFixed(2)} min wrong`
    findings.wrong.push(finding(row.machine, row.startedAtMs, what))
  }
}

function name({ expected }: Match): string {
  return expected.reason === null ? expected.status : `${expected.status} (${expected.reason})`
}
