import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { DestinationSession } from '../../../src/domain/destination.ts'
import type { StoredEvent } from '../../../src/domain/outbox.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { Secret } from '../../../src/runtime/secret.ts'
import { recordingLog } from '../../support/buffer.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, opened, stored } from '../../support/central-events.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'

const identity = { incarnation: '22222222-2222-4222-8222-222222222222', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq, 255, 0]) })
const soon = () => AbortSignal.timeout(60_000)

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  ),
)

const connect = (settings = central.settings()) => createMesDestination(settings).connect(soon())
const countRows = async () =>
  (await central.sql<{ n: number }>('SELECT count(*)::int AS n FROM machine_status_history'))[0]?.n

/** Begins the stream and pushes one row, the way the uploader does. */
function pushFirst(session: DestinationSession): Promise<void> {
  return session.transaction(async (transaction) => {
    if (!transaction.head) await transaction.begin(identity, place(0))
    await transaction.apply(stored([opened()]), { guarded: false })
    await transaction.advance(place(1))
  })
}

describe('the stream', () => {
  test('is unknown until it begins, and then stands where it was advanced to', async () => {
    await using session = await connect()
    expect(await session.head()).toBeUndefined()
    await pushFirst(session)
    expect(await session.head()).toMatchObject({ ...identity, ...place(1) })
  })

  test('moves with the rows or not at all', async () => {
    await using session = await connect()
    const push = session.transaction(async (transaction) => {
      await transaction.begin(identity, place(0))
      await transaction.apply(stored([opened()]), { guarded: false })
      throw new Error('the gateway changed its mind')
    })
    await expect(push).rejects.toThrow('changed its mind')
    expect(await session.head()).toBeUndefined()
    expect(await countRows()).toBe(0)
  })

  test('is locked: a clone waits for the first one’s end and then sees where it stands', async () => {
    await using first = await connect()
    await using clone = await connect()
    await pushFirst(first)
    const order: string[] = []
    const locked = Promise.withResolvers<void>()
    const slow = first.transaction(async (transaction) => {
      locked.resolve()
      await central.sql('SELECT pg_sleep(0.2)')
      await transaction.advance(place(2))
      order.push('first')
    })
    await locked.promise
    const seen = await clone.transaction(async ({ head }) => {
      order.push('clone')
      return head?.seq
    })
    await slow
    expect(order).toEqual(['first', 'clone'])
    expect(seen).toBe(2)
  })

  test('two gateways that begin it at one moment: one does, the other looks again', async () => {
    const sessions = [await connect(), await connect()]
    const outcomes = await Promise.allSettled(sessions.map(pushFirst))
    for (const session of sessions) await session[Symbol.asyncDispose]()
    const refused = outcomes.filter(({ status }) => status === 'rejected')
    for (const { reason } of refused as PromiseRejectedResult[]) expect(reason.refusal).toBe('wait')
    expect(await countRows()).toBe(2 - refused.length)
  })

  test('is taken over by another incarnation under the lock', async () => {
    await using session = await connect()
    await pushFirst(session)
    const adopted = { incarnation: '33333333-3333-4333-8333-333333333333', epoch: 2 }
    await session.transaction(async (transaction) => {
      await transaction.begin(adopted, place(0))
      await transaction.record({ kind: 'adoption', detail: { from: 1, note: 'x\0y' } })
    })
    expect(await session.head()).toMatchObject({ ...adopted, ...place(0) })
    const [incident] = await central.sql('SELECT kind, detail FROM edge_gateway.incident')
    expect(incident).toEqual({ kind: 'adoption', detail: { from: 1, note: 'x\ufffdy' } })
  })

  test('of another gateway of the organization is its own', async () => {
    await using one = await connect()
    await using two = await connect(central.settings({ gateway: `edge-2'; --` }))
    await pushFirst(one)
    expect(await two.head()).toBeUndefined()
    await pushFirst(two)
    expect(await two.head()).toMatchObject({ seq: 1 })
  })
})

describe('the quarantine', () => {
  test('is listed in order of incarnation and sequence, page by page, without what was released', async () => {
    await using session = await connect()
    await session.transaction(async (transaction) => {
      await transaction.begin(identity, place(0))
      await transaction.quarantine(
        stored([opened(), amended(), downtime()]).map((event) => ({
          event,
          reason: `no. ${event.seq}`,
          sqlstate: '23503',
        })),
      )
      await transaction.release([{ ...identity, seq: 2 }])
    })
    expect(await session.quarantineSummary(1)).toEqual({
      count: 2,
      refused: [{ machine: 'CNC-01', reason: 'no. 1', count: 1 }],
    })
    expect(await session.quarantineSummary(0)).toEqual({ count: 2, refused: [] })
    const pages = await session.transaction(async (transaction) => {
      const [first] = await transaction.quarantined(undefined, 1)
      return [first, ...(await transaction.quarantined(first, 5))]
    })
    expect(pages.map((row) => [row?.seq, row?.reason])).toEqual([
      [1, 'no. 1'],
      [3, 'no. 3'],
    ])
  })
})

