/** What a route's file says becomes of events, in the tables of a real server. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, opened, scan, scanUndone } from '../../support/central-events.ts'
import { applyAll, siteSession } from '../../support/mapped-site.ts'

let central: TestCentral
let operator: number

const SITE = `
  CREATE SCHEMA site;
  CREATE TYPE site.stamp AS ENUM ('START', 'STOP');
  CREATE DOMAIN site.short AS varchar(10);
  CREATE TABLE site.everything (
    n serial, uid uuid, txt text, short varchar(8), fixed char(4), dom site.short, num numeric(8, 3), whole int, big bigint,
    real8 double precision, flag boolean, with_zone timestamptz, without_zone timestamp, day date, clock time, span interval,
    doc jsonb, plain json, addr inet, stamp site.stamp, list text[]);
  CREATE TABLE site.work_orders (id int PRIMARY KEY, number text NOT NULL, plant text NOT NULL);
  CREATE TABLE site.operations (id uuid PRIMARY KEY, number text NOT NULL, work_order_id int REFERENCES site.work_orders);
  CREATE TABLE site.moves (
    id bigserial PRIMARY KEY, operation_id uuid REFERENCES site.operations, payload_hash varchar(64), what text, work_order_id int);
  CREATE TABLE site.intervals (
    machine text NOT NULL, began timestamptz NOT NULL, ended timestamptz, status text, PRIMARY KEY (machine, began));
  INSERT INTO site.work_orders VALUES (1, 'WO-1', 'SAV-1'), (2, 'WO-2', 'SAV-1'), (3, 'WO-2', 'SAV-1');
  INSERT INTO site.operations VALUES
    ('aaaaaaaa-0000-4000-8000-000000000001', '10', 1), ('aaaaaaaa-0000-4000-8000-000000000002', '10', 2)`

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
  await central.sql(SITE)
  await central.sql(`GRANT USAGE ON SCHEMA site TO "${central.role}"`)
  await central.sql(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA site TO "${central.role}"`)
  await central.sql(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA site TO "${central.role}"`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => central.sql('TRUNCATE site.everything, site.moves, site.intervals, edge_gateway.stream'))

/** The reasons for which events were left out. */
async function feed(rows: string, ...events: readonly Event[]): Promise<readonly string[]> {
  await using session = await siteSession(central, `to: {schema: site}\nrows:\n${rows}`)
  return (await applyAll(session, events)).map(({ reason }) => reason)
}

const everything = () => central.sql("SELECT to_jsonb(e) - 'n' AS row FROM site.everything e ORDER BY n")

describe('columns', () => {
  test('take fields, whatever their types are', async () => {
    const at = '2026-07-01T09:00:00.250Z'
    const said = await feed(
      `
  - on: status.closed
    insert: everything
    columns: {uid: id, txt: machine, num: duration_s, whole: minutes, span: duration_s, with_zone: ended_at, without_zone: ended_at,
      day: {local: started_at, zone: Pacific/Auckland}, clock: {local: started_at, zone: Europe/Rome}, flag: continues, doc: cause,
      stamp: {value: STOP}, dom: {value: ten chars.}, fixed: {value: ab}, list: {value: "{a,\\"b c\\"}"}}`,
      amended({
        at,
        ended: { durationMs: 90_500, minutes: 2, marks: [] },
        cause: [{ signal: 'state', value: 'jam "1"' }],
      }),
    )
    expect(said).toEqual([])
    expect(await everything()).toEqual([
      {
        row: expect.objectContaining({
          uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-/),
          txt: 'CNC-01',
          num: 90.5,
          whole: 2,
          span: '00:01:30.5',
          with_zone: '2026-07-01T09:01:30.75+00:00',
          without_zone: '2026-07-01T09:01:30.75',
          day: '2026-07-01',
          clock: '11:00:00.25',
          flag: false,
          doc: [{ signal: 'state', value: 'jam "1"' }],
          stamp: 'STOP',
          dom: 'ten chars.',
          fixed: 'ab  ',
          list: ['a', 'b c'],
        }),
      },
    ])
  })

  test('take constants, maps, templates, hashes and JSON', async () => {
    await feed(
      `
  - on: scan
    insert: everything
    columns:
      whole: {value: 7}
      flag: {value: true}
      short: {value: null}
      txt: {text: "{station}: {data} {{{operator}}} {location}"}
      fixed: {from: scan_type, map: {unknown: U}, else: X}
      dom: {from: location, else: nowhere}
      plain: {json: {lot: fields.LOT, kind: {value: scan}, who: operator, none: machine}}
      doc: {json: [data, plant, organization]}
      addr: fields.IP
      real8: fields.WEIGHT
      list: {sha256: [station, data, machine]}
`
        .replace('list: {sha256', 'stampless: {sha256')
        .replace(/ {6}stampless.*\n/, ''),
      scan(operator, { data: 'a "b" \\ ,{}', fields: { LOT: 'L;1', IP: '10.0.0.7', WEIGHT: '1e3' } }),
      scan(operator, { scanType: 'label' }),
    )
    const rows = await everything()
    expect(rows[0]?.row).toMatchObject({
      whole: 7,
      flag: true,
      short: null,
      txt: `PACK-1: a "b" \\ ,{} {${operator}} `,
      fixed: 'U   ',
      dom: 'nowhere',
      plain: { lot: 'L;1', kind: 'scan', who: operator, none: null },
      doc: { data: 'a "b" \\ ,{}', plant: 'SAV-1', organization: 'SAV' },
      addr: '10.0.0.7',
      real8: 1000,
    })
    expect(rows[1]?.row).toMatchObject({ fixed: 'X   ', addr: null, real8: null })
  })

  test('are left out where a map has no entry, or a text is too long for them, and only then', async () => {
    const said = await feed(
      `
  - on: scan
    insert: everything
    columns: {short: data, txt: {from: scan_type, map: {unknown: U}}}`,
      scan(operator, { data: '12345678' }),
      scan(operator, { data: '123456789' }),
      scan(operator, { data: 'x', scanType: 'label' }),
      scan(operator, { data: 'x\0y' }),
    )
    expect(said).toEqual([
      '"123456789" has 9 characters, and site.everything.short holds 8; widen the column, or shorten what is written',
      'the map of scan_type has no entry for "label"; add one, or an else',
      'short would hold a character that no PostgreSQL takes: NUL, or half of one',
    ])
    expect(await everything()).toMatchObject([{ row: { short: '12345678' } }])
  })
})

