/** A batch that is landed: its rows, what is set aside of it, the stream and `machines`, all or nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { DestinationSession, RefusedEvent } from '../../../src/domain/destination.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import type { StoredEvent } from '../../../src/domain/outbox.ts'
import { machineOwner } from '../../../src/domain/owner.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, opened, stored } from '../../support/central-events.ts'

const identity = { incarnation: '33333333-3333-4333-8333-333333333333', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq, 255, 0]) })
const TEN = '2026-01-31T10:00:00.000Z'

let central: TestCentral
let session: DestinationSession

beforeAll(async () => {
  central = await startTestCentral()
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.machine RESTART IDENTITY',
  )
  await central.sql(`UPDATE machines SET status = 'available'`)
  session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(60_000))
  await session.transaction((transaction) => transaction.begin(identity, place(0)))
  return () => session[Symbol.asyncDispose]()
})

/** As the uploader does it. */
function land(events: readonly Event[], isPrepared = true) {
  const run = stored(events)
  if (isPrepared) session.prepare?.(run)
  return landPages([run])
}

/** The pages of one batch. */
async function landPages(runs: readonly (readonly StoredEvent[])[]): Promise<readonly RefusedEvent[]> {
  const [first, ...rest] = runs.map((run, index) => ({
    events: run,
    wanted: run,
    isLast: index === runs.length - 1,
  }))
  const { setAside } = await session.transaction((transaction) => {
    if (!first || !transaction.land) throw new Error('this route lands batches')
    return transaction.land(first, async () => rest.shift())
  })
  return setAside
}

async function state() {
  const rows = await central.sql<{ status: string }>(
    'SELECT new_status AS status FROM machine_status_history ORDER BY id',
  )
  const machines = await central.sql<{ status: string }>(
    `SELECT status FROM machines WHERE machine_code = 'CNC-01' AND status <> 'available'`,
  )
  const aside = await central.sql<{ seq: string }>(
    'SELECT seq FROM edge_gateway.quarantine WHERE released_at IS NULL',
  )
  return {
    seq: (await session.head())?.seq,
    rows: rows.map(({ status }) => status),
    machines: machines.map(({ status }) => status),
    aside: aside.map(({ seq }) => Number(seq)),
  }
}

/** A trigger before every row of a table, for as long as something runs. */
async function withTrigger<T>(table: string, body: string, work: () => Promise<T>): Promise<T> {
  await central.sql(
    `CREATE FUNCTION public.site_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$BEGIN ${body} END$$`,
  )
  await central.sql(
    `CREATE TRIGGER site_rule BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION public.site_rule()`,
  )
  try {
    return await work()
  } finally {
    await central.sql('DROP FUNCTION public.site_rule CASCADE')
  }
}

const REFUSES = `RAISE EXCEPTION 'not today' USING ERRCODE = '23514';`
const NOTHING_DONE = { seq: 0, rows: [], machines: [], aside: [] }

describe('a batch that is landed', () => {
  test.each([true, false])(
    'moves the stream and machines with its rows; prepared: %s',
    async (isPrepared) => {
      expect(await land([opened({ status: 'down' })], isPrepared)).toEqual([])
      expect(await state()).toEqual({ seq: 1, rows: ['down'], machines: ['down'], aside: [] })
    },
  )

  test('sets aside what cannot be written, and lands the rest', async () => {
    const stranger = opened({ subject: machineOwner('NOBODY') })
    const left = await land([opened({ status: 'down' }), stranger, amended({ at: TEN })])
    expect(left.map(({ event }) => event.seq)).toEqual([2, 3])
    expect(await state()).toEqual({ seq: 3, rows: ['down'], machines: ['down'], aside: [2, 3] })
    // From now on something is set aside, so the answers to the rows are waited for.
    await landPages([stored([opened({ at: TEN })], 4)])
    expect(await state()).toMatchObject({ seq: 4, aside: [2, 3] })
  })

  test('that is refused says what refused it, and changes nothing', async () => {
    await withTrigger('machine_status_history', REFUSES, async () => {
      await expect(land([opened({ status: 'down' })])).rejects.toMatchObject({ sqlstate: '23514' })
    })
    expect(await state()).toEqual(NOTHING_DONE)
    await land([opened({ status: 'down' })])
    expect(await state()).toMatchObject({ seq: 1, rows: ['down'] })
  })

  test('says what refused it, also where the row of an amendment before that is looked for in vain', async () => {
    const stop = { at: TEN, reason: 'stop' }
    // It is found missing, and asked about once more, when the stop behind it is refused already.
    const orphan = amended({ at: TEN })
    await withTrigger('downtime_events', REFUSES, async () => {
      await expect(land([orphan, downtime(stop)])).rejects.toMatchObject({ sqlstate: '23514' })
      const pages = [stored([orphan]), stored([downtime(stop)], 2)]
      await expect(landPages(pages)).rejects.toMatchObject({ sqlstate: '23514' })
    })
    expect(await state()).toEqual(NOTHING_DONE)
  })

  test('whose rows are swallowed changes nothing', async () => {
    await withTrigger('machine_status_history', 'RETURN NULL;', async () => {
      await expect(land([opened({ status: 'down' })])).rejects.toMatchObject({ refusal: 'refused' })
    })
    expect(await state()).toEqual(NOTHING_DONE)
  })

  test('lands where `machines` refuses what it says, and tells people', async () => {
    await withTrigger('machines', REFUSES, async () => {
      expect(await land([opened({ status: 'down' })])).toEqual([])
    })
    expect(await state()).toEqual({ seq: 1, rows: ['down'], machines: [], aside: [] })
    expect(session.troubles).toMatchObject([{ code: 'central-machines', machine: 'CNC-01' }])
  })
})

