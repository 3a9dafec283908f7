/** The one statement that looks codes up, and the stretches of rows of their machines. */
import { escapeLiteral } from 'pg'
import type { Repertoire } from '../../postgres/encoding.ts'
import type { MesSchema } from './schema.ts'
import type { TableAccess } from './table-access.ts'
import type { CodeKind } from './tables/table.ts'
import { timeText } from './time-text.ts'

/** Whose rows are looked for, and where that can be done. */
export interface CodeOwner {
  readonly organizationId: number
  readonly gateway: string
  readonly repertoire: Repertoire
  readonly access: TableAccess
}

/** In the order of their lists. */
export const CODE_KINDS: readonly CodeKind[] = ['machine', 'work order', 'plant', 'person']

/** Where the codes of a kind stand. */
interface CodeSource {
  readonly kind: CodeKind
  readonly table: string
  readonly column: string
  /** Whether a site may lack it. */
  readonly isOptional?: boolean
  /** Only for codes that the first source of the kind, this one, does not know. What several rows have is nobody's. */
  readonly behind?: CodeSource
}

const ORDERS: CodeSource = { kind: 'work order', table: 'work_orders', column: 'work_order_number' }
/** An order may be scanned by the number that the ERP has given it. */
const ORDERS_OF_ERP: CodeSource = {
  ...ORDERS,
  column: 'sap_production_order',
  isOptional: true,
  behind: ORDERS,
}

/** Every place where codes are looked up. */
export const CODE_SOURCES: readonly CodeSource[] = [
  { kind: 'machine', table: 'machines', column: 'machine_code' },
  ORDERS,
  { kind: 'plant', table: 'plants', column: 'code' },
  ORDERS_OF_ERP,
  // Here the code is the id: it is looked for to know that it is one of this organization.
  { kind: 'person', table: 'users', column: 'id', isOptional: true },
]

/**
 * A server that lacks some characters cannot be asked for a code with them. All of its own can be compared as bytes of UTF8.
 * @param isUnicode whether it lacks none
 */
export function isAskedAsText(kind: CodeKind, isUnicode: boolean): boolean {
  return isUnicode || kind === 'person'
}

/**
 * @param kinds those of which there are codes: the server plans each part of the statement anew for every batch
 * @param list the codes of a kind, as SQL
 */
export function codesText(
  schema: MesSchema,
  owner: CodeOwner,
  kinds: readonly CodeKind[],
  list: (kind: CodeKind) => string,
): string {
  const { organizationId, access } = owner
  const isUnicode = owner.repertoire === 'unicode'
  const isAmong = (column: string, kind: CodeKind) => {
    if (kind === 'person') return `${column} = ANY (${list(kind)}::text[]::int[])`
    const asText = isAskedAsText(kind, isUnicode)
    return `${asText ? column : `convert_to(${column}, 'UTF8')`} = ANY (${list(kind)}::${asText ? 'text' : 'bytea'}[])`
  }
  const rowsOf = ({ kind, table, column }: CodeSource) =>
    `FROM ${schema.table(table)} WHERE organization_id = ${organizationId} AND ${isAmong(column, kind)}`
  const firstOnly = (source: CodeSource) =>
    `SELECT '${source.kind}' AS kind, false AS "isSecond", ${source.column}::text AS code, id, ${NO_STRETCH} ${rowsOf(source)}`
  // Asked only where the first source lacks something: a site may have no index for it.
  const second = (source: CodeSource, first: CodeSource) =>
    `SELECT '${source.kind}', true, ${source.column}::text, min(id), ${NO_STRETCH} ${rowsOf(source)}
      AND (SELECT count(*) ${rowsOf(first)}) < cardinality(${list(source.kind)}::${isUnicode ? 'text' : 'bytea'}[])
      GROUP BY ${source.column} HAVING count(*) = 1`
  const present = CODE_SOURCES.filter(
    ({ kind, table, column, isOptional }) =>
      kinds.includes(kind) && (!isOptional || access.reads(table, 'organization_id', 'id', column)),
  ).map((source) => (source.behind ? second(source, source.behind) : firstOnly(source)))
  return [...present, stretchesText(schema, owner, isAmong)].join(' UNION ALL ')
}

const NO_STRETCH =
  'NULL::text AS "from", NULL::text AS "calledNow", NULL::boolean AS "goesOn", NULL::boolean AS "isStale"'

function stretchesText(
  { machines }: MesSchema,
  { organizationId, gateway }: CodeOwner,
  isAmong: (column: string, kind: CodeKind) => string,
): string {
  const own = (name: string) =>
    `${name}.organization_id = ${organizationId} AND ${name}.gateway_id = ${escapeLiteral(gateway)}`
  // What somebody has renamed a machine to is only read, and without an encoding it may be bytes that nobody can.
  const calledNow = `CASE WHEN m.machine_code <> s.machine_code AND getdatabaseencoding() = 'SQL_ASCII'
      THEN encode(convert_to(m.machine_code, 'SQL_ASCII'), 'escape') ELSE m.machine_code END`
  // With the limit each machine is looked up by its id. A planner without statistics would rather read all of them for each stretch.
  const machine = `SELECT machine_code FROM ${machines} WHERE organization_id = ${organizationId} AND id = s.machine_id LIMIT 1`
  return `SELECT 'stretch', false, s.machine_code, s.machine_id, ${timeText('s.rows_from')}, ${calledNow},
        EXISTS (SELECT FROM edge_gateway.machine l WHERE ${own('l')} AND l.machine_id = s.machine_id
          AND l.machine_code = m.machine_code AND l.rows_from > s.rows_from),
        s.last_at < now() - interval '1 minute'
      FROM edge_gateway.machine s CROSS JOIN LATERAL (${machine}) m
      WHERE ${own('s')} AND ${isAmong('s.machine_code', 'machine')}`
}
