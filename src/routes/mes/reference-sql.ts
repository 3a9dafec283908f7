/**
 * What is asked of central for each kind of reference data. A column that a site lacks is left out of the question; without one
 * that it needs, the kind is one that the site lacks.
 */
import { escapeLiteral } from 'pg'
import { LOOKUP_COLUMNS, type LookupTable, REFERENCE_TYPES } from '../../domain/master-data.ts'
import type { ReferenceKind } from '../../domain/reference-data.ts'
import type { MesSchema } from './schema.ts'
import type { TableAccess } from './table-access.ts'
import type { Tenant } from './tenant.ts'

/** Every table that reference data is read from. */
export const REFERENCE_TABLES = [
  'users',
  'user_plant_access',
  'shifts',
  'machines',
  'barcode_labels',
  'work_orders',
  'materials',
  'shipments',
]

/** Where to ask. */
export interface AskedCentral {
  readonly schema: MesSchema
  readonly tenant: Pick<Tenant, 'organizationId' | 'plantId'>
  readonly access: TableAccess
  /** The name of this gateway's stream. */
  readonly gateway: string
}

/** What is UTF-8, as bytes: a database without an encoding (SQL_ASCII) may hold others, of which one would fail the whole page. */
const UTF8 =
  '^([\\x01-\\x7f]|[\\xc2-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3})*$'

/** A column as text; NULL where nobody can read it. */
function textOf(column: string): string {
  return `CASE WHEN getdatabaseencoding() <> 'SQL_ASCII' OR ${column}::text ~ '${UTF8}' THEN ${column}::text END`
}

/** What to select of a table, which is `t`. */
interface Question {
  readonly table: string
  /** Without these, the site lacks the kind. */
  readonly needs: readonly string[]
  readonly fields: string
  readonly conditions: readonly string[]
}

/** The newest rows first. $1: only rows with a lower id; $2: the most rows; $3: see `recentText`. Undefined where the site lacks the kind. */
export function referenceText(asked: AskedCentral, kind: ReferenceKind): string | undefined {
  const { schema, tenant, access } = asked
  const { table, needs, fields, conditions } = questionOf(asked, kind)
  if (!access.reads(table, 'id', 'organization_id', ...needs)) return undefined
  const where = [`t.organization_id = ${tenant.organizationId}`, 't.id < $1::bigint', ...conditions]
  return `SELECT t.id AS key, ${fields} FROM ${schema.table(table)} t
    WHERE ${where.join(' AND ')} ORDER BY t.id DESC LIMIT $2`
}

function questionOf(asked: AskedCentral, kind: ReferenceKind): Question {
  if (kind === 'users') return usersOf(asked)
  if (kind === 'shifts') return shiftsOf(asked)
  if (kind === 'machines') return machinesOf(asked)
  return kind === 'barcode_labels' ? labelsOf(asked) : rowsOf(asked, kind)
}

function usersOf(asked: AskedCentral): Question {
  return {
    table: 'users',
    needs: ['employee_code'],
    fields: `t.id, ${textOf('t.employee_code')} AS "employeeCode"`,
    conditions: [`${textOf('t.employee_code')} <> ''`, ...isActive(asked, 'users'), ...mayWorkHere(asked)],
  }
}

/** Somebody for whom no plant is named may work in all of them. */
function mayWorkHere({ schema, tenant, access }: AskedCentral): readonly string[] {
  if (!access.has('user_plant_access')) return []
  const { organizationId, plantId } = tenant
  const own = `SELECT FROM ${schema.table('user_plant_access')} a WHERE a.organization_id = ${organizationId} AND a.user_id = t.id`
  const rights = ['can_read', 'can_write'].filter((right) => access.reads('user_plant_access', right))
  const granted = rights.length === 0 ? '' : ` AND (${rights.map((right) => `a.${right}`).join(' OR ')})`
  return [`(NOT EXISTS (${own}) OR EXISTS (${own} AND a.plant_id = ${plantId}${granted}))`]
}