describe('the incidents', () => {
  test('are read back for people, the newest first, of this gateway alone', async () => {
    await using session = await connect()
    await using other = await connect(central.settings({ gateway: 'edge-3' }))
    for (const [at, from] of [
      [session, 1],
      [other, 2],
      [session, 3],
    ] as const)
      await at.transaction(async (transaction) => {
        await transaction.record({ kind: 'gap', detail: { from } })
      })
    const incidents = await session.incidents?.(10)
    expect(incidents?.map(({ kind, detail }) => ({ kind, detail }))).toEqual([
      { kind: 'gap', detail: { from: 3 } },
      { kind: 'gap', detail: { from: 1 } },
    ])
    expect(Math.abs(Date.now() - (incidents?.[0]?.atMs ?? 0))).toBeLessThan(3_600_000)
    expect(await session.incidents?.(1)).toHaveLength(1)
  })
})

describe('holdsAny', () => {
  test('finds a row of ours by machine and time, also one that was amended', async () => {
    await using session = await connect()
    await pushFirst(session)
    expect(await session.holdsAny([amended()])).toBe(true)
    expect(await session.holdsAny([opened({ at: '2026-01-31T09:00:00.001Z' })])).toBe(false)
    expect(await session.holdsAny([opened({ subject: 'machine:WELD-03' }), downtime()])).toBe(false)
    expect(await session.holdsAny([])).toBe(false)
  })

  test('finds a row of ours that was set aside', async () => {
    await using session = await connect()
    const [event] = stored([opened({ subject: 'machine:NOBODY-99' })])
    await session.transaction(async (transaction) => {
      await transaction.begin(identity, { seq: 0, hash: new Uint8Array(32) })
      await transaction.quarantine([
        { event: event as StoredEvent, reason: 'unknown machine', sqlstate: null },
      ])
    })
    expect(await session.holdsAny([opened({ subject: 'machine:NOBODY-99' })])).toBe(true)
    expect(await session.holdsAny([opened({ subject: 'machine:NOBODY-98' })])).toBe(false)
  })

  test('is not put off by an event that central could never take', async () => {
    await using session = await connect()
    await pushFirst(session)
    const poison = [opened({ at: '+275760-01-01T00:00:00.000Z' }), opened({ subject: 'machine:a\0b' })]
    expect(await session.holdsAny(poison)).toBe(false)
    expect(await session.holdsAny([...poison, opened()])).toBe(true)
  })
})

describe('a link that breaks', () => {
  test('before the commit was sent: nothing landed, and the batch waits', async () => {
    await using proxy = await startTcpProxy(central.server)
    await using session = await connect(central.settingsVia(proxy))
    const push = session.transaction(async (transaction) => {
      await transaction.begin(identity, place(0))
      await transaction.apply(stored([opened()]), { guarded: false })
      proxy.reset()
      await transaction.advance(place(1))
    })
    await expect(push).rejects.toMatchObject({ refusal: 'wait', sqlstate: null })
    await using again = await connect()
    expect(await again.head()).toBeUndefined()
  })

  // Fault of the catalogue: [E2]
  test.each(['before-forwarding', 'before-answer'] as const)(
    'at the commit (%s): the outcome is unknown, and central says it at the next connection',
    async (point) => {
      await using proxy = await startTcpProxy(central.server)
      await using session = await connect(central.settingsVia(proxy))
      const cut = proxy.cutAt((bytes) => bytes.includes('COMMIT'), point)
      await expect(pushFirst(session)).rejects.toMatchObject({ refusal: 'unknown' })
      await cut
      await using again = await connect()
      const landed = point === 'before-answer' ? 1 : undefined
      expect((await again.head())?.seq).toBe(landed)
      expect(await countRows()).toBe(landed ?? 0)
    },
  )

  test('a session is spent after it, and disposing it does not hang', async () => {
    await using proxy = await startTcpProxy(central.server)
    const session = await connect(central.settingsVia(proxy))
    proxy.halfOpen()
    proxy.reset()
    await expect(session.head()).rejects.toMatchObject({ refusal: 'wait' })
    await session[Symbol.asyncDispose]()
  })

  test('a server that stops in between is waited for', async () => {
    const session = await connect()
    await central.server.stop('immediate')
    await expect(session.head()).rejects.toMatchObject({ refusal: 'wait' })
    await session[Symbol.asyncDispose]()
    await expect(connect()).rejects.toMatchObject({
      refusal: 'wait',
      hint: expect.stringContaining('database runs'),
    })
    await central.server.start()
    await using again = await connect()
    expect(await again.head()).toBeUndefined()
  })
})

