/** What the reconciliation finds of scans, of the reasons that operators gave, and of the work orders that they worked on. */
import { describe, expect, test } from 'vitest'
import {
  type HistoryRow,
  parseTruth,
  type ScanRow,
  type TrueOrder,
} from '../../../src/demo/reconcile/facts.ts'
import { noFindings } from '../../../src/demo/reconcile/report.ts'
import { checkScans } from '../../../src/demo/reconcile/scans.ts'
import { checkWorkOrders } from '../../../src/demo/reconcile/work-orders.ts'

const START_MS = Date.parse('2026-01-31T09:00:00.000Z')
const at = (seconds: number) => new Date(START_MS + seconds * 1_000).toISOString()

const scan = (seconds: number, code: string) => ({ at: at(seconds), scanner: 'ST-07', event: 'scan', code })
const beep = (seconds: number, bytes: string) => ({ at: at(seconds), scanner: 'ST-07', event: 'beep', bytes })
const down = (seconds: number) => ({
  at: at(seconds),
  machine: 'PRESS-07',
  event: 'status',
  status: 'down',
  reason: null,
  category: null,
})
const reason = (seconds: number, startedAt: number) => ({
  at: at(seconds),
  scanner: 'ST-07',
  event: 'reason',
  machine: 'PRESS-07',
  started_at: at(startedAt),
  reason: 'jam',
  category: 'equipment',
})

function truthOf(...lines: readonly object[]) {
  return parseTruth(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
}

function row(seconds: number, code: string): ScanRow {
  return { id: seconds, atMs: START_MS + seconds * 1_000, code, type: 'label', reference: null }
}

function findingsOf(rows: readonly ScanRow[], ...lines: readonly object[]) {
  const findings = noFindings()
  checkScans(truthOf(...lines).scans, rows, findings)
  return Object.fromEntries(Object.entries(findings).map(([defect, list]) => [defect, list.length]))
}

const NONE = { missing: 0, extra: 0, duplicates: 0, wrong: 0 }

describe('a scan', () => {
  test('that got its good beep must be there once', () => {
    const lines = [scan(1, 'A'), beep(1.1, '06')]
    expect(findingsOf([row(1, 'A')], ...lines)).toEqual(NONE)
    expect(findingsOf([], ...lines)).toEqual({ ...NONE, missing: 1 })
    expect(findingsOf([row(1, 'A'), row(1.2, 'A')], ...lines)).toEqual({ ...NONE, duplicates: 1 })
  })

  test('that nobody answered may be there once', () => {
    const lines = [scan(1, 'A'), scan(4, 'B'), beep(4.1, '06')]
    expect(findingsOf([row(4, 'B')], ...lines)).toEqual(NONE)
    expect(findingsOf([row(1, 'A'), row(4, 'B')], ...lines)).toEqual(NONE)
    expect(findingsOf([row(1, 'A'), row(1, 'A'), row(4, 'B')], ...lines)).toEqual({ ...NONE, duplicates: 1 })
  })

  test('that nobody answered takes no row from one of the same code that was answered soon after', () => {
    const lines = [scan(1, 'A'), scan(3, 'B'), scan(5, 'A'), beep(5.1, '06')]
    expect(findingsOf([row(5, 'A')], ...lines)).toEqual(NONE)
    expect(findingsOf([row(1, 'A'), row(5, 'A')], ...lines)).toEqual(NONE)
  })

  test('that was refused must not be there', () => {
    expect(findingsOf([row(1, 'A')], scan(1, 'A'), beep(1.1, '15'))).toEqual({ ...NONE, extra: 1 })
  })

  test('that nobody made is extra', () => {
    expect(findingsOf([row(1, 'A')])).toEqual({ ...NONE, extra: 1 })
  })
})

describe('the reason of a stop is', () => {
  const lines = [down(10), reason(11, 10), scan(11, 'RSN:jam')]

  test('what its operator scanned', () => {
    const [stop] = truthOf(...lines, beep(11.1, '06')).transitions
    expect(stop).toMatchObject({ reason: 'jam', category: 'equipment' })
  })

  test('what he scanned, or nothing, where nobody answered', () => {
    const [stop] = truthOf(...lines).transitions
    expect(stop).toMatchObject({ reason: null, perhaps: { reason: 'jam', category: 'equipment' } })
  })

  test('not what was refused', () => {
    const [stop] = truthOf(...lines, beep(11.1, '15')).transitions
    expect(stop?.reason).toBeNull()
    expect(stop?.perhaps).toBeUndefined()
  })
})

describe('a row carries the work order', () => {
  const order = (seconds: number, workOrder: string | null, answer: TrueOrder['answer'] = 'good') => ({
    machine: 'PRESS-07',
    atMs: START_MS + seconds * 1_000,
    workOrder,
    answer,
  })
  const running = (seconds: number, workOrder: string | null): HistoryRow => ({
    id: seconds,
    machine: 'PRESS-07',
    changedAtMs: START_MS + seconds * 1_000,
    previousStatus: 'idle',
    status: 'running',
    reason: null,
    workOrder,
    durationMinutes: null,
    notes: '',
  })
  const complaints = (orders: readonly TrueOrder[], ...rows: readonly HistoryRow[]) => {
    const findings = noFindings()
    checkWorkOrders(orders, rows, findings)
    return findings.wrong.map(({ what }) => what)
  }

  test('that its operator has begun', () => {
    const orders = [order(10, 'WO-1'), order(20, null)]
    expect(complaints(orders, running(0, null), running(10, 'WO-1'), running(20, null))).toEqual([])
    expect(complaints(orders, running(14, null))).toContain(
      'running has the work order null, and it was WO-1',
    )
  })

  test('or the one before, where it begins with the change', () => {
    expect(complaints([order(10, 'WO-1')], running(10.5, null))).toEqual([])
  })

  test('and is divided where another one begins', () => {
    const orders = [order(10, 'WO-1'), order(20, 'WO-2')]
    expect(complaints(orders, running(12, 'WO-1'), running(40, 'WO-2'))).toEqual([
      'running goes on over a change of the work order',
    ])
  })

  test('or either of two, where nobody answered the scan', () => {
    const orders = [order(10, 'WO-1'), order(20, 'WO-2', 'none')]
    expect(complaints(orders, running(12, 'WO-1'), running(30, 'WO-1'))).toEqual([])
    expect(complaints(orders, running(12, 'WO-1'), running(30, 'WO-2'))).toEqual([])
  })
})
