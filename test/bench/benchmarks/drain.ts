/** How fast a backlog reaches central, exactly once, beside a client that only inserts the same rows. */
import { join } from 'node:path'
import { Client } from 'pg'
import { type BufferOutbox, openOutbox } from '../../../src/buffer/outbox.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { createPostgresCentral } from '../../../src/routes/mes/route.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createUploader } from '../../../src/uploader/upload.ts'
import { insertAll, type StatusRow } from '../bare/unnest.ts'
import type { Bench, Benchmark } from '../benchmark.ts'
import { type BenchCentral, startCentral } from '../central.ts'
import { amended, opened } from '../machine-events.ts'
import { machineCode, ORGANIZATION, PLANT } from '../site.ts'
import { median } from '../statistics.ts'
import { until } from '../until.ts'

const MACHINES = 50
/** The default of `central.batch.rows`. Each row is two events, opened and amended, so a batch brings half as many rows. */
const EVENTS_PER_BATCH = 2_000
const ROWS_PER_BATCH = EVENTS_PER_BATCH / 2
const ENTRY_EVENTS = 500
const EPOCH_MS = Date.UTC(2026, 0, 5)
const DRAIN_MAX_MS = 300_000

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
    const load = `drain, ${rows.toLocaleString('en-US')} rows, ${ROWS_PER_BATCH} a batch`
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
  const log = createLog('error')
  await using outbox = await openOutbox({
    file: join(bench.folder, `outbox-${round}.db`),
    retentionMs: 3_600_000,
    maxBytes: 4 * 1024 ** 3,
    consumers: [{ name: 'central', must: 'deliver' }],
    bootId: 'boot',
    clock: systemClock,
    log,
  })
  await fill(outbox, rows)
  await central.empty()
  const { role } = central
  const uploader = createUploader({
    outbox,
    central: createPostgresCentral({
      connection: {
        hosts: [{ host: role.host, port: role.port }],
        database: role.database,
        user: role.user,
        password: () => role.password,
        tls: { mode: 'off' },
      },
      schema: 'public',
      organization: ORGANIZATION,
      plant: PLANT,
      gateway: 'bench',
      machineStatus: true,
      log,
      now: systemClock.now,
    }),
    clock: systemClock,
    random: Math.random,
    log,
    batch: { rows: EVENTS_PER_BATCH, lingerMs: 200 },
  })
  const stop = new AbortController()
  const beganMs = performance.now()
  const running = uploader.run(stop.signal)
  await until('the outbox to be drained', { maxMs: DRAIN_MAX_MS, everyMs: 5 }, async () =>
    (await outbox.stats()).pending === 0 ? true : undefined,
  )
  const seconds = (performance.now() - beganMs) / 1_000
  stop.abort()
  await running
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

/** A fast loss would be no feat. */
async function mustHold(central: BenchCentral, rows: number): Promise<void> {
  const { rows: found } = await central.superuser.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM machine_status_history WHERE duration_minutes = 1',
  )
  if (found[0]?.n !== rows) throw new Error(`central holds ${found[0]?.n} ended rows instead of ${rows}`)
}

/** The intervals of all machines in turn, each opened and amended. */
async function fill(outbox: BufferOutbox, rows: number): Promise<void> {
  const events = Array.from({ length: rows }, (_, n) => n).flatMap((n): Event[] => {
    const [machine, interval] = place(n)
    return [opened(machine, interval, EPOCH_MS), amended(machine, interval, EPOCH_MS)]
  })
  const at = systemClock.now()
  const starts = Array.from({ length: Math.ceil(events.length / ENTRY_EVENTS) }, (_, n) => n * ENTRY_EVENTS)
  await Promise.all(
    starts.map((start) =>
      outbox.append({ at, events: events.slice(start, start + ENTRY_EVENTS), states: {} }),
    ),
  )
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
