/** Tables of a site as they happen to be: domains over bounded texts, keys that are alike though written otherwise, triggers, views. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { scan } from '../../support/central-events.ts'
import { applyAll, siteSession } from '../../support/mapped-site.ts'

const SITE = `
  CREATE SCHEMA site;
  CREATE DOMAIN site.number AS varchar(10);
  CREATE DOMAIN site.order_number AS site.number;
  CREATE DOMAIN site.clock AS time;
  CREATE TABLE site.orders (id int, number site.order_number, short "char", ident name, clock site.clock, zoned timetz);
  CREATE TABLE site.parts (number numeric, place text, seen text);
  CREATE TABLE site.lots (id serial, code text);
  CREATE TABLE site.lot_index (id int, code text);
  CREATE FUNCTION site.index_lot() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO site.lot_index VALUES (NEW.id, NEW.code); RETURN NEW; END $$;
  CREATE TRIGGER index_lot AFTER INSERT ON site.lots FOR EACH ROW EXECUTE FUNCTION site.index_lot();
  CREATE VIEW site.all_lots AS SELECT * FROM site.lots;
  CREATE TABLE site.moves (lot int, order_id int, what text);
  CREATE FUNCTION site.note(p site.order_number) RETURNS void LANGUAGE sql AS 'INSERT INTO site.moves (what) VALUES (p)'`

let central: TestCentral
let operator: number

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
  await central.sql(SITE)
  await central.sql(`GRANT USAGE ON SCHEMA site TO PUBLIC; GRANT ALL ON ALL TABLES IN SCHEMA site TO PUBLIC;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA site TO PUBLIC`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() =>
  central.sql(
    'TRUNCATE site.orders, site.parts, site.lots, site.lot_index, site.moves, edge_gateway.stream RESTART IDENTITY',
  ),
)

/** The reasons for which events were left out. */
async function feed(rows: string, ...events: readonly Event[]): Promise<readonly string[]> {
  await using session = await siteSession(central, `to: {schema: site}\nrows:\n${rows}`)
  return (await applyAll(session, events)).map(({ reason }) => reason)
}

/** The nth scan. */
const nth = (n: number, data: string, fields = {}) =>
  scan(operator, { at: `2026-01-31T09:00:0${n}.000Z`, data, fields })
const LONG = '12345678901'

describe('a text that is too long for what a domain is made of', () => {
  test.each(['number', 'short'])(
    'is not cut in a column (%s), and its event is set aside',
    async (column) => {
      const said = await feed(
        `  - {on: scan, insert: orders, columns: {${column}: data}}`,
        nth(1, LONG),
        nth(2, '1'),
      )
      expect(said).toEqual([expect.stringMatching(/has 11 characters, and site\.orders\.\w+ holds (10|1);/)])
      expect(await central.sql(`SELECT ${column} AS held FROM site.orders`)).toEqual([{ held: '1' }])
    },
  )

  test('lands once the column is wide enough, without a new session', async () => {
    await central.sql(
      'CREATE TABLE IF NOT EXISTS site.narrow (what varchar(10)); GRANT ALL ON site.narrow TO PUBLIC',
    )
    await using session = await siteSession(
      central,
      'to: {schema: site}\nrows:\n  - {on: scan, insert: narrow, columns: {what: data}}',
    )
    expect(await applyAll(session, [nth(1, LONG)])).toHaveLength(1)
    await central.sql('ALTER TABLE site.narrow ALTER what TYPE varchar(20)')
    expect(await applyAll(session, [nth(1, LONG)])).toEqual([])
    expect(await central.sql('SELECT what FROM site.narrow')).toEqual([{ what: LONG }])
  })

  test('is not cut in a call', async () => {
    const said = await feed('  - {on: scan, call: note, arguments: {p: data}}', nth(1, LONG), nth(2, '1'))
    expect(said).toEqual([expect.stringContaining('has 11 characters, and site.note.p holds 10;')])
    expect(await central.sql('SELECT what FROM site.moves')).toEqual([{ what: '1' }])
  })

  test('finds no row that has only its beginning', async () => {
    await central.sql("INSERT INTO site.orders (id, number) VALUES (1, '1234567890')")
    const columns = '{order_id: {lookup: orders.number, by: data, take: id}, what: data}'
    const said = await feed(
      `  - {on: scan, insert: moves, columns: ${columns}}`,
      nth(1, LONG),
      nth(2, LONG.slice(0, 10)),
    )
    expect(said).toEqual([expect.stringContaining('site.orders has no row with number "12345678901"')])
    expect(await central.sql('SELECT order_id FROM site.moves')).toEqual([{ order_id: 1 }])
  })
})