describe('events', () => {
  const rows = (when: string) => `
  - on: [status.opened, status.closed]
    when: ${when}
    insert: everything
    columns: {txt: machine}`
  const machines = async () => (await everything()).map(({ row }) => (row as { txt: string }).txt)
  const A = opened({ subject: 'machine:A', status: 'down', workOrder: 'WO-1' })
  const B = opened({ subject: 'machine:B', status: 'idle', reason: 'JAM' })
  const C = opened({ subject: 'machine:C', status: 'running' })
  test.each([
    ['{status: down}', ['A']],
    ['{status: [down, idle]}', ['A', 'B']],
    ['{status: {not: down}}', ['B', 'C']],
    ['{status: {not: [down, idle]}}', ['C']],
    ['{work_order: {is: present}}', ['A']],
    ['{work_order: {is: empty}}', ['B', 'C']],
    ['{reason: {starts_with: J}}', ['B']],
    ['{machine: {from: B}}', ['B', 'C']],
    ['{machine: {from: A, to: B}}', ['A', 'B']],
    ['{machine: {from: A}, status: {not: idle}}', ['A', 'C']],
    ['[{status: down}, {reason: JAM}]', ['A', 'B']],
  ])('are taken when %s', async (when, expected) => {
    await feed(rows(when), A, B, C)
    expect(await machines()).toEqual(expected)
  })

  test('are compared by size where they are numbers', async () => {
    const lasting = (machine: string, durationMs: number) =>
      amended({ subject: `machine:${machine}`, ended: { durationMs, minutes: 0, marks: [] } })
    await feed(
      '\n  - {on: status.closed, when: {duration_s: {from: 9, to: 100}}, insert: everything, columns: {txt: machine}}',
      lasting('SHORT', 8_999),
      lasting('NINE', 9_000),
      lasting('LONG', 100_001),
    )
    expect(await machines()).toEqual(['NINE'])
  })
})

describe('lookups', () => {
  const rows = `
  - on: scan
    insert: moves
    columns:
      operation_id:
        lookup: operations.number
        by: fields.OP
        where: {work_order_id: {lookup: work_orders.number, by: work_order, where: {plant: plant}, take: id}}
        take: id
      what: data`
  const at = (workOrder: string | null, fields = { OP: '10' }) =>
    scan(operator, { workOrder, fields, data: workOrder ?? 'none' })

  test('go through other lookups, and name what they do not find, or find more than once', async () => {
    const said = await feed(rows, at('WO-1'), at('WO-2'), at('WO-9'), at(null), at('WO-1', { OP: '20' }))
    expect(said).toEqual([
      'site.work_orders has several rows with number "WO-2", plant "SAV-1"; say under where: which one is meant',
      'site.work_orders has no row with number "WO-9", plant "SAV-1"; create it there, or correct what was scanned or mapped',
      'the event says nothing by which site.work_orders.number could be looked up',
      'site.operations has no row with number "20", work_order_id "1"; create it there, or correct what was scanned or mapped',
    ])
    expect(await central.sql('SELECT operation_id, what FROM site.moves')).toEqual([
      { operation_id: 'aaaaaaaa-0000-4000-8000-000000000001', what: 'WO-1' },
    ])
  })

  test('may find nothing where they are optional', async () => {
    expect(
      await feed(
        `${rows}\n`.replace('take: id\n      what', 'take: id\n        optional: true\n      what'),
        at('WO-1', { OP: '20' }),
      ),
    ).toEqual([])
    expect(await central.sql('SELECT operation_id, what FROM site.moves')).toEqual([
      { operation_id: null, what: 'WO-1' },
    ])
  })

  test('find what an earlier row of the same event has written', async () => {
    const said = await feed(
      `
  - {on: scan, insert: moves, columns: {what: data, payload_hash: id}}
  - {on: scan, insert: everything, columns: {big: {lookup: moves.payload_hash, by: id, take: id}, txt: data}}`,
      scan(operator, { data: 'first' }),
      scan(operator, { data: 'second' }),
    )
    expect(said).toEqual([])
    expect(
      await central.sql('SELECT txt = what AS same FROM site.everything JOIN site.moves ON big = id'),
    ).toEqual([{ same: true }, { same: true }])
  })

  test('that fail take the other rows of their event with them', async () => {
    const said = await feed(
      `
  - {on: scan, insert: everything, columns: {txt: data}}
  - {on: scan, insert: moves, columns: {what: data, work_order_id: {lookup: work_orders.number, by: work_order, take: id}}}`,
      at('WO-1'),
      at('WO-9'),
    )
    expect(said).toHaveLength(1)
    expect((await everything()).map(({ row }) => (row as { txt: string }).txt)).toEqual(['WO-1'])
  })
})

