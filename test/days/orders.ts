/** A row carries the work order that the machine showed. */
import type { Lived } from './live.ts'
import type { Row } from './rows.ts'
import type { Sighting } from './sightings.ts'

/** An order that comes so soon after a status belongs to it from the beginning. */
const BELIEVED_MS = 10_000

/** Only runs are split by orders: a row carries the one that was known when it was written. */
export function orders(
  { day, told, events, eventsAt }: Lived,
  rows: readonly Row[],
  sightings: readonly Sighting[],
): readonly string[] {
  const forgotten = told.filter((one) => one.kind === 'away')
  const isForgotten = (at: number) => forgotten.some((away) => at >= away.knownTo && at <= away.at)
  const writtenAt = (stamp: string) =>
    eventsAt[events.findIndex(({ kind, at }) => kind === 'status.opened' && at === stamp)] ?? 0
  const slackMs = (day.setting.pollS * 2.5 + day.setting.lateS) * 1_000 + 100
  return rows.flatMap(({ row, from, to }) => {
    if (row.status !== 'running') return []
    const believedMs = day.setting.debounced ? BELIEVED_MS : 0
    const begin = Math.max(from + believedMs + slackMs, writtenAt(row.at))
    const wrong = sightings.find(
      ({ at, status, order }) =>
        status === 'running' &&
        order !== undefined &&
        order !== row.workOrder &&
        at > begin &&
        at < to - slackMs &&
        !isForgotten(at),
    )
    if (!wrong) return []
    return [
      `running of ${row.at.slice(11, 23)} is booked on ${row.workOrder}: ${wrong.order} at +${wrong.at / 1_000}`,
    ]
  })
}
