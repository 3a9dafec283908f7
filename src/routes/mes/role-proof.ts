/** Proves of the gateway's role that it may not do more than it must. That it may do enough is proven by writing. */
import type { Link } from '../../postgres/link.ts'
import { reading } from '../../postgres/transaction.ts'
import type { Proof } from './proof.ts'
import { MES_RIGHTS, OWN_RIGHTS, type TableRights } from './rights.ts'
import { quoteName } from './schema.ts'
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
  /** Of a sequence: the tables whose rows it numbers. */
  readonly numbers: readonly string[]
}

/** Every right that is more than `central sql` gives, with what takes it away. @throws DestinationError */
export async function proveRights(link: Link, tenant: Tenant, schema: string, role: string): Promise<Proof> {
  const held = await reading(link, beginText(tenant), () => link.query<HeldRight>(HELD_RIGHTS, [schema]))
  const isNeeded = neededRights(tenant, schema)
  const excess = held.rows.filter((right) => !isNeeded(right))
  const what = 'rights'
  if (excess.length === 0) return { what, proven: true, said: 'no DELETE, no TRUNCATE, no DDL, no passwords' }
  const statements = [...new Set(excess.map((right) => revocation(right, role)))]
  const again = excess.some(({ kind, column }) => kind === 'table' && column === null) ? [AGAIN] : []
  const lines = ['it has more than it needs; have the DBA run', ...statements, ...again]
  return { what, proven: false, said: lines.join('\n    ') }
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
    ARRAY(SELECT numbered.relname::text FROM pg_attrdef d
     JOIN pg_depend uses ON uses.classid = 'pg_attrdef'::regclass AND uses.objid = d.oid
       AND uses.refclassid = 'pg_class'::regclass AND uses.refobjid = held.oid
     JOIN pg_class numbered ON numbered.oid = d.adrelid AND numbered.relnamespace = held.relnamespace
     WHERE held.relkind = 'S') AS numbers
  FROM held JOIN pg_namespace n ON n.oid = held.relnamespace
  WHERE (held.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user)
      OR held.grantee = 0 AND n.nspname IN ($1::name, '${OWN_SCHEMA}'))
    -- What extensions bring is theirs; chunks of hypertables take their rights from the hypertable.
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = held.oid AND e.deptype = 'e')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE '\\_timescaledb%'
  UNION ALL
  SELECT 'schema', n.nspname, n.nspname, NULL, acl.privilege_type, acl.grantee = 0, '{}'
  FROM pg_namespace n, aclexplode(n.nspacl) acl
  WHERE acl.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    OR acl.grantee = 0 AND n.nspname IN ($1::name, '${OWN_SCHEMA}')
  UNION ALL
  SELECT 'database', d.datname, d.datname, NULL, acl.privilege_type, acl.grantee = 0, '{}'
  FROM pg_database d, aclexplode(d.datacl) acl
  WHERE d.datname = current_database()
    AND (acl.grantee = 0 OR acl.grantee = (SELECT oid FROM pg_roles WHERE rolname = current_user))
  ORDER BY 1, 2, 3, 4, 5`

function neededRights({ views, organizationId }: Tenant, schema: string): (right: HeldRight) => boolean {
  const columns = new Set([
    ...OWN_RIGHTS.flatMap((rights) => columnRights(OWN_SCHEMA, rights.name, rights)),
    ...MES_RIGHTS.flatMap((rights) =>
      views.includes(rights.name)
        ? columnRights(OWN_SCHEMA, `${rights.name}_${organizationId}`, rights)
        : columnRights(schema, rights.name, rights),
    ),
  ])
  const numbered = MES_RIGHTS.filter(({ insert }) => insert.length > 0).map(({ name }) => name)
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
  { read, insert, update }: TableRights,
): readonly string[] {
  const of = (privilege: string, columns: readonly string[]) =>
    columns.map((column) => keyOf(schema, name, column, privilege))
  return [...of('SELECT', read), ...of('INSERT', insert), ...of('UPDATE', update)]
}

function keyOf(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts)
}

function revocation({ kind, schema, name, column, privilege, everybody }: HeldRight, role: string): string {
  const named =
    kind === 'schema' || kind === 'database' ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`
  const what = column === null ? privilege : `${privilege} (${quoteName(column)})`
  return `REVOKE ${what} ON ${kind.toUpperCase()} ${named} FROM ${everybody ? 'PUBLIC' : quoteName(role)};`
}
