/** What becomes of scans in central: each of them one row, whoever else's rows land or not. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { DestinationSession, RefusedEvent } from '../../../src/domain/destination.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import type { LookupPlace } from '../../../src/domain/master-data.ts'
import { stationOwner } from '../../../src/domain/owner.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, scan, scanUndone, stored } from '../../support/central-events.ts'

const NINE = '2026-01-31T09:00:00.000Z'
const ANYWHERE: readonly LookupPlace[] = [
  { table: 'barcode_labels', column: 'barcode_data' },
  { table: 'work_orders', column: 'work_order_number' },
  { table: 'work_orders', column: 'sap_production_order' },
  { table: 'materials', column: 'barcode_data' },
  { table: 'shipments', column: 'shipment_number' },
]

let central: TestCentral
let session: DestinationSession
/** `users.id` of the operators with the badges 4711 and 4712, and of one of the other organization. */
let operator: number
let colleague: number
let stranger: number

beforeAll(async () => {
  central = await startTestCentral()
  session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
  operator = await idOf('users', 'employee_code', '4711')
  colleague = await idOf('users', 'employee_code', '4712')
  stranger = await idOf('users', 'employee_code', '9901')
})
afterAll(async () => {
  await session[Symbol.asyncDispose]()
  await central[Symbol.asyncDispose]()
})
beforeEach(() =>
  central.sql(`TRUNCATE qr_code_scans, machine_status_history;
    UPDATE machines SET status = 'available', current_work_order_id = NULL;
    UPDATE work_orders SET sap_production_order = NULL`),
)

async function idOf(table: string, column: string, code: string): Promise<number> {
  const [row] = await central.sql<{ id: number }>(`SELECT id FROM ${table} WHERE ${column} = $1`, [code])
  return row?.id ?? 0
}

function applyOn(on: DestinationSession, events: readonly Event[]): Promise<readonly RefusedEvent[]> {
  return on.transaction((transaction) => transaction.apply(stored(events), { guarded: false }))
}

const apply = (...events: readonly Event[]) => applyOn(session, events)

const rows = () =>
  central.sql(`SELECT o.code AS organization, qr_code_data AS data, scan_type, reference_type, reference_id, p.code AS plant,
      employee_code AS badge, to_json(scanned_at) #>> '{}' AS at, s.location, s.notes
    FROM qr_code_scans s JOIN organizations o ON o.id = s.organization_id JOIN users u ON u.id = scanned_by
    LEFT JOIN plants p ON p.id = s.plant_id ORDER BY scanned_at, notes`)

const notes = async () => (await rows()).map((row) => row.notes)

