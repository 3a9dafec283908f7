/** Rows that are pushed into a central on which something goes wrong, and what must have become of them. */
import type { QueryResultRow } from 'pg'
import { expect } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import { amended, opened } from '../../support/central-events.ts'

/** A server that answers SQL, as its superuser. */
interface Askable {
  sql<Row extends QueryResultRow>(text: string): Promise<Row[]>
}

const FIRST_MS = Date.UTC(2026, 0, 31, 9)
const MINUTE_MS = 60_000

/** A machine's status and its end, for each minute from the one number up to, not including, the other: two events a row. */
export function minutes(from: number, to: number): readonly Event[] {
  return Array.from({ length: to - from }, (_, place) => {
    const at = utcText(FIRST_MS + (from + place) * MINUTE_MS)
    return [opened({ at }), amended({ at })]
  }).flat()
}

/** How many rows central has, whole or not. */
export async function landed(central: Askable): Promise<number> {
  return (await central.sql('SELECT FROM machine_status_history')).length
}

/** Every row of `minutes(0, count)` is there once, whole and in order; the stream stands behind the last one; nothing was set aside. */
export async function expectExactly(central: Askable, count: number): Promise<void> {
  const rows = await central.sql<{ at: string; whole: boolean }>(
    `SELECT to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
      duration_minutes IS NOT NULL AS whole FROM machine_status_history ORDER BY id`,
  )
  const expected = Array.from({ length: count }, (_, minute) => ({
    at: utcText(FIRST_MS + minute * MINUTE_MS),
    whole: true,
  }))
  expect(rows).toEqual(expected)
  expect(await central.sql('SELECT last_seq::int AS seq FROM edge_gateway.stream')).toEqual([
    { seq: 2 * count },
  ])
  expect(await central.sql('SELECT FROM edge_gateway.quarantine')).toEqual([])
}

/** As before anything was pushed. */
export async function beginAnew(central: Askable): Promise<void> {
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  )
}
