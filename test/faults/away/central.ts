/** What central holds after a time without it, and how fast it can take rows at all. */
import type { Client } from 'pg'
import { SAV } from '../../../simulators/central/mes.ts'
import { insertAll } from '../../bench/bare/unnest.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { type Away, rowsOf } from './plan.ts'

/** As of a server in production, but for checkpoints and clean-ups, which would fall into one measurement and not the other. */
const SERVER = { fsync: 'on', max_wal_size: '4GB', checkpoint_timeout: '30min', autovacuum: 'off' }
/** As in the benchmark `drain`. */
const BARE_ROWS_PER_BATCH = 1_000

export function centralOf(machines: readonly string[]): Promise<TestCentral> {
  return startTestCentral({ organizations: [{ ...SAV, machines }], server: SERVER })
}

/** Rows a second of a client that only inserts them; they are taken away again. */
export async function bareRate(central: TestCentral, away: Away, count: number): Promise<number> {
  const [organization] = await central.sql<{ id: number }>('SELECT id FROM organizations WHERE code = $1', [
    SAV.code,
  ])
  const machines = await central.sql<{ code: string; id: number }>(
    'SELECT machine_code AS code, id FROM machines',
  )
  const rows = rowsOf(away, count)
  const client: Client = await central.asGateway()
  const beganMs = performance.now()
  await insertAll(client, rows, {
    organization: organization?.id ?? 0,
    machines: new Map(machines.map(({ code, id }) => [code, id])),
    rowsPerBatch: BARE_ROWS_PER_BATCH,
  })
  const seconds = (performance.now() - beganMs) / 1_000
  await client.end()
  await central.sql('TRUNCATE machine_status_history')
  await central.sql('CHECKPOINT')
  return count / seconds
}

/** What there is of the rows of the time away. */
export interface Landed {
  readonly rows: number
  /** Rows that do not come behind the one before them by time and machine: doubled, or out of order. */
  readonly outOfOrder: number
  /** Rows without the end that they were given. */
  readonly unended: number
}

/** @param beforeMs rows from then on are those of the live machines */
export async function landedRows(central: TestCentral, beforeMs: number): Promise<Landed> {
  const [found] = await central.sql<Landed>(
    `SELECT count(*)::int AS rows,
        (count(*) FILTER (WHERE (changed_at, machine_id) <= (before_at, before_machine)))::int AS "outOfOrder",
        (count(*) FILTER (WHERE duration_minutes IS NULL))::int AS unended
      FROM (SELECT changed_at, machine_id, duration_minutes,
          lag(changed_at) OVER told AS before_at, lag(machine_id) OVER told AS before_machine
        FROM machine_status_history WHERE changed_at < to_timestamp($1::float8 / 1000)
        WINDOW told AS (ORDER BY id)) AS row`,
    [beforeMs],
  )
  if (!found) throw new Error('central does not count')
  return found
}

/** What central shows of the machines now: how many have which status. */
export async function shownMachines(central: TestCentral): Promise<string> {
  const shown = await central.sql<{ status: string; count: number }>(
    'SELECT status::text, count(*)::int FROM machines GROUP BY status ORDER BY status',
  )
  return shown.map(({ status, count }) => `${count} ${status}`).join(', ')
}