describe('a scan', () => {
  test('is one row that says all that is known of it', async () => {
    const shipment = await idOf('shipments', 'shipment_number', 'SHP-1')
    await apply(
      scan(operator, {
        subject: stationOwner('PACK-1'),
        at: '2026-01-31T10:00:00.250Z',
        data: 'SHP-1',
        scanType: 'shipment',
        aimId: ']C1',
        location: 'Halle 3 / Versand',
        machine: 'PRESS-07',
        workOrder: 'WO-1001',
        reference: { code: 'SHP-1', places: ANYWHERE, known: { type: 'shipment', id: shipment } },
        fields: { '01': '09501101530003', '10': 'LOT;4,2\u001d' },
        marks: ['no_aim', 'gs_lost'],
        rule: '3f9a',
      }),
    )
    expect(await rows()).toEqual([
      {
        organization: 'SAV',
        data: 'SHP-1',
        scan_type: 'shipment',
        reference_type: 'shipment',
        reference_id: shipment,
        plant: 'SAV-1',
        badge: '4711',
        at: '2026-01-31T10:00:00.25+00:00',
        location: 'Halle 3 / Versand',
        notes:
          'scanner=PACK-1; aim=]C1; machine=PRESS-07; wo=WO-1001; fields=01:09501101530003,10:LOT\\x3b4\\x2c2\\x1d; rule=3f9a; no_aim; gs_lost',
      },
    ])
  })

  test('of which nothing is known but who scanned what is a row all the same', async () => {
    await apply(scan(operator))
    expect(await rows()).toMatchObject([
      { data: 'ABC-123', reference_type: null, reference_id: null, location: null, notes: 'scanner=PACK-1' },
    ])
  })

  test('keeps characters of every script, control characters and all', async () => {
    const data = '\u001d[)>\u001e06\u001dПРЕСС "\\{}, NULL 😀\u0007\u0004 \t\r\n'
    await apply(scan(operator, { data }), scan(operator, { data: 'NULL', at: utcText(Date.parse(NINE) + 1) }))
    expect((await rows()).map((row) => row.data)).toEqual([data, 'NULL'])
  })

  test('may be 4 KiB long', async () => {
    const data = 'LOT 4711 '.repeat(455)
    await apply(scan(operator, { data }))
    expect((await rows())[0]?.data).toBe(data)
  })

  test('names the plant of its station, and none where central does not know it', async () => {
    await central.sql(`INSERT INTO plants (organization_id, name, code, plant_type)
      SELECT id, 'SAV-2', 'SAV-2', 'production' FROM organizations WHERE code = 'SAV' ON CONFLICT DO NOTHING`)
    await apply(
      scan(operator, { plant: 'SAV-2' }),
      scan(operator, { plant: 'OTHER-1', at: utcText(Date.parse(NINE) + 1) }),
    )
    expect((await rows()).map(({ plant }) => plant)).toEqual(['SAV-2', null])
  })

  test('of 2,000 in a batch lands with all others, in one go', async () => {
    const many = Array.from({ length: 2_000 }, (_, index) =>
      scan(index % 2 ? operator : colleague, {
        subject: stationOwner(`ST-${index % 4}`),
        at: utcText(Date.parse(NINE) + index),
        data: `PIECE ${index}`,
        reference: { code: `PIECE ${index}`, places: ANYWHERE, known: null },
      }),
    )
    expect(await apply(...many)).toEqual([])
    expect((await rows()).map((row) => row.data)).toEqual(many.map(({ data }) => data))
  })
})

describe('a scan that is taken back', () => {
  const UNDONE = '; undone=2026-01-31T09:01:00.000Z; undone_by='

  test('says so in its notes, with what it said before', async () => {
    await apply(scan(operator, { rule: 'ab' }))
    await apply(scanUndone(operator))
    expect(await notes()).toEqual([`scanner=PACK-1; rule=ab${UNDONE}${operator}`])
    await apply(scanUndone(operator))
    expect(await notes()).toEqual([`scanner=PACK-1; rule=ab${UNDONE}${operator}`])
  })

  test('within one batch is the same row', async () => {
    await apply(scan(operator, { rule: 'ab' }), scanUndone(operator))
    expect(await notes()).toEqual([`scanner=PACK-1; rule=ab${UNDONE}${operator}`])
  })

  test('is that of its station, though others scanned in the same millisecond', async () => {
    const stations = ['PACK-1', 'PACK-10', 'PACK', 'PACK-1; rule=x', 'ST%_\\', "Ö'\u001d"]
    await apply(...stations.map((station) => scan(operator, { subject: stationOwner(station) })))
    for (const station of stations) await apply(scanUndone(operator, { subject: stationOwner(station) }))
    const found = await notes()
    expect(found.length).toBe(stations.length)
    for (const text of found) expect(text.split('undone=').length).toBe(2)
  })

  test('but never came is named', async () => {
    const refused = await apply(scanUndone(operator), opened())
    expect(refused.map(({ reason }) => reason)).toEqual([
      'the row to amend is not in public.qr_code_scans: the opening is in quarantine, or somebody deleted the row',
    ])
  })
})

