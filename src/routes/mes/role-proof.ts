/** Proves of the gateway's role that it may not do more than it must. That it may do enough is proven by writing. */
import type { Link } from '../../postgres/link.ts'
import { quotedAsNeeded, quoteName } from '../../postgres/names.ts'
import { reading } from '../../postgres/transaction.ts'
import { machineFunction } from './machine-statement.ts'
import type { Proof } from './proof.ts'
import { FLEET_COLUMNS, MES_RIGHTS, OWN_RIGHTS, OWN_ROUTINES, type TableRights } from './rights.ts'
import { beginText, type Tenant } from './tenant.ts'

const OWN_SCHEMA = 'edge_gateway'

/** What the role is, wherever it is. @throws DestinationError */
export async function proveRole(link: Link): Promise<Proof> {
  const { rows } = await reading(link, beginText(), () =>
    link.query<{ role: string; powers: string[] }>(
      `SELECT current_user::text AS role, array_remove(ARRAY[
         CASE WHEN rolsuper THEN 'is a superuser' END,
         CASE WHEN rolbypassrls THEN 'bypasses row-level security' END,
         CASE WHEN rolcreaterole THEN 'may create roles' END,
         CASE WHEN rolcreatedb THEN 'may create databases' END,
         CASE WHEN rolreplication THEN 'may replicate' END,
         CASE WHEN EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid) THEN 'is a member of other roles' END,
         (SELECT 'owns ' || CASE WHEN count(*) = 1
             THEN min(pg_describe_object(classid, objid, objsubid)) ELSE count(*) || ' objects' END
          FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = r.oid AND deptype = 'o'
            AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
            -- What is temporary goes with its session.
            AND coalesce((pg_identify_object(classid, objid, objsubid)).schema, '') NOT LIKE 'pg\\_%temp%'
          HAVING count(*) > 0)], NULL) AS powers
       FROM pg_roles r WHERE rolname = current_user`,
    ),
  )
  const { role = '?', powers = [] } = rows[0] ?? {}
  const said =
    powers.length > 0 ? `"${role}" ${powers.join(', ')}` : `"${role}" is an ordinary role that owns nothing`
  return { what: 'role', proven: powers.length === 0, said }
}

/** A right that the role has: granted to itself, or to everybody. */
interface HeldRight {
  readonly kind: 'table' | 'sequence' | 'schema' | 'database'
  readonly schema: string
  readonly name: string
  readonly column: string | null
  readonly privilege: string
  readonly everybody: boolean
  /** Whether it may be handed on to others. */
  readonly grantable: boolean
  /** Of a sequence: the tables whose rows it numbers. */
  readonly numbers: readonly string[]
}

/** What routes out of files need in the same database: `central sql --route` gives it. */
export interface RightsOfRoutes {
  readonly tables: readonly (Pick<TableRights, 'name' | 'read' | 'insert' | 'update'> & {
    readonly schema: string
  })[]
  readonly routines: readonly { readonly schema: string; readonly name: string }[]
}

const NO_ROUTES: RightsOfRoutes = { tables: [], routines: [] }

/** Every right that is more than `central sql` gives, with what takes it away. @throws DestinationError */
export async function proveRights(
  link: Link,
  tenant: Tenant,
  { schema, role, routes = NO_ROUTES }: RightsAsked,
): Promise<Proof> {
  const held = await reading(link, beginText(tenant), () => link.query<HeldRight>(HELD_RIGHTS, [schema]))
  const isNeeded = neededRights(tenant, schema, routes)
  const listed = await reading(link, beginText(tenant), () => link.query<OtherRight>(OTHER_RIGHTS))
  const others = { rows: listed.rows.filter((right) => !isCalled(right, role, routes)) }
  const excess = held.rows.filter((right) => right.grantable || !isNeeded(right))
  const what = 'rights'
  if (excess.length + others.rows.length === 0)
    return { what, proven: true, said: 'no DELETE, no TRUNCATE, no DDL, no passwords' }
  const revoked = excess.map((right) => (isNeeded(right) ? handingOn(right, role) : revocation(right, role)))
  const statements = [...new Set([...revoked, ...others.rows.map((right) => otherRevocation(right, role))])]
  const again = excess.some((right) => right.kind === 'table' && right.column === null) ? [AGAIN] : []
  const lines = ['it has more than it needs; have the DBA run', ...statements, ...again]
  return { what, proven: false, said: lines.join('\n    ') }
}

