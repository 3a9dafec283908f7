/** Rows of a route in the MES's own database: they come along in the transaction of the MES's rows, and never hold these up. */
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import type { Route } from '../../../src/domain/destination.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { leftOutEvent, type StoredEvent } from '../../../src/domain/outbox.ts'
import { createMesRoute } from '../../../src/routes/mes/route.ts'
import type { Rider, Riders } from '../../../src/routes/route-kind.ts'
import { createStopBudget } from '../../../src/runtime/budget.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { createUploader, type Uploader } from '../../../src/uploader/upload.ts'
import { testOutbox } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { siteRoute } from '../../support/mapped-site.ts'
import { captured, push, rideSessions } from '../../support/ride-sessions.ts'
import {
  beginAgain,
  countRows,
  dropRule,
  openings,
  quarantinedIn,
  START_MS,
  setRule,
} from '../../support/site-rules.ts'

const FILE = `to: {schema: site}
rows:
  - {on: status.opened, insert: starts, columns: {machine: machine, at: at}}`
/** The transaction that wrote a row, also from within a savepoint. */
const TX = 'tx bigint DEFAULT txid_current()'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(`CREATE SCHEMA site; CREATE TABLE site.starts (machine text, at timestamptz, ${TX});
    ALTER TABLE machine_status_history ADD COLUMN ${TX};
    GRANT USAGE ON SCHEMA site TO "${central.role}"; GRANT INSERT ON site.starts TO "${central.role}"`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await beginAgain(central)
  await central.sql('TRUNCATE site.starts')
})

interface Line {
  readonly outbox: BufferOutbox
  store(events: readonly Event[]): Promise<void>
  /** Until both streams have all that is stored, or the MES alone. */
  untilDelivered(route?: 'central' | 'site'): Promise<void>
  endMes(): Promise<void>
}

/** The uploaders of both routes over one log; they end with the test. */
async function startLine(riders: Riders = new Set()): Promise<Line> {
  const consumers = ['central', 'site'].map((name) => ({ name, must: 'deliver' as const }))
  const outbox = await testOutbox({ consumers })
  const uploaders: Uploader[] = []
  const run = (route: Route) => {
    const stop = new AbortController()
    const budget = createStopBudget(stop.signal, systemClock)
    const parts = { outbox, route, budget, clock: systemClock, random: Math.random, log: createLog('silent') }
    const uploader = createUploader(parts)
    uploaders.push(uploader)
    const running = uploader.run(stop.signal)
    const end = async () => {
      stop.abort()
      await running
    }
    onTestFinished(end)
    return end
  }
  const endMes = run(createMesRoute(central.settings(), { riders }))
  run(siteRoute(central, FILE, riders))
  const untilDelivered = async (route?: string) => {
    const untilMs = Date.now() + 60_000
    const waits = async () =>
      (await outbox.stats()).consumers.some(({ name, pending }) => pending > 0 && (route ?? name) === name)
    while ((await waits()) && Date.now() < untilMs) await systemClock.sleep(20)
    expect(await waits(), JSON.stringify(uploaders.map((one) => one.health()))).toBe(false)
  }
  const store = (events: readonly Event[]) => outbox.append({ at: systemClock.now(), events, states: {} })
  return { outbox, store, untilDelivered, endMes }
}

/** Of how many events the rows of both tables were written by one transaction, and of how many only the MES's. */
async function ridden() {
  const [row] = await central.sql<{ together: number; starts: number; mes: number }>(
    `SELECT count(*) FILTER (WHERE s.tx = h.tx)::int AS together, count(s.at)::int AS starts, count(h.changed_at)::int AS mes
     FROM machine_status_history h JOIN machines m ON m.id = h.machine_id
     FULL JOIN site.starts s ON s.machine = m.machine_code AND s.at = h.changed_at`,
  )
  return row
}

const first = openings(3)
const more = (count: number, after: number) => openings(count, undefined, START_MS + after * 1_000)

/** Several batches, one after the other. On a busy machine the route itself is sometimes faster than the MES's batch. */
async function expectTogether(line: Line): Promise<void> {
  await line.store(first)
  await line.untilDelivered()
  for (let batch = 1; batch <= 3; batch++) {
    await line.store(more(4, batch * 100))
    await line.untilDelivered()
  }
  expect(await ridden()).toMatchObject({
    starts: 15,
    mes: 15,
    together: expect.toSatisfy((n: number) => n >= 4),
  })
}

test('they are there with the MES’s rows of the same batch, or neither is', async () => {
  const line = await startLine()
  await expectTogether(line)
  const streams = await central.sql('SELECT gateway_id, last_seq::int FROM edge_gateway.stream ORDER BY 1')
  expect(streams).toEqual([
    { gateway_id: 'edge-1', last_seq: 15 },
    { gateway_id: 'edge-1/site', last_seq: 15 },
  ])
})

