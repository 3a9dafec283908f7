/** What the history shows of played days is what central holds of them: through the real log, the uploader and a real PostgreSQL. */
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { UNASSIGNED } from '../../../src/domain/status.ts'
import { createHistory, historyBeside } from '../../../src/history/history.ts'
import type { HistoryRecord } from '../../../src/history/records.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { KINDS, type Kind } from '../../days/day.ts'
import { live } from '../../days/live.ts'
import { testFolder } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { startDelivery } from '../../support/delivery.ts'

const DAYS_A_KIND = 12
const SEED = 20_261_126
const DELIVERED_MAX_MS = 120_000

/** Each day is lived by a machine of its own. */
const days = (Object.keys(KINDS) as Kind[]).flatMap((kind) =>
  fc.sample(KINDS[kind], { numRuns: DAYS_A_KIND, seed: SEED }).map((day, index) => {
    const machine = `${kind.toUpperCase()}-${index + 1}`
    const events = live(day).events.map(
      (event): MachineEvent => ({ ...event, subject: machineOwner(machine) }),
    )
    return { machine, events }
  }),
)

const ORDERS = ['WO-1', 'WO-2', 'WO-3']

let central: TestCentral
let recordsOf: (machine: string) => readonly HistoryRecord[]

beforeAll(async () => {
  central = await startTestCentral({
    organizations: [
      {
        code: 'SAV',
        plant: 'SAV-1',
        machines: days.map(({ machine }) => machine),
        badges: ['4711', '4712', '4713', '4714', '4715', '4716', '4717'],
        workOrders: ORDERS,
        materials: [],
        shipments: [],
      },
    ],
  })
})
afterAll(() => central[Symbol.asyncDispose]())

/** The history follows the log while it grows, as it does beside a gateway. */
async function playedAndDelivered(): Promise<typeof recordsOf> {
  const files = historyBeside(join(testFolder(), 'outbox.db'))
  const delivery = await startDelivery(central.settings(), [], { file: files.log })
  await using history = createHistory({ files, outbox: delivery.outbox, clock: systemClock })
  for (const { machine, events } of days) {
    for (const event of events) await delivery.store([event])
    await history.lastRecords(machine, 1)
  }
  await delivery.untilEmpty(DELIVERED_MAX_MS)
  await delivery.stop()
  const records = new Map<string, readonly HistoryRecord[]>()
  for (const { machine } of days) {
    const last = await history.lastRecords(machine, 10_000)
    records.set(machine, last.toReversed())
  }
  return (machine) => records.get(machine) ?? []
}

const STATUS_SQL = `SELECT changed_at, previous_status, new_status, duration_minutes, reason_code, work_order_number, changed_by
  FROM machine_status_history h JOIN machines m ON m.id = h.machine_id LEFT JOIN work_orders w ON w.id = h.work_order_id
  WHERE machine_code = $1 ORDER BY changed_at`
const DOWNTIME_SQL = `SELECT started_at, ended_at, d.duration_minutes, downtime_reason_code, downtime_category, work_order_number,
    reported_by, resolved_by
  FROM downtime_events d JOIN machines m ON m.id = d.machine_id LEFT JOIN work_orders w ON w.id = d.work_order_id
  WHERE machine_code = $1 ORDER BY started_at`

function lineOf(row: Readonly<Record<string, unknown>> | readonly unknown[]): string {
  return Object.values(row)
    .map((value) => (value instanceof Date ? value.toISOString() : String(value ?? '-')))
    .join(' ')
}

function knownOrder(order: string | null): string | null {
  return order !== null && ORDERS.includes(order) ? order : null
}

function asLine(record: HistoryRecord): string {
  const { at, reason, ended } = record
  const order = knownOrder(record.workOrder)
  const minutes = ended?.minutes ?? null
  if (record.kind === 'downtime') {
    const { category, reportedBy, resolvedBy } = record
    return lineOf([
      at,
      record.ended?.at,
      minutes,
      reason ?? UNASSIGNED,
      category,
      order,
      reportedBy,
      resolvedBy,
    ])
  }
  return lineOf([at, record.previousStatus, record.status, minutes, reason, order, record.declaredBy])
}

it('the days are delivered, and taken in meanwhile', { timeout: DELIVERED_MAX_MS }, async () => {
  recordsOf = await playedAndDelivered()
})

it('the days have what makes it hard: corrections, amendments after the end, several splits, and stops that go on', () => {
  const events = days.flatMap(({ events }) => events)
  expect(events.some((event) => 'afterEnd' in event && event.afterEnd)).toBe(true)
  expect(events.some(({ correctedFrom }) => correctedFrom !== undefined)).toBe(true)
  expect(events.some((event) => 'marks' in event && event.marks.includes('cont'))).toBe(true)
  expect(events.some((event) => 'declaredBy' in event && event.declaredBy !== undefined)).toBe(true)
})

describe.each(days)('the day of $machine', ({ machine }) => {
  it('has the rows of status that central has', async () => {
    const inCentral = await central.sql(STATUS_SQL, [machine])
    const here = recordsOf(machine).filter(({ kind }) => kind === 'status')
    expect(here.map(asLine)).toEqual(inCentral.map(lineOf))
  })

  it('has the downtimes that central has', async () => {
    const inCentral = await central.sql(DOWNTIME_SQL, [machine])
    const here = recordsOf(machine).filter(({ kind }) => kind === 'downtime')
    expect(here.map(asLine)).toEqual(inCentral.map(lineOf))
  })
})
