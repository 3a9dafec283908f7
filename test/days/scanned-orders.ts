/** A row carries the work order that was scanned last when it was written, and a run begins a new row with each other one. */
import type { Lived } from './live.ts'
import type { Row } from './rows.ts'

/** Stamps are rounded to milliseconds. */
const SAME_MS = 2

interface OrderAt {
  readonly at: number
  readonly order: string | null
}

export function scannedOrders(
  { told, events, eventsAt, end }: Lived,
  rows: readonly Row[],
): readonly string[] {
  const scans = told.flatMap((one) =>
    one.kind === 'scan' && one.scan.kind === 'order' ? [{ at: one.at, order: one.scan.order }] : [],
  )
  const known = (at: number) => scans.findLast((scan) => scan.at <= at)?.order ?? null
  const writtenAt = (stamp: string) =>
    eventsAt[events.findIndex(({ kind, at }) => kind === 'status.opened' && at === stamp)] ?? 0
  return rows.flatMap((one, index) => {
    const { row, from } = one
    if (row.reason === 'NO_DATA') return []
    const written = Math.max(from, writtenAt(row.at))
    const isCont = row.marks.includes('cont')
    const begun = isCont
      ? [rows[index - 1]?.row.workOrder ?? null]
      : [known(written + SAME_MS), known(written - SAME_MS)]
    const right = isCont ? [known(from + SAME_MS), ...begun] : begun
    const what = `${row.status} of ${row.at.slice(11, 23)}`
    if (!right.includes(row.workOrder))
      return [`${what} is booked on ${row.workOrder}, not on ${right.join(' or ')}`]
    const missed = missedBy(
      one,
      Math.min(one.to, end),
      scans.filter(({ at }) => at > written + SAME_MS),
    )
    return missed
      ? [`${what} goes on with ${row.workOrder} when ${missed.order} is scanned at +${missed.at / 1_000}`]
      : []
  })
}

/** What is scanned in the last moments may wait for the next contact. */
function missedBy({ row, to }: Row, end: number, scans: readonly OrderAt[]): OrderAt | undefined {
  if (row.status !== 'running' || !row.ended) return undefined
  return scans.find(({ at, order }) => at < Math.min(to, end) - SAME_MS && order !== row.workOrder)
}