test('where the site refuses a row, the MES’s rows land, and that row alone is set aside', async () => {
  const line = await startLine()
  await line.store(first)
  await line.untilDelivered()
  await setRule(
    central,
    `IF NEW.at = '2026-01-31T10:00:02Z' THEN RAISE 'not this one'; END IF`,
    'INSERT ON site.starts',
  )
  await line.store(more(5, 3_600))
  await line.untilDelivered()
  expect(await ridden()).toMatchObject({ mes: 8, starts: 7 })
  expect(await quarantinedIn(central)).toEqual([{ seq: 6, sqlstate: 'P0001' }])
  await dropRule(central)
})

test.each([
  ['slow', 'PERFORM pg_sleep(3)'],
  ['broken', 'PERFORM no_such_function(1)'],
])('where the site’s table is %s, the MES’s rows land without it', async (_, does) => {
  const line = await startLine()
  await line.store(first)
  await line.untilDelivered()
  await setRule(central, does, 'INSERT ON site.starts')
  await line.store(more(4, 100))
  await line.untilDelivered('central')
  expect(await countRows(central, 'machine_status_history')).toBe(7)
  await dropRule(central)
  await line.untilDelivered()
  expect(await ridden()).toMatchObject({ mes: 7, starts: 7 })
})

test('where somebody holds the site’s table or the route’s stream, the MES’s rows land without it', async () => {
  const line = await startLine()
  await line.store(first)
  await line.untilDelivered()
  const holder = new Client(central.server.superuser())
  await holder.connect()
  try {
    await holder.query(
      `BEGIN; LOCK TABLE site.starts; SELECT FROM edge_gateway.stream WHERE gateway_id = 'edge-1/site' FOR UPDATE`,
    )
    await line.store(more(4, 100))
    await line.untilDelivered('central')
    expect(await countRows(central, 'machine_status_history')).toBe(7)
    expect(
      await countRows(central, "edge_gateway.stream WHERE gateway_id = 'edge-1/site' AND last_seq = 3"),
    ).toBe(1)
  } finally {
    await holder.end()
  }
  await line.untilDelivered()
  expect(await ridden()).toMatchObject({ mes: 7, starts: 7 })
})

test('while the MES’s rows wait, the route goes on by itself', async () => {
  const line = await startLine()
  await line.store(first)
  await line.untilDelivered()
  await line.endMes()
  await line.store(more(4, 100))
  await line.untilDelivered('site')
  expect(await ridden()).toMatchObject({ mes: 3, starts: 7 })
})

test('where nobody hears that they are committed, they are there once', async () => {
  const line = await startLine(new DeafRiders())
  await expectTogether(line)
})

/** The answers to the COMMITs of transactions with which they rode are lost. */
class DeafRiders extends Set<Rider> {
  override add(rider: Rider): this {
    return super.add({ ...rider, arrived: () => undefined })
  }
}

describe('within one transaction of the MES’s rows', () => {
  const sessions = () => rideSessions(central, FILE)

  test('they are taken back with these', async () => {
    const { route, mes } = await sessions()
    await expect(push(mes, captured(first), true)).rejects.toThrow('it is taken back')
    expect(await ridden()).toMatchObject({ mes: 0, starts: 0 })
    expect(route.ridden?.()).toBeUndefined()
    await push(mes, captured(first))
    expect(await ridden()).toMatchObject({ mes: 3, together: 3 })
    expect(route.ridden?.()).toMatchObject({ seq: 3 })
  })

  test('those come along that are behind where the route stands by itself', async () => {
    const { site, mes } = await sessions()
    const events = captured(openings(4))
    await push(site, events.slice(0, 2))
    await push(mes, events)
    expect(await ridden()).toMatchObject({ mes: 4, starts: 4, together: 2 })
  })

  test.each([
    [
      'events that are older than the session',
      (events: readonly StoredEvent[]) => events.map((event) => ({ ...event, capturedAtMs: 0 })),
    ],
    [
      'events that were left out of the log for the MES',
      (events: readonly StoredEvent[]) => [
        ...events.slice(0, -1),
        ...events.slice(-1).map((one) => ({ ...one, event: leftOutEvent(one.event) })),
      ],
    ],
  ])('%s are left to the route itself', async (_, change) => {
    const { mes } = await sessions()
    const events = change(captured(first))
    await push(mes, events)
    expect(await countRows(central, 'site.starts')).toBe(0)
  })

  test('a session that has ended brings nothing along', async () => {
    const { site, mes, riders } = await sessions()
    await site[Symbol.asyncDispose]()
    expect(riders.size).toBe(0)
    await push(mes, captured(first))
    expect(await ridden()).toMatchObject({ mes: 3, starts: 0 })
  })
})
