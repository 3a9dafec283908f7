import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { DbaSite, refusal } from '../../support/dba-site.ts'

const site = DbaSite.use()

describe('functions and operators that somebody has planted', () => {
  const PLANTED = `
    CREATE TABLE public.victims (name TEXT);
    CREATE FUNCTION public.steal() RETURNS void LANGUAGE sql AS $$ INSERT INTO public.victims VALUES (current_user) $$;
    CREATE FUNCTION public.format(text, name) RETURNS text LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.steal(); RETURN pg_catalog.format($1, VARIADIC ARRAY[$2::text]); END $$;
    CREATE FUNCTION public.format(text, name, name) RETURNS text LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.steal(); RETURN pg_catalog.format($1, VARIADIC ARRAY[$2::text, $3::text]); END $$;
    CREATE FUNCTION public.unnest(text[]) RETURNS SETOF text LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.steal(); RETURN QUERY SELECT pg_catalog.unnest($1); END $$;
    CREATE FUNCTION public.same(character varying, text) RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.steal(); RETURN $1::text OPERATOR(pg_catalog.=) $2; END $$;
    CREATE FUNCTION public.same(character varying, character varying) RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.steal(); RETURN $1::text OPERATOR(pg_catalog.=) $2::text; END $$;
    CREATE FUNCTION public.joined(name, text) RETURNS text LANGUAGE plpgsql AS
      $$ BEGIN PERFORM public.steal(); RETURN $1::text OPERATOR(pg_catalog.||) $2; END $$;
    CREATE OPERATOR public.= (LEFTARG = character varying, RIGHTARG = text, FUNCTION = public.same);
    CREATE OPERATOR public.= (LEFTARG = character varying, RIGHTARG = character varying, FUNCTION = public.same);
    CREATE OPERATOR public.|| (LEFTARG = name, RIGHTARG = text, FUNCTION = public.joined);
    GRANT INSERT ON public.victims TO PUBLIC`
  const victims = async () => (await site.dba.query('SELECT DISTINCT name FROM public.victims')).rows

  test('do not run when a superuser runs central sql', async () => {
    await site.dba.query(PLANTED)
    // The proof that they would run.
    await site.dba.query(`SELECT format('%I', 'a'::name), 'a'::name || 'b'::text; TRUNCATE public.victims`)
    await site.letIn()
    await site.dba.query('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
    await site.letIn()
    await site.takeOut({ keepRole: true })
    expect(await victims()).toEqual([])
  })
})

describe('central sql --remove', () => {
  test('leaves nothing of the role, and everything that it wrote', async () => {
    const before = [await site.rightsOf('public'), await site.policies()]
    await site.letIn()
    await site.dba.query(`INSERT INTO edge_gateway.stream VALUES (1, 'edge-1', gen_random_uuid(), 1, 7, '')`)
    await site.takeOut()
    expect((await site.dba.query('SELECT FROM pg_roles WHERE rolname = $1', [site.role])).rows).toEqual([])
    expect((await site.policies()).filter(({ schemaname }) => schemaname === 'public')).toEqual(before[1])
    expect((await site.dba.query('SELECT last_seq FROM edge_gateway.stream')).rows).toEqual([
      { last_seq: '7' },
    ])
    await site.letIn()
    expect((await site.dba.query('SELECT last_seq FROM edge_gateway.stream')).rows).toEqual([
      { last_seq: '7' },
    ])
  })

  test('takes views away with the last role of an organization', async () => {
    await site.dba.query('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
    await site.letIn()
    await site.letIn({ role: `${site.role}_b` })
    const views = async () =>
      (
        await site.dba.query(
          `SELECT viewname FROM pg_views WHERE schemaname = 'edge_gateway' AND viewname <> 'fleet'`,
        )
      ).rows.length
    await site.takeOut()
    expect(await views()).toBe(1)
    await site.takeOut({ role: `${site.role}_b` })
    expect(await views()).toBe(0)
  })

  test('keeps the login where that is asked for, without any right', async () => {
    await site.letIn()
    await site.takeOut({ keepRole: true })
    expect(await site.rightsOf(site.role)).toEqual([])
    expect((await site.dba.query('SELECT FROM pg_roles WHERE rolname = $1', [site.role])).rows).toHaveLength(
      1,
    )
  })

  test('drops the schema only where that is asked for, and never below another role', async () => {
    await site.letIn()
    await site.letIn({ organization: 'OTHER', role: `${site.role}_b` })
    expect(await refusal(site.takeOut({ dropSchema: true }), site.dba)).toContain(
      `${site.role}_b still use it`,
    )
    await site.takeOut()
    await site.takeOut({ organization: 'OTHER', role: `${site.role}_b`, dropSchema: true })
    expect((await site.dba.query(`SELECT FROM pg_namespace WHERE nspname = 'edge_gateway'`)).rows).toEqual([])
  })

  test('touches no role that was not let in', async () => {
    expect(await refusal(site.takeOut(), site.dba)).toContain('no gateway was let into this database')
    await site.letIn()
    await site.dba.query(`CREATE ROLE ${site.role}_app; GRANT SELECT ON machines TO ${site.role}_app`)
    expect(await refusal(site.takeOut({ role: `${site.role}_app` }), site.dba)).toContain(
      `Let in are: ${site.role} (SAV)`,
    )
    expect(await refusal(site.takeOut({ organization: 'OTHER' }), site.dba)).toContain(
      'is bound to organization "SAV"',
    )
  })
})

describe('central sql --remove beside others', () => {
  test('says what keeps a role from being dropped', async () => {
    await site.letIn()
    const maintenance = await site.connectedAs({ database: 'postgres' })
    await maintenance.query(`CREATE TABLE elsewhere (); GRANT SELECT ON elsewhere TO ${site.role}`)
    const said = await refusal(site.takeOut(), site.dba)
    await maintenance.query('DROP TABLE elsewhere')
    await maintenance.end()
    expect(said).toMatch(/has more than this script gave it: .*database postgres.*--keep-role/s)
    await site.takeOut()
  })

  test('gives up rather than hold the MES up behind a long query', { timeout: 120_000 }, async () => {
    await site.letIn()
    const reader = await site.connectedAs()
    await reader.query('BEGIN; SELECT FROM machines')
    expect(await refusal(site.letIn(), site.dba)).toContain('lock timeout')
    await reader.end()
    await site.letIn()
  })

  test('leaves policies, views and tables that others have made', async () => {
    await site.dba.query('ALTER TABLE machines DISABLE ROW LEVEL SECURITY')
    await site.letIn()
    await site.dba.query(`CREATE VIEW edge_gateway.mine_1 AS SELECT 1 AS one;
      CREATE POLICY ${site.role}_allowed_too ON plants USING (true)`)
    expect(await refusal(site.takeOut({ dropSchema: true }), site.dba)).toContain(
      'cannot drop schema edge_gateway',
    )
    await site.takeOut()
    expect((await site.dba.query('SELECT one FROM edge_gateway.mine_1')).rows).toEqual([{ one: 1 }])
    expect(JSON.stringify(await site.policies())).toContain(`${site.role}_allowed_too`)
  })
})

describe('a central of version 1', () => {
  const FIXTURE = new URL('../../cases/central/edge-gateway-v1.sql', import.meta.url)

  test('is brought up to date in place: streams, quarantine and incidents stay', async () => {
    // Version 1 put triggers on tables without row-level security.
    await site.dba.query('ALTER TABLE machine_status_history DISABLE ROW LEVEL SECURITY')
    await site.dba.query((await readFile(FIXTURE, 'utf8')).replaceAll('millrace_sav', site.role))
    await site.dba.query(`INSERT INTO edge_gateway.stream VALUES (1, 'edge-1', gen_random_uuid(), 1, 7, '\\x00');
      INSERT INTO edge_gateway.quarantine VALUES (1, 'edge-1', gen_random_uuid(), 5, '{}', 'why');
      INSERT INTO edge_gateway.incident VALUES (1, 'edge-1', now(), 'gap', '{}')`)
    const rows = async () => {
      const found: unknown[] = []
      for (const table of ['stream', 'quarantine', 'incident'])
        found.push((await site.dba.query(`SELECT * FROM edge_gateway.${table}`)).rows)
      return found
    }
    const before = await rows()
    await site.letIn()
    expect(await rows()).toEqual(before)
    expect((await site.dba.query('SELECT schema_version, views FROM edge_gateway.binding')).rows).toEqual([
      { schema_version: 5, views: ['machine_status_history'] },
    ])
    expect((await site.dba.query('SELECT FROM pg_trigger WHERE NOT tgisinternal')).rows).toEqual([])
    expect((await site.dba.query(`SELECT to_regproc('edge_gateway.refuse_other_tenant') AS f`)).rows).toEqual(
      [{ f: null }],
    )
    const upgraded = [await site.rightsOf(site.role), await site.policies()]
    await site.takeOut()
    await site.letIn()
    expect([await site.rightsOf(site.role), await site.policies()]).toEqual(upgraded)
  })
})
