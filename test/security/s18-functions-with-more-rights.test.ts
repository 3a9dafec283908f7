/** Functions that run with the rights of their owner: what the catalogue says of them, and an attack with planted objects. */
import type { Client } from 'pg'
import { type CentralSite, CentralSites, SHAPES } from '../support/central-sites.ts'
import { judgedProduction, saidOf } from '../support/production-check.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

const FUNCTIONS = `
  SELECT p.oid::regprocedure::text AS name, p.proconfig AS settings, p.prosrc AS body,
    EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl WHERE acl.grantee = 0) AS everybody
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND has_schema_privilege($1, n.oid, 'USAGE')`
/** The schema of the server first, and what a session makes for itself last. */
const PATH = 'search_path=pg_catalog, pg_temp'
/** Statements that are put together may only be so by names and literals that are quoted. */
const BUILT = /EXECUTE\s+(?!format\()/i
const VERIFIER = `SCRAM-SHA-256$4096:${'A'.repeat(22)}==$${'A'.repeat(43)}=:${'A'.repeat(43)}=`

async function judge(site: CentralSite): Promise<readonly string[]> {
  const { rows } = await site.dba.query<{
    name: string
    settings: readonly string[] | null
    body: string
    everybody: boolean
  }>(FUNCTIONS, [site.role])
  const found = rows.flatMap(({ name, settings, body, everybody }) => [
    ...(settings?.includes(PATH) ? [] : [`${name} looks for names where its caller says`]),
    ...(everybody ? [`${name} may be called by everybody`] : []),
    ...(BUILT.test(body) || /%s/.test(body) ? [`${name} runs a statement that is put together`] : []),
  ])
  if (!rows.some(({ name }) => name.startsWith('edge_gateway.renew_login')))
    found.push('there is no such function')
  return [...found, ...(await attack(site.gateway)), ...(await toldByProduct(site))]
}

/** Puts objects of its own before those of the server, and calls. Nothing of it stays. */
async function attack(gateway: Client): Promise<readonly string[]> {
  await gateway.query('BEGIN')
  try {
    await gateway.query(`
      CREATE TEMP TABLE caught (who TEXT);
      GRANT ALL ON caught TO PUBLIC;
      CREATE FUNCTION pg_temp.caught() RETURNS timestamptz LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO pg_temp.caught VALUES (current_user); RETURN '-infinity'; END $$;
      CREATE TEMP VIEW pg_stat_activity AS SELECT pg_backend_pid() AS pid, pg_temp.caught() AS backend_start;
      SET LOCAL search_path = pg_temp, public, edge_gateway`)
    await gateway.query('SELECT edge_gateway.renew_login($1, $2)', [
      VERIFIER,
      `x'); DROP TABLE edge_gateway.stream; --`,
    ])
    const { rows } = await gateway.query<{ who: string }>('SELECT who FROM pg_temp.caught')
    return rows.map(({ who }) => `a planted function ran as ${who}`)
  } finally {
    await gateway.query('ROLLBACK')
  }
}

/** `central check --production` finds the same. */
async function toldByProduct({ settings }: CentralSite): Promise<readonly string[]> {
  const said = saidOf(await judgedProduction(settings), 'functions with other rights')
  return said.length === 1 && said[0]?.startsWith('good: ') ? [] : [`central check says: ${said.join()}`]
}

securityCheck({
  id: 'S18',
  title:
    'functions with other rights have a path of their own, are open to the gateway alone, and run nothing that was planted',
  judge,
  shipped: Object.fromEntries(SHAPES.map((shape) => [shape, sites.of(shape)])),
  weakened: {
    'its path is its caller’s': sites.of(
      'rows',
      'ALTER FUNCTION edge_gateway.renew_login(TEXT, TEXT) RESET search_path',
    ),
    'everybody may call it': sites.of(
      'rows',
      'GRANT EXECUTE ON FUNCTION edge_gateway.renew_login(TEXT, TEXT) TO PUBLIC',
    ),
    'a function of the site puts statements together': sites.of(
      'rows',
      `CREATE FUNCTION public.run(what TEXT) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
         AS $$ BEGIN EXECUTE what; END $$`,
    ),
  },
})