test('a time of the day is read by domains and with a zone, and out of a text that has no date', async () => {
  const said = await feed(
    `  - {on: scan, insert: orders, columns: {id: {value: 1}, clock: at, zoned: {local: at, zone: Asia/Tokyo}}}
  - {on: scan, insert: orders, columns: {id: {value: 2}, clock: data}}`,
    nth(1, '12:30'),
  )
  expect(said).toEqual([])
  expect(await central.sql('SELECT clock, zoned FROM site.orders ORDER BY id')).toEqual([
    { clock: '09:00:01', zoned: '18:00:01+09' },
    { clock: '12:30:00', zoned: null },
  ])
})

describe('changes of one batch', () => {
  test('of a row that is written in two ways are made one after the other', async () => {
    await central.sql("INSERT INTO site.parts VALUES (1, 'A', '')")
    const said = await feed(
      '  - {on: scan, update: parts, key: {number: fields.N}, columns: {seen: data}}',
      ...['1', '01', '1.0', '1'].map((N, n) => nth(n, `s${n}`, { N })),
    )
    expect(said).toEqual([])
    expect(await central.sql('SELECT seen FROM site.parts')).toEqual([{ seen: 's3' }])
  })

  test('find a row by what an earlier one has made of it', async () => {
    await central.sql("INSERT INTO site.parts VALUES (1, 'A', '')")
    const said = await feed(
      '  - {on: scan, update: parts, key: {place: fields.FROM}, columns: {place: fields.TO}}',
      nth(1, '', { FROM: 'A', TO: 'B' }),
      nth(2, '', { FROM: 'B', TO: 'C' }),
    )
    expect(said).toEqual([])
    expect(await central.sql('SELECT place FROM site.parts')).toEqual([{ place: 'C' }])
  })
})

test.each([
  ['by a trigger', 'lot_index'],
  ['as a view shows them', 'all_lots'],
])('a lookup sees rows that earlier ones have written %s', async (_, table) => {
  const said = await feed(
    `  - {on: scan, insert: lots, columns: {code: data}}
  - {on: scan, insert: moves, columns: {lot: {lookup: ${table}.code, by: data, take: id, optional: true}, what: data}}`,
    ...[1, 2, 3].map((n) => nth(n, `L${n}`)),
  )
  expect(said).toEqual([])
  const found = await central.sql(
    'SELECT what, m.lot = l.id AS is_its FROM site.moves m JOIN site.lots l ON l.code = what ORDER BY l.id',
  )
  expect(found).toEqual([1, 2, 3].map((n) => ({ what: `L${n}`, is_its: true })))
})

test('columns may have the names that statements of the gateway use', async () => {
  await central.sql(
    `CREATE TABLE IF NOT EXISTS site."e" (e text, t text, ordinal text, v0 text, "sel""ect" text)`,
  )
  await central.sql('GRANT ALL ON site.e TO PUBLIC')
  const columns = "e: data, t: data, ordinal: data, v0: fields.N, 'sel\"ect': data"
  const said = await feed(
    `  - {on: scan, insert: e, once_per: [ordinal, v0], columns: {${columns}}}
  - {on: scan, update: e, key: {ordinal: data, v0: fields.N}, columns: {t: {lookup: e.ordinal, by: data, take: e, where: {v0: fields.N}}}}`,
    ...['1', '2', '1'].map((N, n) => nth(n, "x') --", { N })),
  )
  expect(said).toEqual([])
  expect(await central.sql('SELECT v0, t FROM site.e ORDER BY v0')).toEqual(
    ['1', '2'].map((v0) => ({ v0, t: "x') --" })),
  )
})

test('a field of a code is never what every object of the program has', async () => {
  await feed('  - {on: scan, insert: moves, columns: {what: fields.constructor}}', nth(1, 'A'))
  expect(await central.sql('SELECT what FROM site.moves')).toEqual([{ what: null }])
})
