import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DestinationSession, RefusedEvent } from '../../../src/domain/destination.ts'
import type { DestinationError } from '../../../src/domain/errors.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, downtimeAmended, minutes, opened, stored } from '../../support/central-events.ts'

const identity = { incarnation: '11111111-1111-4111-8111-111111111111', epoch: 1 }
const NINE = '2026-01-31T09:00:00.000Z'
const TEN = '2026-01-31T10:00:00.250Z'

let central: TestCentral
let session: DestinationSession

beforeAll(async () => {
  central = await startTestCentral()
  session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
})
afterAll(async () => {
  await session[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine',
  )
  await central.sql(`UPDATE machines SET status = 'available', current_work_order_id = NULL`)
})

function apply(...events: readonly Event[]): Promise<readonly RefusedEvent[]> {
  return session.transaction((transaction) => transaction.apply(stored(events), { guarded: false }))
}

const history = () =>
  central.sql(`SELECT m.machine_code AS machine, o.code AS organization, previous_status, new_status, h.notes,
      reason_code, work_order_number AS work_order, changed_by, to_json(changed_at) #>> '{}' AS at, duration_minutes AS minutes
    FROM machine_status_history h JOIN machines m ON m.id = machine_id JOIN organizations o ON o.id = h.organization_id
    LEFT JOIN work_orders w ON w.id = work_order_id ORDER BY changed_at`)

async function machine(code: string) {
  const [row] = await central.sql(
    `SELECT m.status, work_order_number AS work_order FROM machines m
     LEFT JOIN work_orders w ON w.id = current_work_order_id
     WHERE machine_code = $1 AND m.organization_id = (SELECT id FROM organizations WHERE code = 'SAV')`,
    [code],
  )
  return row
}

describe('status rows', () => {
  test('carry what the event says, to the millisecond, for the gateway’s own organization', async () => {
    await apply(
      opened({
        subject: 'machine:PRESS-07',
        at: TEN,
        previousStatus: 'idle',
        status: 'down',
        reason: 'JAM',
        workOrder: 'WO-1001',
        remark: 's=1',
      }),
    )
    expect(await history()).toEqual([
      {
        machine: 'PRESS-07',
        organization: 'SAV',
        previous_status: 'idle',
        new_status: 'down',
        notes: 's=1',
        reason_code: 'JAM',
        work_order: 'WO-1001',
        changed_by: null,
        at: '2026-01-31T10:00:00.25+00:00',
        minutes: null,
      },
    ])
  })

  test('opened and amended in one batch are one row', async () => {
    await apply(opened(), amended({ ended: minutes(60), reason: 'LATE' }), opened({ at: TEN }))
    expect(await history()).toMatchObject([
      { minutes: 60, reason_code: 'LATE' },
      { minutes: null, reason_code: null },
    ])
  })

  test('are found again in a later batch by machine and time', async () => {
    await apply(opened(), opened({ subject: 'machine:PRESS-07' }))
    await apply(
      amended({ ended: minutes(7), remark: 'first' }),
      amended({ ended: minutes(8), remark: 'last' }),
    )
    expect(
      (await history()).map(({ machine: code, minutes, notes }) => [code, minutes, notes]).sort(),
    ).toEqual([
      ['CNC-01', 8, 'last; dur=480.000s'],
      ['PRESS-07', null, ''],
    ])
  })

  test('once ended are not opened again by an amendment that comes late, from the quarantine', async () => {
    await apply(opened(), amended({ ended: minutes(5), reason: 'JAM' }))
    await apply(amended({ ended: null, reason: null, remark: 'late' }))
    expect(await history()).toMatchObject([{ minutes: 5, reason_code: 'JAM', notes: 'dur=300.000s' }])
  })

  test('become a long stop as a whole, in the batch in which they began and in a later one', async () => {
    await apply(
      opened({ status: 'idle' }),
      amended({ ended: null, became: 'down' }),
      opened({ at: TEN, status: 'idle' }),
    )
    expect((await history()).map(({ new_status }) => new_status)).toEqual(['down', 'idle'])
    await apply(amended({ at: TEN, ended: null, became: 'down' }))
    await apply(amended({ at: TEN, ended: minutes(7), reason: 'JAM' }))
    expect(await history()).toMatchObject([{ new_status: 'down' }, { new_status: 'down', minutes: 7 }])
  })

  test('an unknown work order is left out, and the row lands', async () => {
    await apply(opened({ workOrder: 'WO-UNKNOWN' }))
    expect(await history()).toMatchObject([{ work_order: null, new_status: 'running' }])
  })

  test('another organization’s work order is unknown', async () => {
    await apply(opened({ workOrder: 'WO-9001' }))
    expect(await history()).toMatchObject([{ work_order: null }])
  })

  test('text is data, whatever stands in it', async () => {
    const notes = `'; DROP TABLE machines; -- {"a",NULL} \\ "x" ünïcødé 🙂`
    await apply(opened({ remark: notes, reason: '{}' }))
    expect(await history()).toMatchObject([{ notes, reason_code: '{}' }])
  })
})

