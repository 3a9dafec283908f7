/** Checks that each row of a machine's history carries the work order that its operator worked on when the row began. */
import { NO_DATA } from '../../domain/status.ts'
import type { HistoryRow, TrueOrder } from './facts.ts'
import { type Findings, finding } from './report.ts'

/**
 * The gateway reads a scan so much later at the latest than the operator says what it means. A row gets the order that is known
 * when its status has held long enough, so one that began just before a change may carry the order that came with it.
 */
const LATE_MS = 1_000

/**
 * @param orders those of one machine, in time order
 * @param rows likewise
 */
export function checkWorkOrders(
  orders: readonly TrueOrder[],
  rows: readonly HistoryRow[],
  findings: Findings,
): void {
  const wrong = (row: HistoryRow, what: string) =>
    findings.wrong.push(finding(row.machine, row.changedAtMs, `${row.status} ${what}`))
  const isMarker = (row: HistoryRow) => row.status === 'available' && row.reason === NO_DATA
  rows.forEach((row, index) => {
    if (isMarker(row)) return
    const possible = workedOn(orders, row.changedAtMs)
    if (!possible.has(row.workOrder))
      wrong(row, `has the work order ${row.workOrder}, and it was ${[...possible].join(' or ')}`)
    const endMs = rows[index + 1]?.changedAtMs ?? Number.POSITIVE_INFINITY
    if (row.status === 'running' && isChangedWithin(orders, row.changedAtMs, endMs))
      wrong(row, 'goes on over a change of the work order')
  })
}

/** The orders that a row may carry that begins at a moment: several around a change, and where nobody answered a scan. */
function workedOn(orders: readonly TrueOrder[], atMs: number): ReadonlySet<string | null> {
  let possible = new Set<string | null>([null])
  for (const order of orders) {
    if (order.atMs > atMs + LATE_MS || order.answer === 'bad') continue
    const isSure = order.answer === 'good' && order.atMs + LATE_MS <= atMs
    possible = isSure ? new Set([order.workOrder]) : new Set([...possible, order.workOrder])
  }
  return possible
}

function isChangedWithin(orders: readonly TrueOrder[], fromMs: number, toMs: number): boolean {
  return orders.some((order, index) => {
    const isCertain = order.answer === 'good' && order.workOrder !== (orders[index - 1]?.workOrder ?? null)
    return isCertain && order.atMs > fromMs + LATE_MS && order.atMs + LATE_MS < toMs
  })
}
