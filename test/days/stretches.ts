/** Rows of one status behind each other, and sightings of one status behind each other. */
import type { DerivedStatus, Status } from '../../src/domain/status.ts'
import type { Setting } from './day.ts'
import type { Row } from './rows.ts'

export interface Claim {
  readonly status: Status
  readonly from: number
  readonly to: number
}

/** Rows of one status behind each other claim one stretch. Markers claim nothing. */
export function claimed(rows: readonly Row[]): readonly Claim[] {
  const result: Claim[] = []
  for (const { row, from, to } of rows) {
    const before = result.at(-1)
    if (row.reason === 'NO_DATA') continue
    if (before && before.status === row.status && Math.abs(before.to - from) < 1.5) {
      result[result.length - 1] = { ...before, to }
    } else result.push({ status: row.status, from, to })
  }
  return result
}

/** Statuses that go on while nothing is seen, because people cut the power to repair. */
export const HELD: readonly (DerivedStatus | Status)[] = ['down', 'setup', 'maintenance']

/**
 * Where two devices of a machine change between two polls, the first one that is read shows what never was together. That may
 * leave a row of a millisecond, which costs nobody a minute. So may a declared status in which a machine was seen to run from the
 * beginning on.
 */
export function isTorn({ devices, staffed }: Setting, { from, to }: Pick<Row, 'from' | 'to'>): boolean {
  return (devices === 'gate' || staffed) && to - from <= 2
}