interface RightsAsked {
  /** That of the MES. */
  readonly schema: string
  readonly role: string
  readonly routes?: RightsOfRoutes | undefined
}

function isCalled({ kind, name }: OtherRight, role: string, { routines }: RightsOfRoutes): boolean {
  const isRoutine = GRANTED_ON[kind] === 'ROUTINE'
  const own = [...OWN_ROUTINES, machineFunction(role)].map((routine) => ({
    schema: OWN_SCHEMA,
    name: routine,
  }))
  return (
    isRoutine &&
    [...own, ...routines].some((one) =>
      name.startsWith(`${quotedAsNeeded(one.schema)}.${quotedAsNeeded(one.name)}(`),
    )
  )
}

/** Taking a right from a whole table takes it from the columns as well. */
const AGAIN = 'and then what `millrace central sql` prints'

/** What the role has by itself in any schema, and what everybody has in those of the MES and of the gateway. $1 is the former. */
const HELD_RIGHTS = `
  WITH held AS (
    SELECT c.oid, c.relnamespace, c.relname AS name, c.relkind, NULL::name AS "column", acl.*
    FROM pg_class c, aclexplode(c.relacl) acl
    UNION ALL
    SELECT c.oid, c.relnamespace, c.relname, c.relkind, a.attname, acl.*
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, aclexplode(a.attacl) acl)
  SELECT CASE held.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname::text AS schema, held.name::text,
    held."column"::text, held.privilege_type AS privilege, held.grantee = 0 AS everybody,
    held.is_grantable AS grantable,
    ARRAY(SELECT numbered.relname::text FROM pg_attrdef d
     JOIN pg_depend uses ON uses.classid = 'pg_attrdef'::regclass AND uses.objid = d.oid
       AND uses.refclassid = 'pg_class'::regclass AND uses.refobjid = held.oid
     JOIN pg_class numbered ON numbered.oid = d.adrelid AND numbered.relnamespace = held.relnamespace
     WHERE held.relkind = 'S') AS numbers
  FROM held JOIN pg_namespace n ON n.oid = held.relnamespace
  WHERE (held.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      OR held.grantee = 0 AND n.nspname IN ($1::name, '${OWN_SCHEMA}')
        -- What extensions bring for everybody is theirs.
        AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = held.oid AND e.deptype = 'e'))
    -- Chunks of hypertables take their rights from the hypertable.
    AND n.nspname NOT LIKE '\\_timescaledb%'
  UNION ALL
  SELECT 'schema', n.nspname, n.nspname, NULL, acl.privilege_type, acl.grantee = 0, acl.is_grantable, '{}'
  FROM pg_namespace n, aclexplode(n.nspacl) acl
  WHERE acl.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    OR acl.grantee = 0 AND n.nspname IN ($1::name, '${OWN_SCHEMA}')
  UNION ALL
  SELECT 'database', d.datname, d.datname, NULL, acl.privilege_type, acl.grantee = 0, acl.is_grantable, '{}'
  FROM pg_database d, aclexplode(d.datacl) acl
  WHERE d.datname = current_database()
    AND (acl.grantee = 0 OR acl.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user))
  ORDER BY 1, 2, 3, 4, 5`

/** A right of the role itself on what is no table, sequence, schema or database: it needs none. */
interface OtherRight {
  /** As the server calls it. */
  readonly kind: string
  /** Quoted where that is necessary. */
  readonly name: string
}