describe('what a code stands for, where the gateway did not know it', () => {
  const asking = (code: string, index = 0) =>
    scan(operator, {
      at: utcText(Date.parse(NINE) + index),
      data: code,
      reference: { code, places: ANYWHERE, known: null },
    })
  const references = async () => (await rows()).map((row) => [row.reference_type, row.reference_id])

  test('is found when the scan lands, for many at once', async () => {
    await central.sql(
      `UPDATE work_orders SET sap_production_order = '000010001234' WHERE work_order_number = 'WO-1002'`,
    )
    await apply(...['WO-1001', '000010001234', 'MAT-100', 'SHP-1', 'nothing'].map(asking))
    expect(await references()).toEqual([
      ['work_order', await idOf('work_orders', 'work_order_number', 'WO-1001')],
      ['work_order', await idOf('work_orders', 'work_order_number', 'WO-1002')],
      ['material', await idOf('materials', 'material_code', 'MAT-100')],
      ['shipment', await idOf('shipments', 'shipment_number', 'SHP-1')],
      [null, null],
    ])
  })

  test('is found by an article number with and without its leading zeros', async () => {
    const material = await idOf('materials', 'material_code', 'MAT-100')
    await central.sql(`UPDATE materials SET barcode_data = '4012345000009' WHERE id = $1`, [material])
    await apply(...['04012345000009', '4012345000009', '14012345000009'].map(asking))
    expect(await references()).toEqual([
      ['material', material],
      ['material', material],
      [null, null],
    ])
    await central.sql(`UPDATE materials SET barcode_data = 'MAT-100' WHERE id = $1`, [material])
  })

  test('is what the first place says that knows the code', async () => {
    const order = await idOf('work_orders', 'work_order_number', 'WO-1003')
    await central.sql(
      `INSERT INTO barcode_labels (organization_id, label_type, reference_type, reference_id, barcode_data, generated_by)
       SELECT organization_id, 'box', 'work_order', $1, 'SHP-X', id FROM users WHERE id = $2`,
      [order, operator],
    )
    await central.sql(
      `INSERT INTO shipments (organization_id, shipment_number, created_by) SELECT organization_id, 'SHP-X', id FROM users WHERE id = $1`,
      [operator],
    )
    await apply(asking('SHP-X'))
    expect(await references()).toEqual([['work_order', order]])
  })

  test('stays empty where several rows have the code, and the notes say so', async () => {
    await central.sql(
      `UPDATE materials SET barcode_data = 'TWICE' WHERE material_code IN ('MAT-100', 'MAT-200')`,
    )
    await apply(asking('TWICE'))
    expect(await references()).toEqual([[null, null]])
    expect(await notes()).toEqual(['scanner=PACK-1; ambiguous'])
    await central.sql(`UPDATE materials SET barcode_data = material_code`)
  })

  test('is no row of another organization', async () => {
    await apply(...['WO-9001', 'MAT-900', 'SHP-9'].map(asking))
    expect(await references()).toEqual([
      [null, null],
      [null, null],
      [null, null],
    ])
  })

  test('is no row of another organization by a label of ours either', async () => {
    const print = (label: string, type: string, number: string) =>
      central.sql(
        `INSERT INTO barcode_labels (organization_id, label_type, reference_type, reference_id, barcode_data, generated_by)
         SELECT o.id, 'x', $2, (SELECT id FROM work_orders WHERE work_order_number = $3), $1, u.id
         FROM organizations o JOIN users u ON u.organization_id = o.id WHERE u.employee_code = '4711'`,
        [label, type, number],
      )
    await print('LABEL-THEIRS', 'work_order', 'WO-9001')
    await print('LABEL-OURS', 'work_order', 'WO-1002')
    await print('LABEL-TOOL', 'tool', 'WO-1002')
    await apply(...['LABEL-THEIRS', 'LABEL-OURS', 'LABEL-TOOL'].map(asking))
    const order = await idOf('work_orders', 'work_order_number', 'WO-1002')
    expect(await references()).toEqual([
      [null, null],
      ['work_order', order],
      ['tool', order],
    ])
  })

  test('is not looked for in places that a newer version knows', async () => {
    const places = [
      { table: 'users', column: 'employee_code' },
      { table: '__proto__', column: 'x' },
    ] as unknown as readonly LookupPlace[]
    await apply(scan(operator, { reference: { code: '4711', places, known: null } }))
    expect(await references()).toEqual([[null, null]])
  })
})

