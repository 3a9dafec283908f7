/**
 * What one version of the program set aside, another one finds and lands: rows that version 0 left in the quarantine, and an
 * event that only a later version can read.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createEventCodec, type EventKind } from '../../../src/domain/events/codec.ts'
import { EVENT_VERSION } from '../../../src/domain/events/event.ts'
import { EVENT_KINDS } from '../../../src/domain/events/index.ts'
import { readStatusFindings, type StatusOpened } from '../../../src/domain/events/status.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createRetryStride, retryPage } from '../../../src/uploader/quarantine.ts'
import { type BufferSite, bufferSite, upload } from '../../support/buffer-site.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, opened } from '../../support/central-events.ts'

const INCARNATION = '22222222-2222-4222-8222-222222222222'
const AT = '2026-01-31T09:00:00.000Z'
const NEW_MACHINE = 'LASER-09'
const LATER = EVENT_VERSION + 1

let central: TestCentral
let site: BufferSite
const folder = mkdtempSync(join(tmpdir(), 'millrace-set-aside-'))

beforeAll(async () => {
  central = await startTestCentral()
  site = bufferSite(central, folder)
})
afterAll(async () => {
  await central[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})
beforeEach(() =>
  central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  ),
)

/** As version 0 stored events, and set them aside: columns of the MES, and a ready-made text of notes. */
const VERSION_0 = [
  {
    kind: 'status.opened',
    machine: NEW_MACHINE,
    changedAt: AT,
    previousStatus: 'running',
    status: 'down',
    reason: 'E-101',
    workOrder: null,
    notes: 'cause=state:fault,fault:101; rule=3f9a',
  },
  {
    kind: 'status.amended',
    machine: NEW_MACHINE,
    changedAt: AT,
    durationMinutes: 7,
    reason: 'E-101',
    workOrder: null,
    notes: 'cause=state:fault,fault:101; rule=3f9a; dur=420.125s',
  },
  {
    kind: 'downtime.opened',
    machine: NEW_MACHINE,
    startedAt: AT,
    reason: 'unassigned',
    category: null,
    workOrder: null,
    notes: 'code=101; rule=3f9a',
  },
]

async function setAsideByVersion0(): Promise<void> {
  for (const [index, event] of VERSION_0.entries()) {
    await central.sql(
      `INSERT INTO edge_gateway.quarantine (organization_id, gateway_id, incarnation, seq, event, reason)
       SELECT id, 'edge-1', $1, $2, $3, 'central knows no machine "LASER-09"' FROM organizations WHERE code = 'SAV'`,
      [INCARNATION, index + 1, JSON.stringify(event)],
    )
  }
}

async function createMachine(): Promise<void> {
  await central.sql(
    `INSERT INTO machines (organization_id, plant_id, machine_code, name, machine_type)
     SELECT organization_id, plant_id, $1::text, $1::text, machine_type FROM machines
     WHERE machine_code = 'CNC-01' AND NOT EXISTS (SELECT FROM machines WHERE machine_code = $1::text) LIMIT 1`,
    [NEW_MACHINE],
  )
}

test('two retries at the same time land each row once, though there is no stream whose row they could lock', async () => {
  await createMachine()
  await setAsideByVersion0()
  const destination = createMesDestination(central.settings())
  await using first = await destination.connect(AbortSignal.timeout(60_000))
  await using second = await destination.connect(AbortSignal.timeout(60_000))
  const retryOn = (session: typeof first, meanwhile: () => Promise<void> = async () => undefined) =>
    session.transaction(async (transaction) => {
      const parts = {
        clock: systemClock,
        mayWrite: () => true,
        after: undefined,
        stride: createRetryStride(),
      }
      const page = await retryPage(transaction, parts)
      await meanwhile()
      return page.landed
    })
  let secondLanded: Promise<number> = Promise.resolve(0)
  const firstLanded = await retryOn(first, async () => {
    secondLanded = retryOn(second)
    await isWaitingForLock()
  })
  expect([firstLanded, await secondLanded]).toEqual([3, 0])
  expect(await central.sql('SELECT changed_at FROM machine_status_history')).toHaveLength(1)
  expect(await central.sql('SELECT started_at FROM downtime_events')).toHaveLength(1)
})

/** Ends once some session of the gateway's role waits for another one's lock. */
async function isWaitingForLock(): Promise<void> {
  const waiting = () =>
    central.sql(
      "SELECT FROM pg_stat_activity WHERE application_name = 'millrace' AND wait_event_type = 'Lock'",
    )
  while ((await waiting()).length === 0) await systemClock.sleep(20, AbortSignal.timeout(20_000))
}