/** The server keeps a list of everything on which a role has been given rights. */
const OTHER_RIGHTS = `
  SELECT DISTINCT thing.type AS kind, thing.identity AS name
  FROM pg_shdepend d, LATERAL pg_identify_object(d.classid, d.objid, 0) AS thing
  WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    AND d.deptype = 'a' AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    AND d.classid NOT IN ('pg_class'::regclass, 'pg_namespace'::regclass, 'pg_database'::regclass)
  ORDER BY 1, 2`

/** What GRANT calls things, where that is not what else the server calls them. */
const GRANTED_ON: Readonly<Record<string, string>> = {
  function: 'ROUTINE',
  procedure: 'ROUTINE',
  aggregate: 'ROUTINE',
  server: 'FOREIGN SERVER',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
  'parameter ACL': 'PARAMETER',
}

function otherRevocation({ kind, name }: OtherRight, role: string): string {
  // Its name says of whom, where and on what: "for role x in schema y on tables".
  if (kind === 'default acl')
    return `ALTER DEFAULT PRIVILEGES ${name.replace(/ on (?=\w+$)/, ' REVOKE ALL ON ')} FROM ${quoteName(role)};`
  return `REVOKE ALL ON ${GRANTED_ON[kind] ?? kind.toUpperCase()} ${name} FROM ${quoteName(role)};`
}

function neededRights(
  { views, organizationId }: Tenant,
  schema: string,
  routes: RightsOfRoutes,
): (right: HeldRight) => boolean {
  const columns = new Set([
    ...OWN_RIGHTS.flatMap((rights) => columnRights(OWN_SCHEMA, rights.name, rights)),
    ...columnRights(OWN_SCHEMA, 'fleet', { read: FLEET_COLUMNS, insert: [], update: [] }),
    ...MES_RIGHTS.flatMap((rights) =>
      views.includes(rights.name)
        ? columnRights(OWN_SCHEMA, `${rights.name}_${organizationId}`, rights)
        : columnRights(schema, rights.name, rights),
    ),
    ...routes.tables.flatMap((rights) =>
      rights.schema === schema && views.includes(rights.name)
        ? columnRights(OWN_SCHEMA, `${rights.name}_${organizationId}`, rights)
        : columnRights(rights.schema, rights.name, rights),
    ),
  ])
  const numbered = [...MES_RIGHTS, ...routes.tables]
    .filter(({ insert }) => insert.length > 0)
    .map(({ name }) => name)
  return (right) => {
    if (right.kind === 'database') return right.privilege !== 'CREATE'
    if (right.kind === 'schema') return right.privilege === 'USAGE'
    if (right.kind === 'sequence')
      return right.privilege === 'USAGE' && right.numbers.some((table) => numbered.includes(table))
    return columns.has(keyOf(right.schema, right.name, right.column, right.privilege))
  }
}

function columnRights(
  schema: string,
  name: string,
  { read, insert, update }: Pick<TableRights, 'read' | 'insert' | 'update'>,
): readonly string[] {
  const of = (privilege: string, columns: readonly string[]) =>
    columns.map((column) => keyOf(schema, name, column, privilege))
  return [...of('SELECT', read), ...of('INSERT', insert), ...of('UPDATE', update)]
}

function keyOf(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts)
}

function revocation(right: HeldRight, role: string): string {
  return `REVOKE ${rightText(right)} FROM ${right.everybody ? 'PUBLIC' : quoteName(role)};`
}

/** The right stays. CASCADE takes it from whomever the role has given it to. */
function handingOn(right: HeldRight, role: string): string {
  return `REVOKE GRANT OPTION FOR ${rightText(right)} FROM ${quoteName(role)} CASCADE;`
}

function rightText({ kind, schema, name, column, privilege }: HeldRight): string {
  const named =
    kind === 'schema' || kind === 'database' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`
  const what = column === null ? privilege : `${privilege} (${quoteName(column)})`
  return `${what} ON ${kind.toUpperCase()} ${named}`
}