function shiftsOf(asked: AskedCentral): Question {
  const days = asked.access.reads('shifts', 'active_days')
    ? 'ARRAY(SELECT lower(btrim(day)) FROM unnest(t.active_days) AS day WHERE day IS NOT NULL)'
    : `'{}'::text[]`
  return {
    table: 'shifts',
    needs: ['plant_id', 'name', 'start_time', 'end_time'],
    fields: `${textOf('t.name')} AS name, left(t.start_time::text, 8) AS start, left(t.end_time::text, 8) AS "end", ${days} AS days`,
    conditions: [
      `t.plant_id = ${asked.tenant.plantId}`,
      't.start_time IS NOT NULL AND t.end_time IS NOT NULL',
      ...isActive(asked, 'shifts'),
    ],
  }
}

/** A machine of which nobody says that it is inactive is active. Beside its status: what this gateway said there last. */
function machinesOf({ schema, access, tenant, gateway }: AskedCentral): Question {
  const active = access.reads('machines', 'is_active') ? 'coalesce(t.is_active, true)' : 'true'
  const name = access.reads('machines', 'name') ? textOf('t.name') : 'NULL::text'
  const known = `FROM edge_gateway.machine k WHERE k.organization_id = ${tenant.organizationId}
    AND k.gateway_id = ${escapeLiteral(gateway)} AND k.machine_id = t.id`
  // Where another gateway writes rows of it too, nobody knows who said what.
  const newer = `SELECT FROM ${schema.table('machine_status_history')} h
    WHERE h.organization_id = ${tenant.organizationId} AND h.machine_id = t.id AND h.changed_at > k.said_for`
  const said = `(SELECT json_build_object('status', k.said_status, 'rowMs', round(extract(epoch FROM k.said_for) * 1000)::float8)
    ${known} AND k.said_status IS NOT NULL AND k.said_for IS NOT NULL
    AND NOT EXISTS (${newer}) ORDER BY k.rows_from DESC LIMIT 1)`
  return {
    table: 'machines',
    needs: ['machine_code', 'status', 'plant_id'],
    fields: `${textOf('t.machine_code')} AS code, ${name} AS name, t.plant_id = ${tenant.plantId} AS "isHere",
      t.status::text AS status, ${active} AS "isActive", ${said} AS said`,
    conditions: [`${textOf('t.machine_code')} IS NOT NULL`],
  }
}

/** The column with the code that people call a row by. */
const MAIN_CODES = {
  work_orders: 'work_order_number',
  materials: 'material_code',
  shipments: 'shipment_number',
} as const

/** States in which a row is not in use any more. */
const CLOSED = `('completed', 'cancelled', 'canceled', 'closed', 'delivered')`
/** Among so many of the newest rows, closed ones are known too: a station refuses an order that it knows to be closed. */
const RECENT_ROWS = 10_000
const IS_OPEN_OR_RECENT = `(t.status IS NULL OR t.status::text NOT IN ${CLOSED} OR t.id >= $3::bigint)`

function rowsOf(asked: AskedCentral, table: keyof typeof MAIN_CODES): Question {
  const hasState = table !== 'materials' && asked.access.reads(table, 'status')
  const state = hasState ? 't.status::text' : 'NULL::text'
  return {
    table,
    needs: [MAIN_CODES[table]],
    fields: `t.id, ${codesOf(asked, table)} AS codes, '${REFERENCE_TYPES[table]}' AS type,
      ${textOf(`t.${MAIN_CODES[table]}`)} AS code, ${state} AS state`,
    conditions: [...isActive(asked, table), ...(hasState ? [IS_OPEN_OR_RECENT] : [])],
  }
}

