/** Every privilege on every relation and column, and everything else that a role might do, tried as the gateway's role. */
import { FLEET_COLUMNS, MES_RIGHTS, OWN_RIGHTS } from '../../src/routes/mes/rights.ts'
import { attempt, attempts, type CentralSite, CentralSites, SHAPES } from '../support/central-sites.ts'
import { securityCheck } from './security-check.ts'

const sites = CentralSites.use()

interface Relation {
  readonly schema: string
  readonly name: string
  readonly columns: readonly string[]
}

const RELATIONS = `
  SELECT n.nspname AS schema, c.relname AS name,
    (SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname IN ('public', 'edge_gateway')`

/** On a whole relation: none of these is ever needed. Nothing is changed, since no row fits. */
const ON_RELATIONS: Readonly<Record<string, (name: string) => string>> = {
  DELETE: (name) => `DELETE FROM ${name} WHERE false`,
  TRUNCATE: (name) => `TRUNCATE ${name}`,
  'a trigger': (name) =>
    `CREATE TRIGGER t BEFORE INSERT ON ${name} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
  'ALTER TABLE': (name) => `ALTER TABLE ${name} ADD COLUMN planted INT`,
  'DROP TABLE': (name) => `DROP TABLE ${name}`,
  'a policy': (name) => `CREATE POLICY planted ON ${name} USING (true)`,
  'LOCK TABLE': (name) => `LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`,
}

/** On the database and the server. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'a table in public': 'CREATE TABLE public.planted (id INT)',
  'a table among the gateway’s': 'CREATE TABLE edge_gateway.planted (id INT)',
  'a function in public': 'CREATE FUNCTION public.planted() RETURNS INT LANGUAGE sql AS $$ SELECT 1 $$',
  'a schema': 'CREATE SCHEMA planted',
  'a role': 'CREATE ROLE planted',
  'more power': 'ALTER ROLE CURRENT_USER SUPERUSER',
  'a longer life of its login': `ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'`,
  'more connections': 'ALTER ROLE CURRENT_USER CONNECTION LIMIT -1',
  'another role': 'SET ROLE postgres',
  'another login': 'SET SESSION AUTHORIZATION postgres',
  'no foreign keys': `SET session_replication_role = 'replica'`,
  'an extension': 'CREATE EXTENSION dblink',
  'a program': `COPY (SELECT 1) TO PROGRAM 'true'`,
  'a file that is written': `COPY (SELECT 1) TO '/tmp/planted'`,
  'a file that is read': `CREATE TEMP TABLE caught (line TEXT); COPY caught FROM '/etc/hostname'`,
  'the passwords of the server': 'SELECT rolpassword FROM pg_authid',
  'settings of the server': 'SELECT pg_reload_conf()',
}

async function judge({ shape, dba, gateway, own }: CentralSite): Promise<readonly string[]> {
  const { rows } = await dba.query<Relation>(RELATIONS)
  const wanted = wantedRights(shape, own)
  const found: string[] = []
  const tries = rows.flatMap(triesOn)
  const said = await attempts(
    gateway,
    tries.map(({ text }) => text),
    own,
  )
  for (const [index, { what }] of tries.entries()) {
    const may = !isRefused(said[index] ?? '')
    if (may !== wanted.has(what)) found.push(`${what} is ${may ? 'possible' : 'refused'}`)
  }
  for (const [what, text] of Object.entries(ELSEWHERE))
    if (!isRefused(await attempt(gateway, text, own))) found.push(what)
  return found
}

interface Try {
  /** `SELECT public.machines.id`. */
  readonly what: string
  readonly text: string
}

function triesOn({ schema, name, columns }: Relation): readonly Try[] {
  const full = `${schema}.${name}`
  return [
    ...Object.entries(ON_RELATIONS).map(([what, text]) => ({ what: `${what} on ${full}`, text: text(full) })),
    ...columns.flatMap((column) => [
      { what: `SELECT ${full}.${column}`, text: `SELECT ${column} FROM ${full} WHERE false` },
      { what: `INSERT ${full}.${column}`, text: `INSERT INTO ${full} (${column}) SELECT NULL WHERE false` },
      { what: `UPDATE ${full}.${column}`, text: `UPDATE ${full} SET ${column} = NULL WHERE false` },
    ]),
  ]
}

/** A missing privilege; the others say that such a thing is impossible with that kind of relation. */
function isRefused(said: number | string): boolean {
  return ['42501', '42809', '0A000', '55000'].includes(String(said))
}

/** What `central sql` gives, and where: on the table, or on its view. */
function wantedRights(shape: CentralSite['shape'], own: number): ReadonlySet<string> {
  const ofMes = MES_RIGHTS.map((rights) => ({
    ...rights,
    full: shape === 'views' ? `edge_gateway.${rights.name}_${own}` : `public.${rights.name}`,
  }))
  const ofOwn = OWN_RIGHTS.map((rights) => ({ ...rights, full: `edge_gateway.${rights.name}` }))
  const fleet = { full: 'edge_gateway.fleet', read: FLEET_COLUMNS, insert: [], update: [] }
  return new Set(
    [...ofMes, ...ofOwn, fleet].flatMap(({ full, read, insert, update }) => [
      ...read.map((column) => `SELECT ${full}.${column}`),
      ...insert.map((column) => `INSERT ${full}.${column}`),
      ...update.map((column) => `UPDATE ${full}.${column}`),
    ]),
  )
}

securityCheck({
  id: 'S17',
  title:
    'of all privileges on all tables the role has exactly those that the gateway uses, and nothing of the server',
  judge,
  shipped: Object.fromEntries(SHAPES.map((shape) => [shape, sites.of(shape)])),
  weakened: {
    'rows may be deleted': sites.of('rows', 'GRANT DELETE ON machine_status_history TO %role%'),
    'a column more may be read': sites.of('rows', 'GRANT SELECT (email) ON users TO %role%'),
    'a column more may be changed': sites.of('rows', 'GRANT UPDATE (machine_code) ON machines TO %role%'),
    'everybody may make tables': sites.of('rows', 'GRANT CREATE ON SCHEMA public TO PUBLIC'),
    'it may read files of the server': sites.of('rows', 'GRANT pg_read_server_files TO %role%'),
  },
  timeoutMs: 120_000,
})
