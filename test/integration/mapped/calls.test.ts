/** Functions and procedures of a site that events are brought into. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Event } from '../../../src/domain/events/event.ts'
import { operatorOf, startTestCentral, type TestCentral } from '../../support/central.ts'
import { scan } from '../../support/central-events.ts'
import { applyAll, siteSession } from '../../support/mapped-site.ts'

let central: TestCentral
let operator: number

const SITE = `
  CREATE SCHEMA site;
  CREATE TABLE site.stock (id serial, part text, quantity int, at timestamptz);
  CREATE TABLE site.error_log (message text);
  -- It finds its tables by the search path of whoever calls it.
  CREATE FUNCTION site.book(p_part text, p_quantity int DEFAULT 1, OUT p_status int, OUT p_error_msg text) LANGUAGE plpgsql AS $$
  BEGIN
    p_status := 0;
    IF p_part LIKE 'BAD%' THEN
      INSERT INTO error_log VALUES (p_part);
      p_status := 1;
      p_error_msg := 'no such part: ' || p_part;
    ELSE
      INSERT INTO stock (part, quantity) VALUES (p_part, p_quantity);
    END IF;
  END $$;
  CREATE FUNCTION site.book(p_part text, p_quantity int, p_where text) RETURNS void LANGUAGE sql AS $$ SELECT $$;
  CREATE PROCEDURE site.book_it(p_part text, p_at timestamptz, OUT p_said text, INOUT p_status int DEFAULT 0) LANGUAGE plpgsql AS $$
  BEGIN
    p_status := CASE WHEN p_part LIKE 'BAD%' THEN -1 ELSE 0 END;
    p_said := 'it is ' || p_part;
    INSERT INTO stock (part, at) VALUES (p_part, p_at);
  END $$;
  CREATE FUNCTION site.is_taken(part text) RETURNS boolean LANGUAGE plpgsql SET search_path = site, pg_temp AS $$
  BEGIN
    INSERT INTO stock (part) VALUES (part);
    RETURN part NOT LIKE 'BAD%';
  END $$;
  CREATE FUNCTION site.raising(p_part text) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    IF p_part LIKE 'BAD%' THEN RAISE EXCEPTION 'not %', p_part; END IF;
    INSERT INTO stock (part) VALUES (p_part);
  END $$;
  CREATE FUNCTION site.tick() RETURNS void LANGUAGE sql AS $$ INSERT INTO stock (part) VALUES ('tick') $$`

beforeAll(async () => {
  central = await startTestCentral()
  operator = await operatorOf(central)
  await central.sql(
    SITE.replace("INSERT INTO stock (part) VALUES ('tick')", "INSERT INTO site.stock (part) VALUES ('tick')"),
  )
  await central.sql(`GRANT USAGE ON SCHEMA site TO "${central.role}"`)
  await central.sql(`GRANT INSERT ON ALL TABLES IN SCHEMA site TO "${central.role}"`)
  await central.sql(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA site TO "${central.role}"`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(() => central.sql('TRUNCATE site.stock, site.error_log, edge_gateway.stream'))

async function feed(row: string, ...events: readonly Event[]): Promise<readonly string[]> {
  await using session = await siteSession(central, `to: {schema: site}\nrows:\n  - ${row}`)
  return (await applyAll(session, events)).map(({ reason }) => reason)
}

const scans = (...parts: readonly string[]) => parts.map((data) => scan(operator, { data }))
const booked = async () =>
  (await central.sql('SELECT part FROM site.stock ORDER BY id')).map(({ part }) => part)

test('a function is called for each event, in their order, with the tables of its own schema in sight', async () => {
  expect(
    await feed(
      '{on: scan, call: book, arguments: {p_part: data, p_quantity: {value: 3}}}',
      ...scans('C', 'A', 'B'),
    ),
  ).toEqual([])
  expect(await booked()).toEqual(['C', 'A', 'B'])
})

test('a function that says no by a result is refused with its reason, and its error log stays as it was', async () => {
  const row =
    '{on: scan, call: book, arguments: {p_part: data}, refused_when: {p_status: {not: 0}}, reason: p_error_msg}'
  expect(await feed(row, ...scans('A', 'BAD-1', 'B', 'BAD-2'))).toEqual([
    'site.book refuses it: no such part: BAD-1',
    'site.book refuses it: no such part: BAD-2',
  ])
  expect(await booked()).toEqual(['A', 'B'])
  expect(await central.sql('SELECT FROM site.error_log')).toEqual([])
})

test('a procedure says no by what it gives back', async () => {
  const row =
    '{on: scan, call: book_it, arguments: {p_part: data, p_at: at}, refused_when: {p_status: -1}, reason: [p_said, p_status]}'
  expect(await feed(row, ...scans('A', 'BAD-1', 'B'))).toEqual(['site.book_it refuses it: it is BAD-1: -1'])
  expect(await booked()).toEqual(['A', 'B'])
})

test('a function that gives one value back says no by "result"', async () => {
  const row = '{on: scan, call: site.is_taken, arguments: {part: data}, refused_when: {result: false}}'
  expect(await feed(row, ...scans('BAD-1', 'A'))).toEqual(['site.is_taken refuses it: result is false'])
  expect(await booked()).toEqual(['A'])
})

test('a function without arguments is called as often as there are events', async () => {
  expect(await feed('{on: scan, call: tick}', ...scans('A', 'B'))).toEqual([])
  expect(await booked()).toEqual(['tick', 'tick'])
})

test('of one event nothing is written where its call is refused', async () => {
  const rows = `{on: scan, insert: stock, columns: {part: data}}
  - {on: scan, call: is_taken, arguments: {part: data}, refused_when: {result: false}}`
  expect(await feed(rows, ...scans('A', 'BAD-1', 'B'))).toHaveLength(1)
  expect(await booked()).toEqual(['A', 'A', 'B', 'B'])
})

test('what a function raises is a refusal of that event, whatever the others are', async () => {
  const row = '{on: scan, call: raising, arguments: {p_part: data}}'
  await expect(feed(row, ...scans('A', 'BAD-1'))).rejects.toMatchObject({
    refusal: 'refused',
    message: expect.stringContaining('not BAD-1'),
  })
})

test.each([
  [
    '{on: scan, call: book, arguments: {p_prt: data}}',
    'site.book has no parameter "p_prt"',
    'did you mean "p_part"?',
  ],
  ['{on: scan, call: raising}', 'site.raising needs "p_part" as well', undefined],
])('a call that fits no routine keeps the route waiting: %s', async (row, what, hint) => {
  await expect(feed(row)).rejects.toMatchObject({
    refusal: 'wait',
    message: expect.stringContaining(what),
    ...(hint && { hint }),
  })
})
