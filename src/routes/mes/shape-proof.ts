/**
 * Looks at how each table keeps the role to its organization: by policies, or by a view where the table has no row-level
 * security. Which of the two a site has is its shape: A is plain tables with row-level security, B tables without it, such as
 * compressed hypertables, behind views, and C hypertables with row-level security.
 */
import type { Link } from '../../postgres/link.ts'
import { quoteName } from '../../postgres/names.ts'
import type { Proof } from './proof.ts'
import { MES_RIGHTS, OWN_RIGHTS } from './rights.ts'
import type { Tenant } from './tenant.ts'

/** A table of the MES that is there, and what stands between it and the role. */
export interface KeptTable {
  readonly name: string
  readonly columns: readonly string[]
  /** Whether it has row-level security. */
  readonly secured: boolean
  /** Whether a restrictive policy binds this role to its organization. */
  readonly bound: boolean
  /** Whether there is a view of the organization's rows that neither shows nor takes others. */
  readonly viewed: boolean
}

/**
 * Whether a policy of table `c` keeps this role to organization $1 by what it says, and not by its name alone. Where it says more,
 * that comes after an AND, so it lets in less.
 */
const BOUND = `EXISTS (SELECT FROM pg_policy p,
    LATERAL (SELECT format('(organization_id = %s)', $1::int) AS own_rows, pg_get_expr(p.polqual, p.polrelid) AS shown,
      coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) AS taken) AS says
    WHERE p.polrelid = c.oid AND NOT p.polpermissive AND p.polcmd = '*'
      AND (SELECT oid FROM pg_roles WHERE rolname = current_user) = ANY (p.polroles)
      AND shown = own_rows AND (taken = own_rows OR starts_with(taken, '(' || own_rows || ' AND ')))`

/** The tables that the gateway knows, as far as the site has them. Within a transaction. @throws DestinationError */
export async function keptTables(link: Link, tenant: Tenant, schema: string): Promise<readonly KeptTable[]> {
  const { rows } = await link.query<KeptTable>(
    `SELECT c.relname::text AS name, c.relrowsecurity AS secured,
       ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
       ${BOUND} AS bound,
       c.relname = ANY ($2::name[]) AND EXISTS (
         SELECT FROM pg_class v JOIN pg_namespace own ON own.oid = v.relnamespace
         WHERE own.nspname = 'edge_gateway' AND v.relkind = 'v' AND v.relname = c.relname || '_' || $1::int
           AND v.reloptions @> ARRAY['security_barrier=true', 'check_option=cascaded']
           AND pg_get_viewdef(v.oid) ~ replace(
             ' WHERE (\\(own_rows\\);$|\\(\\(own_rows\\) AND )', 'own_rows', '([a-z_]+\\.)?organization_id = ' || $1::int)) AS viewed
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $3::name AND c.relkind IN ('r', 'p') AND c.relname = ANY ($4::name[])
       AND EXISTS (SELECT FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped)
     ORDER BY name`,
    [tenant.organizationId, tenant.views, schema, MES_RIGHTS.map(({ name }) => name)],
  )
  return rows
}

/** The gateway's own tables as far as they lie open: the role could see and move what gateways of other organizations left there. */
async function openOwnTables(link: Link, { organizationId }: Tenant): Promise<readonly string[]> {
  const { rows } = await link.query<{ readonly name: string }>(
    `SELECT 'edge_gateway.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'edge_gateway' AND c.relkind IN ('r', 'p') AND c.relname = ANY ($2::name[])
       -- Of a later version than this role was let in with: it has no right there.
       AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE')
       AND NOT (c.relrowsecurity AND ${BOUND}) ORDER BY 1`,
    [organizationId, OWN_RIGHTS.map(({ name }) => name)],
  )
  return rows.map(({ name }) => name)
}

/** Which shape the site has, and that no table of it lies open. @throws DestinationError */
export async function proveShape(
  link: Link,
  tenant: Tenant,
  schema: string,
  tables: readonly KeptTable[],
): Promise<Proof> {
  const what = 'shape'
  const open = tables.filter(({ secured, viewed }) => !secured && !viewed)
  const loose = tables.filter(({ secured, viewed, bound }) => secured && !viewed && !bound)
  const ownOpen = await openOwnTables(link, tenant)
  const faults = [
    ...open.map(
      ({ name }) => `${name} has no row-level security, and no view keeps this role to its organization`,
    ),
    ...loose.map(({ name }) => `no policy binds this role in ${name}`),
    ...ownOpen.map((name) => `nothing keeps this role to its organization in ${name}`),
  ]
  if (faults.length > 0)
    return { what, proven: false, said: [...faults, ...remedies(schema, open)].join('; ') }
  const hypertables = await hypertablesIn(link, schema)
  return { what, proven: true, said: shapeText(tables, hypertables) }
}

/** A compressed hypertable cannot have row-level security: for such a table the view is the only way. */
function remedies(schema: string, open: readonly KeptTable[]): readonly string[] {
  const secure = open.map(
    ({ name }) => `ALTER TABLE ${quoteName(schema)}.${quoteName(name)} ENABLE ROW LEVEL SECURITY;`,
  )
  const first = secure.length === 0 ? [] : [`where it was switched off by mistake: ${secure.join(' ')}`]
  return [...first, 'have the DBA run what `millrace central sql` prints']
}

async function hypertablesIn(link: Link, schema: string): Promise<readonly string[]> {
  const { rows: known } = await link.query(
    `SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'timescaledb_information' AND c.relname = 'hypertables'`,
  )
  if (known.length === 0) return []
  const { rows } = await link.query<{ name: string }>(
    `SELECT hypertable_name::text AS name FROM timescaledb_information.hypertables WHERE hypertable_schema = $1::name`,
    [schema],
  )
  return rows.map(({ name }) => name)
}

function shapeText(tables: readonly KeptTable[], hypertables: readonly string[]): string {
  const viewed = tables.filter((table) => table.viewed).map(({ name }) => name)
  const secured = tables.length - viewed.length
  const without = MES_RIGHTS.filter(({ name }) => !tables.some((table) => table.name === name))
  const lacking = without.length === 0 ? '' : `; without ${without.map(({ name }) => name).join(', ')}`
  const rest = `row-level security on ${secured} ${secured === 1 ? 'table' : 'tables'}${lacking}`
  if (viewed.length > 0) return `B: behind views ${viewed.join(', ')}; ${rest}`
  const timed = tables.filter(({ name }) => hypertables.includes(name)).map(({ name }) => name)
  return timed.length > 0 ? `C: ${rest}, of which ${timed.join(', ')} are hypertables` : `A: ${rest}`
}
