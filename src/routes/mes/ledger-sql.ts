/** Questions about rows of the MES that were written. In all of them $1 is the organization. */
import { escapeLiteral } from 'pg'
import type { CellValue } from '../../postgres/table-writer.ts'
import { placeText, spansText } from './places-sql.ts'
import type { MesSchema } from './schema.ts'
import type { TableAccess } from './table-access.ts'
import { columnsOf, isMachineTable, type MesColumn, type MesRow, type MesTable } from './tables/table.ts'
import { timeText } from './time-text.ts'

/** Whose rows they are, and what may be read. */
export interface Written {
  readonly schema: MesSchema
  readonly gateway: string
  readonly access: TableAccess
}

/** The field of a row with the number that the ERP has given its work order: it may have been asked for by either. */
export const ERP_ORDER = 'erpOrder'

/** Every code that a row may be asked for by, of now and of before. $1 is the organization. */
export function knownCodesText({ schema, gateway }: Written): string {
  return `SELECT machine_code AS machine FROM ${schema.machines} WHERE organization_id = $1
    UNION SELECT machine_code FROM edge_gateway.machine
    WHERE organization_id = $1 AND gateway_id = ${escapeLiteral(gateway)}`
}

/** $1 is the organization, $2 the machines' codes. */
export function latestText(written: Written, table: MesTable): string {
  const { schema } = written
  const time = timeColumn(table)
  const columns = table.columns
    .filter(
      ({ name, code, optional }) =>
        code !== 'machine' && (!optional || written.access.reads(table.name, name)),
    )
    .map(({ name }) => name)
  return `SELECT DISTINCT ON (k.machine) ${shownColumns(written, table)} FROM unnest($2::text[]) AS k (machine)
    CROSS JOIN LATERAL (${spansText(written, 'k.machine')}) AS span
    CROSS JOIN LATERAL (
      SELECT ${columns.join(', ')} FROM ${schema.table(table.name)}
      WHERE organization_id = $1 AND machine_id = span.machine_id AND (span.until IS NULL OR ${time} < span.until)
      ORDER BY ${time} DESC LIMIT 1) t
    ${workOrderJoin(written, table)}
    ORDER BY k.machine, t.${time} DESC`
}

/** $1 is the organization, then a list for each column of the key, then the bounds of the time. */
export function byKeyText(written: Written, table: MesTable): string {
  const { schema } = written
  const key = columnsOf(table, 'key')
  const time = timeColumn(table)
  const lists = key.map((column, index) => `$${index + 2}::${keyType(column)}[]`)
  const at = `k."${key.at(-1)?.field}"`
  const matches = key.map(({ name, field, code, derived }) => {
    const hasCode = (column: string) => `${column} = k."${field}"`
    if (derived) return hasCode(`convert_to(${derived('t')}, 'UTF8')`)
    return code ? `t.${name} = ${placeText(written, { hasCode, at })}` : hasCode(`t.${name}`)
  })
  return `SELECT ${shownColumns(written, table)}
    FROM unnest(${lists.join(', ')}) AS k (${key.map(({ field }) => `"${field}"`).join(', ')})
    JOIN ${schema.table(table.name)} t ON t.organization_id = $1 AND ${matches.join(' AND ')}
      AND t.${time} BETWEEN $${key.length + 2}::timestamptz AND $${key.length + 3}::timestamptz
    ${workOrderJoin(written, table)}`
}

/** What is made of texts is asked for as bytes: a server may lack a character of one. */
function keyType({ type, code, derived }: MesColumn): string {
  if (derived) return 'bytea'
  return code ? 'text' : type
}

/** A value to ask for in {@link byKeyText}. */
export function keyValue({ field, derived }: MesColumn, row: MesRow): CellValue | Buffer {
  const value = row[field] ?? null
  return derived ? Buffer.from(String(value)) : value
}

/** $1 is the organization, $2 the times, then their bounds. */
export function byTimeText(written: Written, table: MesTable): string {
  const { schema } = written
  const time = timeColumn(table)
  const machine = `JOIN (SELECT id, organization_id, machine_code AS machine FROM ${schema.machines}) k
      ON k.organization_id = $1 AND k.id = t.machine_id`
  return `SELECT ${shownColumns(written, table)} FROM ${schema.table(table.name)} t
    ${isMachineTable(table) ? machine : ''}
    ${workOrderJoin(written, table)}
    WHERE t.organization_id = $1 AND t.${time} = ANY ($2::timestamptz[])
      AND t.${time} BETWEEN $3::timestamptz AND $4::timestamptz`
}

function timeColumn(table: MesTable): string {
  return columnsOf(table, 'key').at(-1)?.name ?? ''
}

function workOrderColumn({ columns }: MesTable): MesColumn | undefined {
  return columns.find(({ code }) => code === 'work order')
}

function workOrderJoin({ schema: { workOrders } }: Written, table: MesTable): string {
  const column = workOrderColumn(table)
  return column ? `LEFT JOIN ${workOrders} w ON w.organization_id = $1 AND w.id = t.${column.name}` : ''
}

/** A column that the site lacks is none of its rows. */
function shownColumns(written: Written, table: MesTable): string {
  const { access } = written
  const shownOnes = table.columns
    .filter(({ name, optional }) => !optional || access.reads(table.name, name))
    .map((column) => `${shown(written, column)} AS "${column.field}"`)
  const hasErpOrder = workOrderColumn(table) && access.reads('work_orders', 'sap_production_order')
  return [...shownOnes, ...(hasErpOrder ? [`w.sap_production_order AS "${ERP_ORDER}"`] : [])].join(', ')
}

/** A column as rows carry it: codes in place of ids (as they were asked for), times as UTC text with milliseconds. */
function shown({ schema }: Written, { name, field, type, code, derived }: MesColumn): string {
  if (code === 'machine') return `k."${field}"`
  if (code === 'work order') return 'w.work_order_number'
  if (code === 'plant')
    return `(SELECT p.code FROM ${schema.plants} p WHERE p.organization_id = $1 AND p.id = t.${name})`
  if (type === 'timestamptz') return timeText(`t.${name}`)
  return derived?.('t') ?? `t.${name}`
}
