/** The rows of a day, with when each of them began in truth. */
import { type HistoryRow, historyOf } from '../support/play-rows.ts'
import type { Lived } from './live.ts'
import type { Sighting } from './sightings.ts'

/** A row from its beginning to the next one's, in ms since the day began. */
export interface Row {
  readonly row: HistoryRow
  readonly from: number
  readonly to: number
}

/** Stamps are rounded to milliseconds. */
const SAME_MS = 2

/**
 * A stamp of a clock that was set may stand for several moments. It is the one at which the row before ended; behind a marker,
 * the first one at which the row's status was seen, or else the one at which it was written.
 */
export function rowsOf(lived: Lived, sightings: readonly Sighting[]): readonly Row[] {
  const rows = historyOf(lived.events)
  const begun = beginnings(lived, rows, sightings)
  return rows.map((row, index) => ({ row, from: begun[index] ?? 0, to: begun[index + 1] ?? lived.end }))
}

function beginnings(
  { day, clock, events, eventsAt, told }: Lived,
  rows: readonly HistoryRow[],
  sightings: readonly Sighting[],
): readonly number[] {
  const writtenAt = new Map(events.map((event, index) => [`${event.kind} ${event.at}`, eventsAt[index] ?? 0]))
  const boots = told.flatMap((one) => (one.kind === 'away' && one.isReboot ? one.backAt : []))
  const result: number[] = []
  let before: HistoryRow | undefined
  for (const row of rows) {
    const lasted = before?.ended?.durationMs
    const written = writtenAt.get(`status.opened ${row.at}`) ?? 0
    // What was not believed yet when the computer was rebooted is dropped.
    const from = Math.max(result.at(-1) ?? 0, boots.findLast((at) => at <= written) ?? 0)
    if (clock.length === 1) result.push(Date.parse(row.at) - (clock[0]?.offset ?? 0))
    else if (lasted !== undefined) result.push((result.at(-1) ?? 0) + lasted)
    else if (before && row.marks.includes('clock_stepped'))
      result.push(day.setting.lateS > 0 ? seenBetween(row, from, written, sightings) : written)
    else result.push(shownAndSeen(row, [from, written], clock, sightings) ?? written)
    before = row
  }
  return result
}

/**
 * When the machine was seen with the row's status at its stamp: by the clock as it was when the row was written, which what has no
 * stamp yet is dated by; or by an earlier one, where the newest was not believed yet.
 */
function shownAndSeen(
  { at: stamp, status }: HistoryRow,
  [from, written]: readonly [number, number],
  clock: Lived['clock'],
  sightings: readonly Sighting[],
): number | undefined {
  const isSeen = (moment: number) =>
    sightings.some(
      (seen) => seen.status === status && seen.proof !== 'stale' && Math.abs(seen.at - moment) < SAME_MS,
    )
  const known = clock.filter((one) => one.from <= written + SAME_MS)
  const moments = known.map(({ offset }) => Date.parse(stamp) - offset)
  return moments.findLast((at) => at >= from && at <= written + SAME_MS && isSeen(at))
}

/** When the status of a row was first seen behind the marker before it: what is late may be written long after that. */
function seenBetween(
  { status }: HistoryRow,
  from: number,
  written: number,
  sightings: readonly Sighting[],
): number {
  const first = sightings.find((seen) => seen.status === status && seen.at > from + SAME_MS)
  return Math.min(first?.at ?? written, written)
}
