/** Checks that the rows of each machine in central cover no moment twice, and that only the last one is open. */
import { expect } from 'vitest'
import type { TestCentral } from './central.ts'

export interface CentralRow {
  readonly machine: string
  readonly atMs: number
  readonly status: string
  readonly reason: string | null
  readonly minutes: number | null
  readonly notes: string
}

export async function historyIn(central: TestCentral): Promise<readonly CentralRow[]> {
  return central.sql<{ machine: string; atMs: number } & CentralRow>(
    `SELECT m.machine_code AS machine, (extract(epoch FROM changed_at) * 1000)::float8 AS "atMs", new_status AS status,
       reason_code AS reason, duration_minutes AS minutes, h.notes
     FROM machine_status_history h JOIN machines m ON m.id = h.machine_id ORDER BY machine_code, changed_at, h.id`,
  )
}

/** No row ends after the next one of its machine begins, none comes twice, and only the last one and markers are open. */
export async function expectTiling(central: TestCentral): Promise<readonly CentralRow[]> {
  const rows = await historyIn(central)
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1]
    if (!next || next.machine !== row.machine) continue
    const exactS = Number(/dur=([\d.]+)s/.exec(row.notes)?.[1] ?? 0)
    expect(next.atMs, JSON.stringify([row, next])).toBeGreaterThan(row.atMs)
    expect(row.atMs + exactS * 1_000, JSON.stringify([row, next])).toBeLessThanOrEqual(next.atMs)
    expect(row.minutes !== null || row.reason === 'NO_DATA', JSON.stringify([row, next])).toBe(true)
  }
  const open = await central.sql(
    `SELECT machine_id FROM downtime_events WHERE ended_at IS NULL GROUP BY machine_id HAVING count(*) > 1`,
  )
  expect(open).toEqual([])
  const overlapping = await central.sql(
    `SELECT a.started_at, b.started_at AS other FROM downtime_events a JOIN downtime_events b
       ON a.machine_id = b.machine_id AND a.id <> b.id AND b.started_at >= a.started_at
     WHERE b.started_at < coalesce(a.ended_at, 'infinity')`,
  )
  expect(overlapping).toEqual([])
  return rows
}
