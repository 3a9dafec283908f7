/** What a site's own functions do while rows ride along: it harms nobody but the ride. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { captured, push, rideSessions } from '../../support/ride-sessions.ts'
import { beginAgain, countRows, dropRule, openings, setRule } from '../../support/site-rules.ts'

const FILE = `to: {schema: site}
rows:
  - {on: status.opened, insert: starts, columns: {machine: machine, at: at}}`
const first = openings(3)

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(`CREATE SCHEMA site; CREATE TABLE site.starts (machine text, at timestamptz);
    GRANT USAGE ON SCHEMA site TO PUBLIC; GRANT INSERT ON site.starts TO PUBLIC`)
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await beginAgain(central)
  await central.sql('TRUNCATE site.starts')
})

async function rows() {
  return {
    mes: await countRows(central, 'machine_status_history'),
    starts: await countRows(central, 'site.starts'),
  }
}

test('many calls of a slow procedure hold the MES’s rows up no longer than a few of them', async () => {
  await central.sql(`CREATE TABLE site.calls (machine text); CREATE SEQUENCE site.called;
      GRANT ALL ON site.calls, site.called TO "${central.role}";
      CREATE PROCEDURE site.slow(p text) LANGUAGE plpgsql AS $$
        BEGIN PERFORM nextval('site.called'), pg_sleep(0.2); INSERT INTO site.calls VALUES (p); END $$`)
  const { mes } = await rideSessions(
    central,
    `to: {schema: site}
rows:
  - {on: status.opened, call: slow, arguments: {p: machine}}`,
  )
  await push(mes, captured(openings(60)))
  expect(await countRows(central, 'machine_status_history')).toBe(60)
  expect(await countRows(central, 'site.calls')).toBe(0)
  // Within a second, no more than these were begun.
  const [{ n } = { n: 0 }] = await central.sql<{ n: number }>('SELECT last_value::int AS n FROM site.called')
  expect(n).toBeLessThanOrEqual(5)
})

test('a table that costs the link itself holds the MES’s rows up once', async () => {
  const { mes, connectMes } = await rideSessions(central, FILE)
  await setRule(central, 'PERFORM pg_terminate_backend(pg_backend_pid())', 'INSERT ON site.starts')
  await expect(push(mes, captured(first))).rejects.toThrow('no link')
  await push(await connectMes(), captured(first))
  expect(await rows()).toEqual({ mes: 3, starts: 0 })
  await dropRule(central)
})

test('what a function of the site sets ends with the ride', async () => {
  await central.sql('CREATE TABLE site.settings (role text, synced text, organization text, zone text)')
  await central.sql('GRANT INSERT ON site.settings TO PUBLIC')
  const { mes } = await rideSessions(central, FILE)
  await setRule(
    central,
    `PERFORM set_config('synchronous_commit', 'off', true), set_config('TimeZone', 'Asia/Tokyo', true),
        set_config('app.current_organization_id', '2', true)`,
    'INSERT ON site.starts',
  )
  await central.sql(`UPDATE machines SET status = 'setup'; CREATE FUNCTION site.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO site.settings VALUES (current_user, current_setting('synchronous_commit'),
        current_setting('app.current_organization_id'), current_setting('TimeZone')); RETURN NEW; END $$;
      CREATE TRIGGER note BEFORE UPDATE ON machines FOR EACH ROW EXECUTE FUNCTION site.note()`)
  await push(mes, captured(first))
  expect(await rows()).toEqual({ mes: 3, starts: 3 })
  const set = await central.sql('SELECT DISTINCT synced, zone, organization FROM site.settings')
  expect(set).toEqual([
    {
      synced: 'on',
      zone: expect.not.stringContaining('Tokyo'),
      organization: expect.not.stringMatching('^2$'),
    },
  ])
  await central.sql('DROP FUNCTION site.note CASCADE')
  await dropRule(central)
})
