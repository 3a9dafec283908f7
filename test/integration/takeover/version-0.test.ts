/**
 * A log that version 0 wrote, with unacknowledged events, an open interval and an open stop, is taken over by this version:
 * nothing is lost, nothing lands twice, and every row reads as version 0 would have written it.
 */
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { machineOwner } from '../../../src/domain/owner.ts'
import type { SignalValue } from '../../../src/domain/signal.ts'
import { createPipeline } from '../../../src/pipeline.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { machineSubject } from '../../../src/status/machine-subject.ts'
import { testFolder, testOutbox } from '../../support/buffer.ts'
import { upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { press } from '../../support/press.ts'

const VERSION_0 = new URL('../../cases/logs/version-0/outbox.db', import.meta.url)
const ACKNOWLEDGED = 14
const ORGANIZATION = { code: 'SAV', plant: 'SAV-1', machines: ['P-1', '#3'], workOrders: ['WO-7', 'WO-9'] }
/** The boot in which the fixture was written, and its last moment. */
const BOOT = 'boot-of-the-fixture'
const LAST = { boot: BOOT, wallMs: Date.UTC(2026, 0, 31, 9, 14, 15), monoMs: 860_000 }

/** A row of either table by its columns, as version 0 carried them. */
type Row = Readonly<Record<string, unknown>>

interface Version0Event {
  readonly kind: string
  readonly machine: string
  readonly changedAt?: string
  readonly startedAt?: string
  readonly workOrder: string | null
}

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral({ organizations: [ORGANIZATION] })
})
afterAll(() => central[Symbol.asyncDispose]())

function logOfVersion0() {
  const file = join(testFolder(), 'outbox.db')
  copyFileSync(VERSION_0, file)
  const db = new Database(file)
  const payloads = db.prepare<[], string>('SELECT payload FROM event ORDER BY seq').pluck().all()
  const { incarnation, epoch } = db
    .prepare<[], { incarnation: string; epoch: number }>('SELECT incarnation, epoch FROM meta')
    .get() ?? { incarnation: '', epoch: 0 }
  const hash = db.prepare<[number], Buffer>('SELECT hash FROM event WHERE seq = ?').pluck().get(ACKNOWLEDGED)
  db.close()
  return { file, events: payloads.map((text) => JSON.parse(text) as Version0Event), incarnation, epoch, hash }
}

/** What version 0 made of events: each row with the columns of its last event. A model of its own, from the old payloads. */
function rowsOf(events: readonly Version0Event[]): readonly Row[] {
  const rows = new Map<string, Row>()
  for (const { kind, workOrder, ...columns } of events) {
    const table = kind.startsWith('status') ? 'status' : 'downtime'
    const at = columns.changedAt ?? columns.startedAt
    const key = `${table} ${columns.machine} ${at}`
    const open = table === 'status' ? { durationMinutes: null } : { durationMinutes: null, endedAt: null }
    // Of its work orders central knows two; the third was never created there.
    const known = ORGANIZATION.workOrders.includes(workOrder ?? '') ? workOrder : null
    rows.set(key, { table, ...open, ...rows.get(key), ...columns, workOrder: known })
  }
  return [...rows.values()]
}

const sorted = (rows: readonly Row[]) =>
  rows.map((row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))).sort()

const utc = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

async function rowsInCentral(): Promise<readonly Row[]> {
  const status =
    await central.sql(`SELECT 'status' AS table, machine_code AS machine, ${utc('changed_at')} AS "changedAt",
      previous_status AS "previousStatus", new_status AS status, duration_minutes AS "durationMinutes",
      reason_code AS reason, work_order_number AS "workOrder", h.notes
    FROM machine_status_history h JOIN machines m ON m.id = machine_id LEFT JOIN work_orders w ON w.id = work_order_id`)
  const stops =
    await central.sql(`SELECT 'downtime' AS table, machine_code AS machine, ${utc('started_at')} AS "startedAt",
      ${utc('ended_at')} AS "endedAt", duration_minutes AS "durationMinutes", downtime_reason_code AS reason,
      downtime_category AS category, work_order_number AS "workOrder", d.notes
    FROM downtime_events d JOIN machines m ON m.id = machine_id LEFT JOIN work_orders w ON w.id = work_order_id`)
  return [...status, ...stops]
}