describe('downtime rows', () => {
  const rows = () =>
    central.sql(`SELECT downtime_reason_code AS reason, downtime_category AS category, notes, duration_minutes AS minutes,
      to_json(started_at) #>> '{}' AS started_at, to_json(ended_at) #>> '{}' AS ended_at FROM downtime_events`)

  test('are inserted open and ended once', async () => {
    await apply(downtime())
    expect(await rows()).toMatchObject([
      { reason: 'unassigned', category: null, ended_at: null, minutes: null },
    ])
    await apply(downtimeAmended())
    expect(await rows()).toEqual([
      {
        reason: 'mechanical_failure',
        category: 'equipment',
        notes: 'dur=300.000s',
        minutes: 5,
        started_at: '2026-01-31T09:00:00+00:00',
        ended_at: '2026-01-31T09:05:00+00:00',
      },
    ])
  })

  test('that began and ended in one batch are one row', async () => {
    await apply(downtime(), downtimeAmended())
    expect(await rows()).toMatchObject([{ reason: 'mechanical_failure', minutes: 5 }])
  })
})

describe('machines', () => {
  test('say what their latest row says', async () => {
    await apply(opened({ workOrder: 'WO-1001' }), opened({ at: TEN, status: 'down', workOrder: 'WO-1002' }))
    expect(await machine('CNC-01')).toEqual({ status: 'down', work_order: 'WO-1002' })
    expect(await machine('WELD-03')).toEqual({ status: 'available', work_order: null })
  })

  test('are not put back by a row that comes late', async () => {
    await apply(opened({ at: TEN, status: 'down' }))
    await apply(opened({ at: NINE, status: 'running' }), amended({ at: NINE }))
    expect(await machine('CNC-01')).toMatchObject({ status: 'down' })
  })

  test('stay decommissioned when people have taken them out of service', async () => {
    await central.sql(`UPDATE machines SET status = 'decommissioned' WHERE machine_code = 'CNC-01'`)
    await apply(opened())
    expect(await machine('CNC-01')).toMatchObject({ status: 'decommissioned' })
  })

  test('lose the work order when the gateway’s rows no longer carry it', async () => {
    await apply(opened({ workOrder: 'WO-1001' }))
    await apply(opened({ at: TEN, status: 'idle' }))
    expect(await machine('CNC-01')).toEqual({ status: 'idle', work_order: null })
  })

  test('keep a work order that the MES set while the gateway knows of none', async () => {
    await apply(opened())
    await central.sql(`UPDATE machines SET current_work_order_id =
      (SELECT id FROM work_orders WHERE work_order_number = 'WO-1003') WHERE machine_code = 'CNC-01'`)
    await apply(opened({ at: TEN, status: 'down' }))
    expect(await machine('CNC-01')).toEqual({ status: 'down', work_order: 'WO-1003' })
  })

  test('are left alone where that is configured', async () => {
    const settings = central.settings({ machineStatus: false })
    await using quiet = await createMesDestination(settings).connect(AbortSignal.timeout(30_000))
    await quiet.transaction((transaction) => transaction.apply(stored([opened()]), { guarded: false }))
    expect(await history()).toHaveLength(1)
    expect(await machine('CNC-01')).toMatchObject({ status: 'available' })
  })
})

describe('a row that cannot be written', () => {
  test.each<[string, Event, string]>([
    ['an unknown machine', opened({ subject: 'machine:GHOST' }), 'central knows no machine "GHOST"'],
    [
      'another organization’s machine',
      opened({ subject: 'machine:LATHE-02' }),
      'knows no machine "LATHE-02"',
    ],
    ['a machine code with a NUL', opened({ subject: 'machine:GH\0ST' }), 'knows no machine "GH\0ST"'],
    ['an amendment without its row', amended(), 'the row to amend is not in public.machine_status_history'],
    ['an end without its downtime', downtimeAmended(), 'the row to amend is not in public.downtime_events'],
  ])('%s: is left out, which says so, and the rest of the batch lands', async (_, event, reason) => {
    const leftOut = await apply(opened({ subject: 'machine:WELD-03' }), event)
    expect(leftOut).toMatchObject([{ event: { seq: 2, event }, reason: expect.stringContaining(reason) }])
    expect(await history()).toMatchObject([{ machine: 'WELD-03' }])
  })

  test('takes all amendments of one row along that is not there', async () => {
    const leftOut = await apply(amended({ ended: null }), opened({ at: TEN }), amended())
    expect(leftOut.map(({ event }) => event.seq)).toEqual([1, 3])
    expect(await history()).toMatchObject([{ at: expect.stringContaining('10:00') }])
  })
})

