/** Functions and operators that somebody has put into the schema of the MES, and the site's own triggers that need that schema. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLedger } from '../../../src/routes/mes/ledger.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { MES_TABLES } from '../../../src/routes/mes/tables/index.ts'
import { isMachineTable } from '../../../src/routes/mes/tables/table.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { checkedCentral } from '../../support/central-check.ts'
import { amended, downtime, opened, stored } from '../../support/central-events.ts'

const PLANTED = `
  CREATE SCHEMA loot;
  CREATE TABLE loot.victims (name TEXT);
  GRANT USAGE ON SCHEMA loot TO PUBLIC;
  GRANT INSERT ON loot.victims TO PUBLIC;
  CREATE FUNCTION steal() RETURNS void LANGUAGE sql AS 'INSERT INTO loot.victims VALUES (current_user)';
  CREATE FUNCTION same(varchar, text) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN PERFORM public.steal(); RETURN $1::text OPERATOR(pg_catalog.=) $2; END $$;
  CREATE FUNCTION same(varchar, varchar) RETURNS boolean LANGUAGE plpgsql AS
    $$ BEGIN PERFORM public.steal(); RETURN $1::text OPERATOR(pg_catalog.=) $2::text; END $$;
  CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = text, FUNCTION = same);
  CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = same);
  CREATE FUNCTION unnest(int[]) RETURNS SETOF int LANGUAGE plpgsql AS
    $$ BEGIN PERFORM public.steal(); RETURN QUERY SELECT pg_catalog.unnest($1); END $$;
  CREATE FUNCTION unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS
    $$ BEGIN PERFORM public.steal(); RETURN QUERY SELECT pg_catalog.unnest($1); END $$;
  CREATE FUNCTION set_config(text, text, text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN PERFORM public.steal(); RETURN $2; END $$;
  CREATE FUNCTION count(int) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM public.steal(); RETURN 1; END $$`

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral()
  await central.sql(PLANTED)
  // The proof that they run where nothing keeps them from it.
  await central.sql(`SELECT count(*) FROM unnest(ARRAY['a']) AS u (name) WHERE u.name::varchar = 'a'::text`)
  expect(await central.sql('SELECT FROM loot.victims')).not.toEqual([])
  await central.sql('TRUNCATE loot.victims')
})
afterAll(() => central[Symbol.asyncDispose]())

const identity = { incarnation: '44444444-4444-4444-8444-444444444444', epoch: 1 }
const place = (seq: number) => ({ seq, hash: new Uint8Array([seq]) })

async function work(seq: number, at: string): Promise<void> {
  await using session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(30_000))
  await session.holdsAny([opened()])
  for (const event of [
    opened({ at, workOrder: 'WO-1001' }),
    amended({ at, workOrder: 'WO-1001' }),
    downtime({ at }),
  ])
    await session.transaction(async (transaction) => {
      if (!transaction.head) await transaction.begin(identity, place(0))
      await transaction.apply(stored([event]), { guarded: true })
      await transaction.advance(place(seq))
    })
  await session.quarantineSummary(5)
  await using ledger = await openLedger(central.settings(), AbortSignal.timeout(30_000))
  for (const table of MES_TABLES.filter(isMachineTable)) await ledger.latest(table, ['CNC-01'])
}

test('nothing planted runs with the rights of the gateway, or of who checks it', async () => {
  await work(1, '2026-01-31T09:00:00.000Z')
  const { code } = await checkedCentral(central)
  expect(code).toBe(0)
  expect(await central.sql('SELECT DISTINCT name FROM loot.victims')).toEqual([])
})

test('a trigger of the site that names its tables without their schema goes on working', async () => {
  await central.sql(`DROP SCHEMA loot CASCADE; DROP FUNCTION steal(), same(varchar, text), same(varchar, varchar),
      unnest(int[]), unnest(text[]), set_config(text, text, text), count(int) CASCADE;
    CREATE TABLE audit_log (what TEXT);
    GRANT INSERT ON audit_log TO PUBLIC;
    CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN INSERT INTO audit_log VALUES (new.new_status); RETURN new; END $$;
    CREATE TRIGGER noted AFTER INSERT ON machine_status_history FOR EACH ROW EXECUTE FUNCTION noted()`)
  await work(2, '2026-01-31T10:00:00.000Z')
  expect(await central.sql('SELECT what FROM audit_log')).toEqual([{ what: 'running' }])
  await central.sql('ALTER FUNCTION noted() SET search_path = public')
  await work(3, '2026-01-31T11:00:00.000Z')
  expect(await central.sql('SELECT what FROM audit_log')).toEqual([{ what: 'running' }, { what: 'running' }])
})