/** Puts into central what version 0 had delivered, and its place in the stream. */
async function deliveredBefore({ events, incarnation, epoch, hash }: ReturnType<typeof logOfVersion0>) {
  for (const row of rowsOf(events.slice(0, ACKNOWLEDGED))) {
    const table = row.table === 'status' ? 'machine_status_history' : 'downtime_events'
    const columns: Row =
      row.table === 'status'
        ? {
            changed_at: row.changedAt,
            previous_status: row.previousStatus,
            new_status: row.status,
            reason_code: row.reason,
          }
        : {
            started_at: row.startedAt,
            ended_at: row.endedAt,
            downtime_reason_code: row.reason,
            downtime_category: row.category,
          }
    const all = { ...columns, duration_minutes: row.durationMinutes, notes: row.notes }
    const places = Object.keys(all).map((_, index) => `$${index + 3}`)
    await central.sql(
      `INSERT INTO ${table} (organization_id, machine_id, work_order_id, ${Object.keys(all).join(', ')})
       SELECT m.organization_id, m.id, (SELECT id FROM work_orders WHERE work_order_number = $2), ${places.join(', ')}
       FROM machines m WHERE machine_code = $1`,
      [row.machine, row.workOrder, ...Object.values(all)],
    )
  }
  await central.sql(
    `INSERT INTO edge_gateway.stream (organization_id, gateway_id, incarnation, epoch, last_seq, last_hash)
     SELECT id, 'edge-1', $1, $2, $3, $4 FROM organizations WHERE code = 'SAV'`,
    [incarnation, epoch, ACKNOWLEDGED, hash],
  )
}

test('a log of version 0 is delivered and gone on with, row by row as before', async () => {
  const log = logOfVersion0()
  await deliveredBefore(log)
  await using outbox = await testOutbox({ file: log.file })

  expect(await upload(outbox, central)).toBe('connected')
  const delivered = rowsOf(log.events)
  expect(sorted(await rowsInCentral())).toEqual(sorted(delivered))

  // The machines go on: the press that stands still runs again after a minute, the other one goes on running.
  let at = LAST
  const clock = { ...systemClock, now: () => at }
  const pipeline = await createPipeline({ outbox, clock, log: createLog('silent') })
  for (const [machine, version] of [
    ['P-1', 'a1b2c3'],
    ['#3', 'd4e5f6'],
  ] as const) {
    const map = press({ machine, version, workOrderSignal: 'order' })
    pipeline.put(machineOwner(machine), (remembered) => machineSubject(map, remembered))
  }
  const show = async (machine: string, values: Readonly<Record<string, SignalValue>>) => {
    const samples = Object.entries(values).map(([signal, value]) => ({
      signal,
      value,
      quality: 'good' as const,
      at,
    }))
    const subject = machineOwner(machine)
    await pipeline.deliver({
      kind: 'reading',
      device: 'PRESS-07',
      subject,
      reading: { at, completeTo: at, samples },
    }).durable
  }
  const pass = async (seconds: number, values: Readonly<Record<string, SignalValue>>) => {
    for (let second = 0; second < seconds; second += 1) {
      at = { boot: BOOT, wallMs: at.wallMs + 1_000, monoMs: at.monoMs + 1_000 }
      await show('P-1', values)
      await show('#3', { state: 'run', order: 'WO-9' })
    }
  }
  await pass(60, { state: 'fault', fault: 205, order: 'WO-8; "odd", ü' })
  await pass(20, { state: 'run', fault: 0, order: 'WO-7' })

  expect(await upload(outbox, central)).toBe('connected')
  const stoodMs = 9 * 3_600_000 + 15 * 60_000 + 16_000 - (9 * 3_600_000 + 12 * 60_000 + 55_000)
  const dur = `dur=${(stoodMs / 1_000).toFixed(3)}s`
  const changes = new Map<string, Row>([
    [
      'status P-1 2026-01-31T09:12:55.000Z',
      { durationMinutes: 2, notes: `cause=state:fault; rule=a1b2c3; ${dur}` },
    ],
    [
      'downtime P-1 2026-01-31T09:12:55.000Z',
      { durationMinutes: 2, endedAt: '2026-01-31T09:15:16.000Z', notes: `code=205; rule=a1b2c3; ${dur}` },
    ],
  ])
  const expected = delivered.map((row) => ({
    ...row,
    ...changes.get(`${row.table} ${row.machine} ${row.changedAt ?? row.startedAt}`),
  }))
  const next: Row = {
    table: 'status',
    machine: 'P-1',
    changedAt: '2026-01-31T09:15:16.000Z',
    previousStatus: 'down',
    status: 'running',
    durationMinutes: null,
    reason: null,
    workOrder: 'WO-7',
    notes: 'cause=state:run; rule=a1b2c3',
  }
  expect(sorted(await rowsInCentral())).toEqual(sorted([...expected, next]))
  expect(await outbox.verifyChain()).toBeNull()
})