describe('once_per', () => {
  const rows = `
  - on: scan
    insert: moves
    once_per: payload_hash
    columns: {payload_hash: {sha256: [station, data]}, what: fields.N}`
  const say = (data: string, n: string) => scan(operator, { data, fields: { N: n } })
  const there = async () =>
    (await central.sql('SELECT payload_hash, what FROM site.moves ORDER BY id')).map(({ what }) => what)

  test.each(['without an index', 'with a unique index'])(
    'keeps the first of the same rows, %s',
    async (index) => {
      if (index.startsWith('with a'))
        await central.sql('CREATE UNIQUE INDEX one ON site.moves (payload_hash)')
      expect(await feed(rows, say('A', '1'), say('B', '2'), say('A', '3'))).toEqual([])
      expect(await feed(rows, say('B', '4'), say('C', '5'))).toEqual([])
      expect(await there()).toEqual(['1', '2', '5'])
      const [row] = await central.sql("SELECT payload_hash FROM site.moves WHERE what = '1'")
      expect(row?.payload_hash).toBe(createHash('sha256').update('["PACK-1","A"]').digest('hex'))
      await central.sql('DROP INDEX IF EXISTS site.one')
    },
  )
})

describe('update', () => {
  const rows = `
  - on: status.opened
    insert: intervals
    columns: {machine: machine, began: started_at, status: status}
  - on: status.closed
    update: intervals
    key: {machine: machine, began: started_at, ended: {value: null}}
    columns: {ended: ended_at}`
  const intervals = () =>
    central.sql('SELECT machine, ended IS NOT NULL AS ended FROM site.intervals ORDER BY machine')

  test('changes the row that its key finds, in one batch with what made it', async () => {
    const on = (machine: string) => ({ subject: `machine:${machine}` as const })
    const said = await feed(
      rows,
      opened(on('A')),
      opened(on('B')),
      amended(on('B')),
      amended(on('X')),
      opened(on('C')),
    )
    expect(said).toEqual([
      expect.stringContaining('site.intervals has no row with machine "X", began "2026-01-31T09:00:00.000Z"'),
    ])
    expect(await intervals()).toEqual([
      { machine: 'A', ended: false },
      { machine: 'B', ended: true },
      { machine: 'C', ended: false },
    ])
  })

  test('says that a key finds several rows, and changes none of them', async () => {
    await central.sql(`INSERT INTO site.moves (what) VALUES ('x'), ('x'), ('y')`)
    const said = await feed(
      '\n  - {on: scan.undone, update: moves, key: {what: {value: x}}, columns: {payload_hash: station}}',
      scanUndone(operator),
    )
    expect(said).toEqual(['site.moves has 2 rows with what "x"; name more columns under key'])
    expect(await central.sql('SELECT FROM site.moves WHERE payload_hash IS NOT NULL')).toEqual([])
  })
})

describe('what a file names and the database has not', () => {
  test.each([
    ['{on: scan, insert: nothing, columns: {a: at}}', 'there is no table site.nothing'],
    ['{on: scan, insert: moves, columns: {wat: data}}', 'site.moves has no column "wat"'],
    [
      '{on: scan, insert: moves, columns: {what: {lookup: operations.nmber, by: data, take: id}}}',
      'site.operations has no column "nmber"',
    ],
    ['{on: scan, call: nobody, arguments: {}}', 'there is no function or procedure site.nobody'],
  ])('keeps the route waiting: %s', async (row, what) => {
    await expect(siteSession(central, `to: {schema: site}\nrows: [${row}]`)).rejects.toMatchObject({
      refusal: 'wait',
      code: 'site-schema',
      message: expect.stringContaining(what),
    })
  })
})