describe('a pooler', () => {
  test('that leads to another server from one transaction to the next is not written through', async () => {
    await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
    await session.transaction(() => Promise.resolve())
    const query = Client.prototype.query as (...asked: unknown[]) => unknown
    const leadingElsewhere = function (this: Client, text: unknown, ...more: unknown[]) {
      const system = 'SELECT system_identifier::text FROM pg_catalog.pg_control_system()'
      return query.call(this, String(text).replace(system, `SELECT '4711'`), ...more)
    }
    const elsewhere = vi
      .spyOn(Client.prototype, 'query')
      .mockImplementation(leadingElsewhere as typeof Client.prototype.query)
    const work = vi.fn(() => Promise.resolve())
    await expect(session.transaction(work)).rejects.toMatchObject({ code: 'central-server', refusal: 'wait' })
    expect(work).not.toHaveBeenCalled()
    elsewhere.mockRestore()
  })
})

describe('connecting', () => {
  test('measures how far the clocks are apart', async () => {
    const settings = central.settings()
    const now = () => ({ ...settings.now(), wallMs: settings.now().wallMs - 3_600_000 })
    await using session = await connect({ ...settings, now })
    expect(session.clockOffsetMs / 1_000).toBeCloseTo(3_600, -1)
  })

  test('takes the first host that is a primary', async () => {
    const { connection, ...rest } = central.settings()
    const hosts = [{ host: '127.0.0.1', port: 1 }, ...connection.hosts]
    await using session = await connect({ ...rest, connection: { ...connection, hosts } })
    expect(await session.head()).toBeUndefined()
  })

  test('says once what a trigger warns of with each row, and nothing of what it only remarks', async () => {
    await central.sql(`CREATE FUNCTION grumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      RAISE NOTICE 'a row'; RAISE WARNING 'this table is old'; RETURN new; END $$`)
    await central.sql(
      'CREATE TRIGGER grumble BEFORE INSERT ON machine_status_history FOR EACH ROW EXECUTE FUNCTION grumble()',
    )
    const { log, lines } = recordingLog()
    await using session = await connect(central.settings({ log }))
    for (let row = 0; row < 30; row++)
      await session.transaction((transaction) => transaction.apply(stored([opened()]), { guarded: false }))
    await central.sql('DROP FUNCTION grumble CASCADE')
    expect(lines.map(({ msg }) => msg)).toEqual(['central warns: this table is old'])
  })

  test('refuses a server that takes no writes', async () => {
    await central.sql(`ALTER ROLE ${central.role} SET default_transaction_read_only = on`)
    await expect(connect()).rejects.toMatchObject({
      refusal: 'wait',
      code: 'central-read-only',
      hint: expect.stringContaining('RESET default_transaction_read_only'),
    })
    await central.sql(`ALTER ROLE ${central.role} RESET default_transaction_read_only`)
  })

  test('makes a commit wait for the disk even where the site has turned that off', async () => {
    await central.sql(`ALTER ROLE ${central.role} SET synchronous_commit = off`)
    await central.sql(`CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      new.notes := current_setting('synchronous_commit'); RETURN new; END $$`)
    await central.sql(
      'CREATE TRIGGER told BEFORE INSERT ON machine_status_history FOR EACH ROW EXECUTE FUNCTION told()',
    )
    await using session = await connect()
    await pushFirst(session)
    const rows = await central.sql('SELECT notes FROM machine_status_history')
    await central.sql('DROP FUNCTION told CASCADE')
    await central.sql(`ALTER ROLE ${central.role} RESET synchronous_commit`)
    expect(rows).toEqual([{ notes: 'on' }])
  })

  test.each([
    ['organization', { organization: 'OTHER' }, 'bound to organization "SAV", not to "OTHER"'],
    ['plant', { plant: 'SAV-9' }, 'has no plant with the code "SAV-9"'],
  ])('refuses a wrong %s and says where it stands', async (_, changes, message) => {
    const settings = central.settings(changes)
    await expect(connect(settings)).rejects.toMatchObject({
      refusal: 'wait',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('gateway.yaml'),
    })
  })

  test('refuses a role that central has bound to no organization', async () => {
    const { connection, ...rest } = central.settings()
    const { user, password } = central.server.superuser()
    const superuser = { ...connection, user, password: new Secret(password) }
    await expect(connect({ ...rest, connection: superuser })).rejects.toMatchObject({
      refusal: 'wait',
      hint: expect.stringContaining('millrace central sql --organization SAV --role postgres'),
    })
  })

  test('never shows the password', async () => {
    const { connection, ...rest } = central.settings()
    const wrong = { ...connection, password: new Secret('canary-4711') }
    const error = await connect({ ...rest, connection: wrong }).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ refusal: 'wait', sqlstate: '28P01' })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('canary')
  })

  test('ends at once when it is called off', async () => {
    const stop = new AbortController()
    const { connection, ...rest } = central.settings()
    // An address that answers nothing: only the abort ends this before the limit does.
    const silent = { ...connection, hosts: [{ host: '192.0.2.1', port: 5432 }] }
    const connecting = createMesDestination({ ...rest, connection: silent }).connect(stop.signal)
    stop.abort()
    await expect(connecting).rejects.toMatchObject({ refusal: 'wait' })
  })
})
