/** What a DBA, or an administration tool, may have set as the defaults of the gateway's role. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { amended, downtime, opened, stored } from '../../support/central-events.ts'

const identity = { incarnation: '22222222-2222-4222-8222-222222222222', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq, 92, 0]) })

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  // Whatever is set for the database, the DBA can take back.
  await central.sql('ALTER ROLE postgres SET default_transaction_read_only = off')
})
afterAll(() => central[Symbol.asyncDispose]())
afterEach(async () => {
  await central.sql(`ALTER ROLE ${central.role} RESET ALL`)
  await central.sql(`ALTER ROLE ${central.role} IN DATABASE postgres RESET ALL`)
  await central.sql('ALTER DATABASE postgres RESET ALL')
  await central.sql(
    'TRUNCATE machine_status_history, downtime_events, edge_gateway.stream, edge_gateway.quarantine, edge_gateway.incident',
  )
})

const connect = () => createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))

/** Everything that a gateway does at central, and what it then reads back. */
async function useEverything() {
  await using session = await connect()
  const [first, second] = [stored([opened(), downtime()]), stored([amended()])]
  await session.transaction(async (transaction) => {
    await transaction.begin(identity, place(0))
    await transaction.apply(first, { guarded: true })
    await transaction.apply(second, { guarded: false })
    const why = { reason: 'it\\’s "odd"', sqlstate: '22000' }
    await transaction.quarantine(first.map((event) => ({ event, ...why })))
    await transaction.release([{ ...identity, seq: first[0]?.seq ?? 0 }])
    await transaction.record({ kind: 'gap', detail: { note: '\\ "x"' } })
    await transaction.advance(place(3))
  })
  const rows = await central.sql(
    `SELECT to_jsonb(h) - 'id' - 'created_at' AS row FROM machine_status_history h
     UNION ALL SELECT to_jsonb(d) - 'id' - 'created_at' - 'machine_status_history_id' FROM downtime_events d ORDER BY 1`,
  )
  return {
    rows,
    head: await session.head(),
    holds: await session.holdsAny(first.map(({ event }) => event)),
    quarantined: await session.transaction((transaction) => transaction.quarantined(undefined, 10)),
    clockIsRight: Math.abs(session.clockOffsetMs) < 1_000,
  }
}

const WRONG_DEFAULTS: readonly (readonly [setting: string, value: string])[] = [
  ['row_security', 'off'],
  ['array_nulls', 'off'],
  ['TimeZone', "'Pacific/Kiritimati'"],
  ['DateStyle', "'SQL, DMY'"],
  ['IntervalStyle', 'sql_standard'],
  ['bytea_output', 'escape'],
  ['extra_float_digits', '-15'],
  ['standard_conforming_strings', 'off'],
  ['backslash_quote', 'off'],
  ['escape_string_warning', 'on'],
  ['transform_null_equals', 'on'],
  ['quote_all_identifiers', 'on'],
  ['client_encoding', 'LATIN1'],
  ['client_min_messages', 'debug5'],
  ['lc_messages', "'C'"],
  ['search_path', "''"],
  ['default_transaction_isolation', 'serializable'],
  ['default_transaction_deferrable', 'on'],
  ['synchronous_commit', 'off'],
  ['lock_timeout', '1'],
  ['transaction_timeout', '200'],
  ['idle_in_transaction_session_timeout', '1'],
  ['exit_on_error', 'on'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['constraint_exclusion', 'off'],
  ['default_tablespace', "'pg_default'"],
  ['xmlbinary', 'hex'],
]

describe('the same is written and read, whatever the role has as its default for', () => {
  let usual: Awaited<ReturnType<typeof useEverything>>
  test('nothing', async () => {
    usual = await useEverything()
    expect(usual).toMatchObject({ holds: true, clockIsRight: true, head: { ...identity, ...place(3) } })
    expect(usual.rows).toHaveLength(2)
    expect(usual.quarantined).toHaveLength(1)
  })

  test.for(WRONG_DEFAULTS)('%s', async ([setting, value]) => {
    await central.sql(`ALTER ROLE ${central.role} SET ${setting} = ${value}`)
    expect(await useEverything()).toEqual(usual)
  })
})

test('a statement may take longer than the default of the role allows', async () => {
  await central.sql(`
    CREATE FUNCTION take_half_a_second() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(0.5); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON downtime_events EXECUTE FUNCTION take_half_a_second()`)
  await central.sql(`ALTER ROLE ${central.role} SET statement_timeout = 300`)
  expect((await useEverything()).rows).toHaveLength(2)
  await central.sql('DROP TRIGGER slow ON downtime_events; DROP FUNCTION take_half_a_second')
})

describe('a database that somebody has set to read-only is left alone, and the remedy is named', () => {
  test.for([
    ['the role', (role: string) => `ALTER ROLE ${role}`],
    ['the database', () => 'ALTER DATABASE postgres'],
    ['the role in this database', (role: string) => `ALTER ROLE ${role} IN DATABASE postgres`],
  ] as const)('where it is %s', async ([who, how]) => {
    const alter = how(central.role)
    await central.sql(`${alter} SET default_transaction_read_only = on`)
    await expect(connect()).rejects.toMatchObject({
      code: 'central-read-only',
      message: expect.stringContaining(`takes no writes: ${who} is set to read-only`),
      hint: `ask the DBA to ${alter} RESET default_transaction_read_only`,
    })
  })

  test('where it is the server', async () => {
    await central.sql('ALTER SYSTEM SET default_transaction_read_only = on')
    await central.sql('SELECT pg_reload_conf()')
    await expect(connect()).rejects.toMatchObject({
      code: 'central-read-only',
      message: expect.stringContaining('takes no writes from anybody'),
    })
    await central.sql('ALTER SYSTEM RESET default_transaction_read_only')
    await central.sql('SELECT pg_reload_conf()')
  })
})

test('a role that skips foreign keys writes nothing, and the remedy is named', async () => {
  await central.sql(`ALTER ROLE ${central.role} SET session_replication_role = replica`)
  await expect(connect()).rejects.toMatchObject({
    code: 'central-settings',
    hint: expect.stringContaining('RESET session_replication_role'),
  })
})