describe('several pages in one transaction', () => {
  const at = (minute: number) => `2026-01-31T10:${String(minute).padStart(2, '0')}:00.000Z`
  /** One event a page, from 1 on. */
  const pagesOf = (events: readonly Event[]) => events.map((event, index) => stored([event], index + 1))

  test('land in their order, with what the last one says of the machine', async () => {
    const events = [
      opened({ at: at(1), status: 'idle' }),
      amended({ at: at(1) }),
      opened({ at: at(2), status: 'down' }),
    ]
    const pages = pagesOf(events)
    for (const page of pages) session.prepare?.(page)
    expect(await landPages(pages)).toEqual([])
    expect(await state()).toEqual({ seq: 3, rows: ['idle', 'down'], machines: ['down'], aside: [] })
    const ended = await central.sql('SELECT FROM machine_status_history WHERE duration_minutes = 5')
    expect(ended).toHaveLength(1)
  })

  test('set aside what cannot be written of any of them', async () => {
    const stranger = (minute: number) => opened({ at: at(minute), subject: machineOwner('NOBODY') })
    const events = [
      stranger(1),
      opened({ at: at(2), status: 'idle' }),
      stranger(3),
      opened({ at: at(4), status: 'down' }),
    ]
    const left = await landPages(pagesOf(events))
    expect(left.map(({ event }) => event.seq)).toEqual([1, 3])
    expect(await state()).toEqual({ seq: 4, rows: ['idle', 'down'], machines: ['down'], aside: [1, 3] })
  })

  test.each([0, 1, 2])(
    'that are refused, page %i of three, change nothing, and say what refused them',
    async (nth) => {
      const statuses = ['idle', 'idle', 'idle'].with(nth, 'down')
      const body = `IF NEW.new_status = 'down' THEN ${REFUSES} END IF; RETURN NEW;`
      const pages = () =>
        pagesOf(statuses.map((status, index) => opened({ at: at(index), status: status as 'idle' })))
      await withTrigger('machine_status_history', body, async () => {
        await expect(landPages(pages())).rejects.toMatchObject({ sqlstate: '23514' })
      })
      expect(await state()).toEqual(NOTHING_DONE)
      await landPages(pages())
      expect(await state()).toMatchObject({ seq: 3, rows: statuses })
    },
  )

  test('are each asked at their end only what a deferred constraint asks', async () => {
    // A stop has to be there for each row that says so, and comes behind it.
    await central.sql(`CREATE FUNCTION public.site_rule() RETURNS TRIGGER LANGUAGE plpgsql AS $$BEGIN
      IF NOT EXISTS (SELECT FROM public.downtime_events WHERE machine_id = NEW.machine_id AND started_at = NEW.changed_at)
      THEN RAISE foreign_key_violation; END IF; RETURN NULL; END $$`)
    await central.sql(`CREATE CONSTRAINT TRIGGER site_rule AFTER INSERT ON machine_status_history
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.site_rule()`)
    onTestFinished(() => central.sql('DROP FUNCTION public.site_rule CASCADE').then(() => undefined))
    const stop = (minute: number) => [
      opened({ at: at(minute), status: 'down' }),
      downtime({ at: at(minute) }),
    ]
    await landPages([stored(stop(1)), stored(stop(2), 3), stored(stop(3), 5)])
    expect(await state()).toMatchObject({ seq: 6, rows: ['down', 'down', 'down'], aside: [] })
    const alone = [stored(stop(4), 7), stored([opened({ at: at(5), status: 'down' })], 9)]
    await expect(landPages(alone)).rejects.toMatchObject({ sqlstate: '23503' })
    expect(await state()).toMatchObject({ seq: 6, aside: [] })
  })

  test('are not waited for once the rows are answered', async () => {
    const [first = []] = pagesOf([opened({ status: 'down' })])
    const landed = await session.transaction((transaction) => {
      if (!transaction.land) throw new Error('this route lands batches')
      return transaction.land({ events: first, wanted: first, isLast: false }, () => new Promise(() => {}))
    })
    expect(landed.at.seq).toBe(1)
    expect(await state()).toEqual({ seq: 1, rows: ['down'], machines: ['down'], aside: [] })
  })
})