/** Asks for the id from which on closed rows are known too: $3 of the text. Undefined where rows are not closed. */
export function recentText(asked: AskedCentral, kind: ReferenceKind): string | undefined {
  const { schema, tenant, access } = asked
  if (kind !== 'work_orders' && kind !== 'shipments') return undefined
  if (!access.reads(kind, 'status')) return undefined
  return `SELECT t.id FROM ${schema.table(kind)} t WHERE t.organization_id = ${tenant.organizationId}
    ORDER BY t.id DESC OFFSET ${RECENT_ROWS - 1} LIMIT 1`
}

/** A label stands for the row that it was printed for. */
function labelsOf(asked: AskedCentral): Question {
  return {
    table: 'barcode_labels',
    needs: ['barcode_data', 'reference_type', 'reference_id'],
    fields: `t.reference_id AS id, ${codesOf(asked, 'barcode_labels')} AS codes, t.reference_type::text AS type,
      ${ofLabelled(asked, (table) => textOf(`r.${MAIN_CODES[table]}`), 'NULL::text')} AS code, NULL::text AS state`,
    conditions: [IS_OF_SOMETHING, labelIsOurs(asked), ...notOfPeople(asked)],
  }
}

const IS_OF_SOMETHING = 't.reference_type IS NOT NULL AND t.reference_id IS NOT NULL'

/** What labels of people are called: those are badges, and may lie on no gateway. */
const PEOPLE = `('user', 'users', 'employee', 'employees', 'operator', 'operators', 'person', 'people', 'badge', 'badges')`

function notOfPeople({ schema, tenant, access }: AskedCentral): readonly string[] {
  const words = ['reference_type', 'label_type'].filter((column) => access.reads('barcode_labels', column))
  const named = words.map((column) => `coalesce(lower(t.${column}::text), '') NOT IN ${PEOPLE}`)
  if (!access.reads('users', 'organization_id', 'employee_code')) return named
  const users = `SELECT FROM ${schema.table('users')} u WHERE u.organization_id = ${tenant.organizationId}`
  return [...named, `NOT EXISTS (${users} AND u.employee_code::text = t.barcode_data::text)`]
}

/** Whether the row that label `t` was printed for is of this organization: as far as can be known, for it may be of any table. */
export function labelIsOurs(
  asked: Omit<AskedCentral, 'tenant' | 'gateway'> & { readonly tenant: Pick<Tenant, 'organizationId'> },
): string {
  return `coalesce(${ofLabelled(asked, () => 'true', 'true')}, false)`
}

/** Something of the row that label `t` was printed for; NULL where there is none. @param otherwise of rows of other tables */
function ofLabelled(
  { schema, tenant, access }: Parameters<typeof labelIsOurs>[0],
  wanted: (table: keyof typeof MAIN_CODES) => string,
  otherwise: string,
): string {
  const cases = (Object.keys(MAIN_CODES) as readonly (keyof typeof MAIN_CODES)[])
    .filter((table) => access.reads(table, 'id', 'organization_id', MAIN_CODES[table]))
    .map(
      (table) => `WHEN '${REFERENCE_TYPES[table]}' THEN (SELECT ${wanted(table)} FROM ${schema.table(table)} r
        WHERE r.organization_id = ${tenant.organizationId} AND r.id = t.reference_id)`,
    )
  return cases.length === 0 ? otherwise : `CASE t.reference_type ${cases.join(' ')} ELSE ${otherwise} END`
}

/** By column; JSON leaves no doubt about which one a code stands in. */
function codesOf({ access }: AskedCentral, table: LookupTable): string {
  const columns = LOOKUP_COLUMNS[table].filter((column) => access.reads(table, column))
  const pairs = columns.map((column) => `'${column}', nullif(${textOf(`t.${column}`)}, '')`)
  return `json_strip_nulls(json_build_object(${pairs.join(', ')}))`
}

/** The MES's own indexes count a row as active only where it says so. */
function isActive({ access }: AskedCentral, table: string): readonly string[] {
  return access.reads(table, 'is_active') ? ['t.is_active'] : []
}