describe('a row that the server refuses', () => {
  test.each<[string, Event, string | RegExp]>([
    ['a NUL', opened({ remark: 'a\0b' }), 'invalid byte sequence'],
    ['a text that is too long', opened({ reason: 'x'.repeat(101) }), 'too long'],
    ['a time out of range', opened({ at: '+275760-01-01T00:00:00.000Z' }), /date|time/],
    ['a number out of range', amended({ ended: minutes(3e9) }), 'out of range'],
  ])('%s: says so, and nothing of the batch lands', async (_, event, reason) => {
    const batch = apply(opened({ subject: 'machine:WELD-03' }), event)
    await expect(batch).rejects.toMatchObject({ refusal: 'refused', message: expect.stringMatching(reason) })
    expect(await history()).toEqual([])
  })

  test('is told apart by what refuses it, not by what the row holds', async () => {
    await central.sql(`ALTER TABLE machine_status_history ADD CONSTRAINT sane CHECK (notes NOT LIKE '%bad%')`)
    const refusals = await Promise.all(
      ['bad', 'bad too'].map(async (remark) => {
        await using own = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
        return await own
          .transaction((transaction) => transaction.apply(stored([opened({ remark })]), { guarded: false }))
          .catch((error: unknown) => error)
      }),
    )
    await central.sql('ALTER TABLE machine_status_history DROP CONSTRAINT sane')
    const [one, other] = refusals as DestinationError[]
    expect(one).toMatchObject({ refusal: 'refused', sqlstate: '23514' })
    expect(other?.refusedBy).toBe(one?.refusedBy)
  })

  test('two rows under one key are not amended blindly', async () => {
    await apply(opened())
    await apply(opened())
    await expect(apply(amended())).rejects.toMatchObject({ refusal: 'row' })
  })

  test('a trigger that swallows a row, or a change of one, is seen', async () => {
    await central.sql(
      `CREATE FUNCTION swallow() RETURNS TRIGGER LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    )
    await apply(opened())
    await central.sql(
      'CREATE TRIGGER swallow BEFORE INSERT OR UPDATE ON machine_status_history FOR EACH ROW EXECUTE FUNCTION swallow()',
    )
    await expect(apply(opened({ at: TEN }))).rejects.toMatchObject({ refusal: 'refused' })
    await expect(apply(amended())).rejects.toMatchObject({ refusal: 'refused' })
    await central.sql('DROP FUNCTION swallow CASCADE')
  })

  test('leaves the transaction usable when it was guarded', async () => {
    await session.transaction(async (transaction) => {
      await transaction.begin(identity, { seq: 0, hash: new Uint8Array() })
      const [good, bad, other] = stored([opened(), opened({ remark: 'nul \0' }), opened({ at: TEN })])
      if (!good || !bad || !other) throw new Error('three events')
      await transaction.apply([good], { guarded: true })
      await expect(transaction.apply([bad], { guarded: true })).rejects.toMatchObject({ refusal: 'refused' })
      await transaction.apply([other], { guarded: true })
      await transaction.advance({ seq: 2, hash: new Uint8Array([2]) })
    })
    expect(await history()).toHaveLength(2)
    expect(await session.head()).toMatchObject({ ...identity, seq: 2, hash: new Uint8Array([2]) })
  })

  // Fault of the catalogue: [F9]
  test('is kept as it is, whatever texts it holds', async () => {
    const event = opened({ subject: 'machine:GHOST', remark: 'nul \0, half \ud800, \\u0000 and Ж' })
    const kept = await session.transaction(async (transaction) => {
      await transaction.begin(identity, { seq: 0, hash: new Uint8Array() })
      await transaction.quarantine(await transaction.apply(stored([event]), { guarded: true }))
      return transaction.quarantined(undefined, 10)
    })
    const { incarnation } = identity
    const reason = expect.stringContaining('knows no machine "GHOST"')
    const capturedAtMs = Date.UTC(2026, 0, 31)
    expect(kept).toEqual([{ incarnation, seq: 1, event, capturedAtMs, reason }])
  })
})

describe('the site’s schema', () => {
  // Fault of the catalogue: [F10]
  test('a column that is gone makes the batch wait, and says who can mend it', async () => {
    await central.sql('ALTER TABLE machine_status_history RENAME COLUMN notes TO remarks')
    await expect(apply(opened())).rejects.toMatchObject({ refusal: 'wait', sqlstate: '42703' })
    await central.sql('ALTER TABLE machine_status_history RENAME COLUMN remarks TO notes')
    await apply(opened())
  })

  test('a new column that must be filled is named with its remedy; a trigger may fill it for other rows', async () => {
    await central.sql('ALTER TABLE machine_status_history ADD COLUMN shift_id INTEGER NOT NULL')
    await expect(apply(opened())).rejects.toMatchObject({
      code: 'central-schema',
      refusal: 'refused',
      sqlstate: '23502',
      hint: expect.stringContaining('give machine_status_history.shift_id a default'),
    })
    await central.sql('ALTER TABLE machine_status_history DROP COLUMN shift_id')
  })

  test('a privilege that was taken away makes the batch wait', async () => {
    await central.sql(`REVOKE INSERT (notes) ON machine_status_history FROM ${central.role}`)
    await expect(apply(opened())).rejects.toMatchObject({
      refusal: 'wait',
      hint: expect.stringContaining('millrace central sql'),
    })
    await central.sql(`GRANT INSERT (notes) ON machine_status_history TO ${central.role}`)
  })

  test('may lie in a schema whose name needs quoting, and search_path does not matter', async () => {
    await central.sql(`ALTER SCHEMA public RENAME TO "MES ""1"""`)
    try {
      const settings = central.settings({ schema: 'MES "1"' })
      await using elsewhere = await createMesDestination(settings).connect(AbortSignal.timeout(30_000))
      await elsewhere.transaction((transaction) => transaction.apply(stored([opened()]), { guarded: false }))
    } finally {
      await central.sql(`ALTER SCHEMA "MES ""1""" RENAME TO public`)
    }
    expect(await history()).toHaveLength(1)
  })
})

describe('who gave a reason, ended a stop or declared a status', () => {
  const people = async () =>
    Object.fromEntries(
      (await central.sql<{ id: number; badge: string }>('SELECT id, employee_code AS badge FROM users')).map(
        ({ id, badge }) => [badge, id],
      ),
    )
  const named = async () =>
    (
      await central.sql(`SELECT r.employee_code AS reported, s.employee_code AS resolved, d.notes
        FROM downtime_events d LEFT JOIN users r ON r.id = reported_by LEFT JOIN users s ON s.id = resolved_by`)
    )[0]

  test('stands in the row as soon as it is known', async () => {
    const { 4711: anna = 0, 4712: bob = 0 } = await people()
    await apply(downtime())
    expect(await named()).toEqual({ reported: null, resolved: null, notes: '' })
    await apply(downtimeAmended({ reportedBy: anna, correctedFrom: ['JAM', 'unassigned'], ended: null }))
    expect(await named()).toEqual({ reported: '4711', resolved: null, notes: 'corrected=JAM,unassigned' })
    await apply(downtimeAmended({ reportedBy: anna, resolvedBy: bob }))
    expect(await named()).toMatchObject({ reported: '4711', resolved: '4712' })
    await apply(opened({ status: 'setup', declaredBy: bob }))
    expect(await central.sql('SELECT changed_by FROM machine_status_history')).toEqual([{ changed_by: bob }])
  })

  test('is nobody of another organization; the row lands without', async () => {
    const { 4711: anna = 0, 9901: stranger = 0 } = await people()
    expect(await apply(downtime({ reportedBy: stranger, resolvedBy: 999_999 }))).toEqual([])
    expect(await named()).toMatchObject({ reported: null, resolved: null })
    expect(await apply(opened({ declaredBy: stranger }), amended({ declaredBy: anna }))).toEqual([])
    expect(await central.sql('SELECT changed_by FROM machine_status_history')).toEqual([{ changed_by: anna }])
  })

  test('stays whom people have named in the MES, where nobody has scanned anything', async () => {
    const { 4712: bob = 0 } = await people()
    await apply(downtime())
    await central.sql('UPDATE downtime_events SET reported_by = $1', [bob])
    await apply(downtimeAmended())
    expect(await named()).toMatchObject({ reported: '4712', resolved: null })
  })
})