test('rows that version 0 set aside are known as ours, listed, and land by a retry as they were meant', async () => {
  await setAsideByVersion0()
  await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(60_000))
  const subject = machineOwner(NEW_MACHINE)
  expect(await session.holdsAny([opened({ subject })])).toBe(true)
  expect(await session.holdsAny([downtime({ subject })])).toBe(true)
  expect(await session.holdsAny([opened({ subject: machineOwner('LASER-10') })])).toBe(false)
  expect(await session.holdsAny([opened({ subject, at: '2026-01-31T09:00:00.001Z' })])).toBe(false)

  const listed = await site.run('quarantine', 'list')
  expect(listed.out.trim().split('\n')).toEqual([
    expect.stringMatching(/^1 {2}LASER-09 {2}status\.opened 2026-01-31T09:00:00\.000Z {2}/),
    expect.stringMatching(/^2 {2}LASER-09 {2}status\.amended 2026-01-31T09:00:00\.000Z {2}/),
    expect.stringMatching(/^3 {2}LASER-09 {2}downtime\.opened 2026-01-31T09:00:00\.000Z {2}/),
  ])

  await createMachine()
  const retried = await site.run('quarantine', 'retry')
  expect(retried.out).toContain('3 landed, 0 still in quarantine')
  expect(
    await central.sql(
      `SELECT machine_code, changed_at, previous_status, new_status, duration_minutes, reason_code, notes
       FROM machine_status_history JOIN machines m ON m.id = machine_id`,
    ),
  ).toEqual([
    {
      machine_code: NEW_MACHINE,
      changed_at: new Date(AT),
      previous_status: 'running',
      new_status: 'down',
      duration_minutes: 7,
      reason_code: 'E-101',
      notes: 'cause=state:fault,fault:101; rule=3f9a; dur=420.125s',
    },
  ])
  expect(
    await central.sql('SELECT started_at, ended_at, downtime_reason_code, notes FROM downtime_events'),
  ).toEqual([
    {
      started_at: new Date(AT),
      ended_at: null,
      downtime_reason_code: 'unassigned',
      notes: 'code=101; rule=3f9a',
    },
  ])
})

/** How a later program might read openings: its version says `state` where ours says `status`. */
const openedOfLater: EventKind = {
  kind: 'status.opened',
  read: (fields): StatusOpened => ({
    ...fields.head(LATER),
    v: EVENT_VERSION,
    kind: 'status.opened',
    previousStatus: null,
    status: fields.text('state') as StatusOpened['status'],
    reason: fields.textOrNull('reason'),
    workOrder: fields.textOrNull('workOrder'),
    ...readStatusFindings(fields),
  }),
}
const laterCodec = createEventCodec([
  ...EVENT_KINDS.filter(({ kind }) => kind !== openedOfLater.kind),
  openedOfLater,
])

// Fault of the catalogue: [F10]
test('an event of a later version holds nothing up, is kept whole, and lands once a program can read it', async () => {
  const { status, ...rest } = opened({ subject: machineOwner('WELD-03') })
  const later = { ...rest, v: LATER, state: status }
  await using outbox = await site.open()
  await outbox.append({
    at: { boot: 'boot-1', wallMs: Date.parse(AT), monoMs: 1 },
    events: [opened(), later, amended()],
    states: {},
  })
  expect(await upload(outbox, central)).toBe('connected')
  const landed = () =>
    central.sql<{ machine: string; minutes: number | null }>(
      `SELECT machine_code AS machine, duration_minutes AS minutes
       FROM machine_status_history JOIN machines m ON m.id = machine_id ORDER BY 1`,
    )
  expect(await landed()).toEqual([{ machine: 'CNC-01', minutes: 5 }])

  const listed = await site.run('quarantine', 'list')
  expect(listed.out.trim().split('\n')).toEqual([
    expect.stringMatching(/^2 {2}WELD-03 {2}unreadable 2026-01-31T09:00:00\.000Z {2}.*written in version 2/),
  ])
  expect((await site.run('quarantine', 'retry')).out).toContain('0 landed, 1 still in quarantine')
  const [kept] = await central.sql('SELECT event FROM edge_gateway.quarantine')
  expect(kept?.event).toMatchObject({ v: LATER, kind: 'status.opened', state: 'running' })

  const newer = createMesDestination(central.settings(), { codec: laterCodec })
  await using session = await newer.connect(AbortSignal.timeout(60_000))
  const page = await session.transaction((transaction) =>
    retryPage(transaction, {
      clock: systemClock,
      mayWrite: () => true,
      after: undefined,
      stride: createRetryStride(),
    }),
  )
  expect(page.landed).toBe(1)
  expect(await landed()).toEqual([
    { machine: 'CNC-01', minutes: 5 },
    { machine: 'WELD-03', minutes: null },
  ])
  expect((await site.run('quarantine', 'list')).out).toBe('the quarantine is empty\n')
})
