/** How fast a backlog reaches central, exactly once, beside a client that only inserts the same rows. */
import { Client } from 'pg'
import type { Event } from '../../../src/domain/events/event.ts'
import { insertAll, type StatusRow } from '../bare/unnest.ts'
import type { Bench, Benchmark } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { drained, mesRouteOf } from '../drained.ts'
import { amended, opened } from '../machine-events.ts'
import { machineCode, ORGANIZATION } from '../site.ts'
import { median } from '../statistics.ts'

const MACHINES = 50
/** The default of `central.batch.rows`. Each row is two events, opened and amended, so a batch brings half as many rows. */
const EVENTS_PER_BATCH = 8_000
/** Of the bare loop. */
const ROWS_PER_BATCH = 1_000
const EPOCH_MS = Date.UTC(2026, 0, 5)

export const drain: Benchmark = {
  name: 'drain',
  summary: 'rows a second from the outbox into central, against a bare pg loop of INSERT … SELECT unnest',
  run: async (bench) => {
    const codes = Array.from({ length: MACHINES }, (_, index) => machineCode(index))
    await using central = await startCentral(bench, codes)
    const rows = bench.quick ? 5_000 : 100_000
    const rounds: { readonly gateway: number; readonly bare: number }[] = []
    for (let round = 1; round <= (bench.quick ? 1 : 5); round += 1) {
      bench.progress(`  ${rows} rows, round ${round}`)
      rounds.push({
        gateway: await gatewayRate(bench, central, rows, round),
        bare: await bareRate(central, rows),
      })
    }
    const load = `drain, ${rows.toLocaleString('en-US')} rows, at most ${EVENTS_PER_BATCH / 2} a batch, bare ${ROWS_PER_BATCH}`
    return [
      {
        load,
        measure: 'rows/s, gateway / bare unnest',
        value: median(rounds.map(({ gateway, bare }) => gateway / bare)),
        unit: 'x',
        aim: { atLeast: 0.9 },
      },
      { load, measure: 'rows/s, gateway', value: median(rounds.map(({ gateway }) => gateway)), unit: '/s' },
      { load, measure: 'rows/s, bare unnest', value: median(rounds.map(({ bare }) => bare)), unit: '/s' },
    ]
  },
}

async function gatewayRate(
  bench: Bench,
  central: BenchCentral,
  rows: number,
  round: number,
): Promise<number> {
  await central.empty()
  const { seconds } = await drained(bench, {
    name: `drain-${round}`,
    route: mesRouteOf(central.role, EVENTS_PER_BATCH),
    events: eventsOf(rows),
  })
  await mustHold(central, rows)
  return rows / seconds
}

async function bareRate(central: BenchCentral, rows: number): Promise<number> {
  await central.empty()
  const { superuser } = central
  const organizations = await superuser.query<{ id: number }>(
    'SELECT id FROM organizations WHERE code = $1',
    [ORGANIZATION],
  )
  const machines = await superuser.query<{ code: string; id: number }>(
    'SELECT machine_code AS code, id FROM machines',
  )
  const statusRows = Array.from({ length: rows }, (_, n) => statusRow(n))
  const beganMs = performance.now()
  const client = new Client(central.role)
  await client.connect()
  await insertAll(client, statusRows, {
    organization: organizations.rows[0]?.id ?? 0,
    machines: new Map(machines.rows.map(({ code, id }) => [code, id])),
    rowsPerBatch: ROWS_PER_BATCH,
  })
  await client.end()
  const seconds = (performance.now() - beganMs) / 1_000
  await mustHold(central, rows)
  return rows / seconds
}

/** Losing rows would be fast, so they are counted. */
async function mustHold(central: BenchCentral, rows: number): Promise<void> {
  const { rows: found } = await central.superuser.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM machine_status_history WHERE duration_minutes = 1',
  )
  if (found[0]?.n !== rows) throw new Error(`central holds ${found[0]?.n} ended rows instead of ${rows}`)
}

/** The intervals of all machines in turn, each opened and amended. */
function eventsOf(rows: number): readonly Event[] {
  return Array.from({ length: rows }, (_, n) => n).flatMap((n): Event[] => {
    const [machine, interval] = place(n)
    return [opened(machine, interval, EPOCH_MS), amended(machine, interval, EPOCH_MS)]
  })
}

function place(n: number): readonly [machine: string, interval: number] {
  return [machineCode(n % MACHINES), Math.floor(n / MACHINES)]
}

/** About as long as the notes that the route writes. */
const NOTES = 'cause=state:run; rule=3f9a2c1b; dur=60.000s'

function statusRow(n: number): StatusRow {
  const [machine, interval] = place(n)
  const { at, previousStatus, status, reason } = opened(machine, interval, EPOCH_MS)
  return { machine, previousStatus, status, reason, changedAt: at, durationMinutes: 1, notes: NOTES }
}
