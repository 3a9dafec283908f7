/** Tries to reach other tenants' rows in every way that the role has, and expects to fail. */
import { DestinationError } from '../../domain/errors.ts'
import type { Link } from '../../postgres/link.ts'
import type { Proof } from './proof.ts'
import { mesSchema } from './schema.ts'
import { MES_TABLES } from './tables/index.ts'
import type { MesTable } from './tables/table.ts'
import { beginText, type Tenant } from './tenant.ts'

/** Tables that the gateway only reads, or only keeps current. */
const REFERENCE_TABLES: readonly string[] = [
  'plants',
  'users',
  'user_plant_access',
  'shifts',
  'work_orders',
  'materials',
  'shipments',
  'barcode_labels',
  'machines',
  'qr_code_scans',
]
const READ: readonly string[] = [...REFERENCE_TABLES, ...MES_TABLES.map(({ name }) => name)]

/** A value of each type; policies and triggers refuse the row before anybody looks at it. */
const ANY_VALUE = { int: '0', text: '$$check$$', timestamptz: 'now()' } as const

/** Rows looked at in a table: one that shows a foreign row is enough, and these tables are large. */
const SAMPLE_ROWS = 1_000

/**
 * Two proofs, one of reading and one of writing. It works in a transaction that is rolled back.
 * @throws DestinationError when the link breaks
 */
export async function proveIsolation(link: Link, tenant: Tenant, schema: string): Promise<readonly Proof[]> {
  const own = tenant.organizationId
  // The client may set any tenant that it likes; the server must not care.
  const other = { ...tenant, organizationId: own + 1 }
  await link.script(beginText(other))
  const unbound = await unboundTables(link, schema)
  const readable = await foreignRowsIn(link, schema, own)
  const writable: string[] = []
  for (const [table, statement] of foreignWrites(schema, other.organizationId)) {
    if (!(await isRefused(link, statement))) writable.push(table)
  }
  await link.script('ROLLBACK')
  return [readProof(readable, unbound), writeProof(writable, unbound)]
}

/** By table, a statement that gives a row to a tenant, or changes one of its: each must be refused, or find nothing. */
function foreignWrites(schema: string, tenant: number): readonly (readonly [string, string])[] {
  const mes = mesSchema(schema)
  const insert = ({ name, columns }: MesTable) =>
    `INSERT INTO ${mes.table(name)} (organization_id, ${columns.map((column) => column.name).join(', ')})
     VALUES (${tenant}, ${columns.map(({ type }) => ANY_VALUE[type]).join(', ')})`
  const touch = `UPDATE ${mes.machines} SET updated_at = now() WHERE organization_id = ${tenant}`
  return [...MES_TABLES.map((table) => [table.name, insert(table)] as const), ['machines', touch]]
}

/** Tables in which no policy binds this role to its organization. */
interface Unbound {
  /** Without row-level security at all: compressed hypertables cannot have it. */
  readonly open: readonly string[]
  /** With row-level security, but not bound for this role. */
  readonly loose: readonly string[]
}

async function unboundTables(link: Link, schema: string): Promise<Unbound> {
  const { rows } = await link.query<{ name: string; secured: boolean }>(
    `SELECT c.relname AS name, c.relrowsecurity AS secured
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = ANY ($2) AND NOT (c.relrowsecurity AND EXISTS (
       SELECT FROM pg_policies p WHERE p.schemaname = $1 AND p.tablename = c.relname
         AND p.permissive = 'RESTRICTIVE' AND current_user = ANY (p.roles)))`,
    [schema, READ],
  )
  return {
    open: rows.filter(({ secured }) => !secured).map(({ name }) => name),
    loose: rows.filter(({ secured }) => secured).map(({ name }) => name),
  }
}

async function foreignRowsIn(link: Link, schema: string, own: number): Promise<readonly string[]> {
  const samples = READ.map(
    (table) =>
      `SELECT '${table}' AS name WHERE EXISTS (SELECT FROM
         (SELECT organization_id FROM ${mesSchema(schema).table(table)} LIMIT ${SAMPLE_ROWS}) AS sample
         WHERE organization_id <> $1)`,
  )
  const { rows } = await link.query<{ name: string }>(samples.join(' UNION ALL '), [own])
  return rows.map(({ name }) => name)
}

async function isRefused(link: Link, statement: string): Promise<boolean> {
  await link.script('SAVEPOINT attempt')
  try {
    const [done] = await link.script(statement)
    return done?.rowCount === 0
  } catch (error) {
    if (!(error instanceof DestinationError) || error.sqlstate === null) throw error
    return error.sqlstate === '42501'
  } finally {
    await link.script('ROLLBACK TO SAVEPOINT attempt')
  }
}

function readProof(readable: readonly string[], { open, loose }: Unbound): Proof {
  const what = "others' rows: reading"
  const foreign = readable.filter((table) => !open.includes(table))
  const faults = [...new Set([...foreign, ...loose])]
  if (faults.length > 0) return { what, proven: false, said: `not kept from ${faults.join(', ')}; ${REMEDY}` }
  if (open.length === 0)
    return { what, proven: true, said: 'none to be seen, whatever tenant the session sets' }
  return {
    what,
    proven: true,
    said: `none to be seen in tables with row-level security; ${open.join(', ')} cannot have it`,
  }
}

function writeProof(writable: readonly string[], { open }: Unbound): Proof {
  const what = "others' rows: writing"
  if (writable.length > 0)
    return { what, proven: false, said: `possible in ${writable.join(', ')}; ${REMEDY}` }
  const how = open.length > 0 ? 'refused by policies and triggers' : 'refused by policies'
  return { what, proven: true, said: how }
}

const REMEDY = 'have the DBA run what `millrace central sql` prints'
