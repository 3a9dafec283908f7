/** `machines.status` is kept by a function of the role, whose plan the server keeps, and by the same statement wherever that cannot be. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { gatewaySql, removalSql } from '../../../src/routes/mes/gateway-sql.ts'
import { createMesDestination } from '../../../src/routes/mes/route.ts'
import { startTestCentral, type TestCentral } from '../../support/central.ts'
import { opened, stored } from '../../support/central-events.ts'

const FUNCTION = 'edge_gateway.millrace_sav_machines'

let central: TestCentral

beforeAll(async () => {
  central = await startTestCentral({ server: { track_functions: 'pl' } })
})
afterAll(() => central[Symbol.asyncDispose]())
beforeEach(async () => {
  await central.sql(await gatewaySql({ organization: 'SAV' }))
  await central.sql('TRUNCATE machine_status_history, edge_gateway.stream, edge_gateway.machine')
  await central.sql(`UPDATE machines SET status = 'available'`)
})

/** A session writes two batches. @returns what `machines.status` says then, and how often the function was called */
async function twoBatches(): Promise<{ readonly status: string | undefined; readonly calls: number }> {
  const before = await calls()
  const session = await createMesDestination(central.settings()).connect(AbortSignal.timeout(60_000))
  for (const [time, status] of [
    ['10:00', 'idle'],
    ['10:05', 'running'],
  ] as const) {
    const event = opened({ subject: 'machine:PRESS-07', at: `2026-01-31T${time}:00.000Z`, status })
    await session.transaction((transaction) => transaction.apply(stored([event]), { guarded: false }))
  }
  expect(session.troubles).toEqual([])
  await session[Symbol.asyncDispose]()
  // A session of the server tells what it called at its end.
  await expect
    .poll(() => central.sql(`SELECT FROM pg_stat_activity WHERE usename = '${central.role}'`), {
      timeout: 60_000,
    })
    .toEqual([])
  const [machine] = await central.sql<{ status: string }>(
    `SELECT m.status FROM machines m JOIN organizations o ON o.id = m.organization_id
     WHERE o.code = 'SAV' AND m.machine_code = 'PRESS-07'`,
  )
  return { status: machine?.status, calls: (await calls()) - before }
}

async function calls(): Promise<number> {
  const [counted] = await central.sql<{ calls: number }>(
    `SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_user_functions
     WHERE funcname = 'millrace_sav_machines'`,
  )
  return counted?.calls ?? 0
}

describe('the function that keeps machines.status', () => {
  test('is called for each batch', async () => {
    expect(await twoBatches()).toEqual({ status: 'running', calls: 2 })
  })

  test('is open to its own role alone, runs with the rights of who calls it, and looks only into the server’s own schema', async () => {
    const [found] = await central.sql(
      `SELECT prosecdef AS definer, proconfig AS settings,
         (SELECT array_agg(grantee::regrole::text ORDER BY grantee::regrole::text) FROM aclexplode(proacl)) AS callers
       FROM pg_proc WHERE oid = to_regproc('${FUNCTION}')`,
    )
    expect(found).toMatchObject({ definer: false, callers: ['millrace_sav', 'postgres'] })
    expect(found?.settings).toContain('search_path=pg_catalog, pg_temp')
  })

  test('gives way to the statement where central has none', async () => {
    await central.sql(`DROP FUNCTION ${FUNCTION}`)
    expect(await twoBatches()).toEqual({ status: 'running', calls: 0 })
  })

  test('gives way where its text is that of another version', async () => {
    await central.sql(`CREATE OR REPLACE FUNCTION ${FUNCTION}(integer, integer[], timestamptz[], text[], text, boolean[])
      RETURNS VOID LANGUAGE plpgsql AS 'BEGIN END'`)
    expect(await twoBatches()).toEqual({ status: 'running', calls: 0 })
  })

  test('gives way where a trigger of the site finds its tables by the path of the role', async () => {
    await central.sql(`
      CREATE TABLE public.status_log (machine_id integer, status text);
      GRANT INSERT ON public.status_log TO PUBLIC;
      CREATE FUNCTION public.log_status() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO status_log VALUES (NEW.id, NEW.status); RETURN NULL; END $$;
      CREATE TRIGGER log_status AFTER UPDATE ON machines FOR EACH ROW EXECUTE FUNCTION public.log_status()`)
    try {
      await central.sql(`TRUNCATE public.status_log`)
      expect(await twoBatches()).toEqual({ status: 'running', calls: 0 })
      expect(await central.sql('SELECT status FROM public.status_log')).toEqual([
        { status: 'idle' },
        { status: 'running' },
      ])
    } finally {
      await central.sql(
        'DROP TRIGGER log_status ON machines; DROP FUNCTION public.log_status; DROP TABLE public.status_log',
      )
    }
  })

  test('asks through the views where tables have no row-level security', async () => {
    await central.sql('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
    try {
      await central.sql(await gatewaySql({ organization: 'SAV' }))
      expect(await twoBatches()).toEqual({ status: 'running', calls: 2 })
    } finally {
      await central.sql('ALTER TABLE machines ENABLE ROW LEVEL SECURITY')
    }
  })

  test('goes with its role', async () => {
    await central.sql(await gatewaySql({ organization: 'SAV', role: 'second' }))
    const functions = () =>
      central.sql(`SELECT proname AS name FROM pg_proc WHERE proname IN ('second_machines') ORDER BY 1`)
    expect(await functions()).toEqual([{ name: 'second_machines' }])
    await central.sql(await removalSql({ organization: 'SAV', role: 'second' }))
    expect(await functions()).toEqual([])
  })
})