describe('a scan of nobody', () => {
  test('of this organization is set aside with what to do, and holds up no other', async () => {
    const refused = await apply(
      scan(stranger, { subject: stationOwner('BAD') }),
      scan(999_999, { subject: stationOwner('BAD'), at: utcText(Date.parse(NINE) + 1) }),
      scan(operator),
      opened(),
    )
    expect(refused.map(({ event, reason }) => [event.seq, reason])).toEqual([
      [1, expect.stringContaining(`central has no user ${stranger} in this organization`)],
      [2, expect.stringContaining('central has no user 999999 in this organization')],
    ])
    expect(refused[0]?.reason).toContain("check the station's own user in its map")
    expect((await rows()).length).toBe(1)
    expect((await central.sql('SELECT FROM machine_status_history')).length).toBe(1)
  })

  test.each([0, -1, 1.5, 2_147_483_648, 1e20])('is set aside for a number that is no id: %d', async (id) => {
    expect((await apply(scan(id))).length).toBe(1)
  })
})

describe('the work order of a machine', () => {
  const current = async (machine = 'PRESS-07') =>
    (
      await central.sql<{ number: string | null }>(
        `SELECT w.work_order_number AS number FROM machines m LEFT JOIN work_orders w ON w.id = current_work_order_id
         WHERE machine_code = $1 AND m.organization_id = (SELECT id FROM organizations WHERE code = 'SAV')`,
        [machine],
      )
    )[0]?.number
  const command = (scanType: string, workOrder: string, second: number) =>
    scan(operator, {
      at: utcText(Date.parse(NINE) + second * 1_000),
      data: workOrder,
      machine: 'PRESS-07',
      workOrder,
      scanType,
    })

  test('follows scans of start and end, also where the machine has no row of status', async () => {
    await apply(command('work_order_start', 'WO-1001', 0))
    expect(await current()).toBe('WO-1001')
    await apply(command('work_order_pause', 'WO-1001', 1))
    expect(await current()).toBe('WO-1001')
    await apply(command('work_order_complete', 'WO-1002', 2))
    expect(await current()).toBe('WO-1001')
    await apply(command('work_order_complete', 'WO-1001', 3))
    expect(await current()).toBeNull()
    await apply(command('work_order_start', 'WO-1002', 4), command('work_order_complete', 'WO-1001', 5))
    expect(await current()).toBe('WO-1002')
    await apply(command('work_order', 'WO-1003', 6))
    expect(await current()).toBe('WO-1002')
  })

  test('is found by the number of the ERP too, in rows of status as well', async () => {
    await central.sql(
      `UPDATE work_orders SET sap_production_order = '000010001234' WHERE work_order_number = 'WO-1002'`,
    )
    await apply(
      command('work_order_start', '000010001234', 0),
      opened({ subject: 'machine:PRESS-07', workOrder: '000010001234' }),
      opened({ subject: 'machine:CNC-01', workOrder: 'WO-1001' }),
    )
    expect(await current()).toBe('WO-1002')
    expect(
      await central.sql(
        `SELECT work_order_number AS number FROM machine_status_history JOIN work_orders w ON w.id = work_order_id ORDER BY 1`,
      ),
    ).toEqual([{ number: 'WO-1001' }, { number: 'WO-1002' }])
  })

  test('stays what a later row of status says', async () => {
    await apply(
      command('work_order_start', 'WO-1001', 0),
      opened({ subject: 'machine:PRESS-07', at: '2026-01-31T09:05:00.000Z', workOrder: 'WO-1003' }),
    )
    expect(await current()).toBe('WO-1003')
  })

  test('is no order of another organization', async () => {
    await apply(command('work_order_start', 'WO-9001', 0))
    expect(await current()).toBeNull()
    expect((await rows()).length).toBe(1)
  })

  test('is none again once the scan that began it is taken back', async () => {
    const start = { ...command('work_order_start', 'WO-1001', 0), data: '!START' }
    const reference = {
      code: 'WO-1001',
      places: [{ table: 'work_orders', column: 'work_order_number' }],
      known: null,
    } as const
    await apply({ ...start, reference } as Event)
    expect(await current()).toBe('WO-1001')
    await apply(scanUndone(colleague, { at: utcText(Date.parse(NINE) + 1) }))
    expect(await current()).toBe('WO-1001')
    await apply(scanUndone(operator, { at: NINE }))
    expect(await current()).toBeNull()
  })

  test('that was begun and taken back in one batch changes nothing', async () => {
    await apply(command('work_order_start', 'WO-1001', 0), scanUndone(operator, { at: NINE }))
    expect(await current()).toBeNull()
  })
})
