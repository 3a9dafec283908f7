/**
 * Writes many rows of one table with one statement: one array for each column, so that neither the number of parameters
 * nor of round trips grows with the rows. `COPY` would be faster still and is refused on tables with row-level security.
 */
import type { DestinationError } from '../domain/errors.ts'
import type { Link } from './link.ts'
import { rowRefused } from './refusal.ts'

/** A column that the gateway writes. */
export interface Column {
  readonly name: string
  readonly type: 'int' | 'text' | 'timestamptz'
}

/** What must be escaped in an element of an array literal. */
const TO_ESCAPE = /["\\]/
const TO_ESCAPE_ALL = /["\\]/g

/** A value as it is sent. A time is UTC text. */
export type CellValue = string | number | null
/** The values of one row, in the order of the columns. */
export type RowValues = readonly CellValue[]

/** Inserts rows. @throws DestinationError `row` when the server took fewer than it was given */
export async function insertRows(
  link: Link,
  target: { readonly table: string; readonly columns: readonly Column[] },
  organizationId: number,
  rows: readonly RowValues[],
): Promise<void> {
  if (rows.length === 0) return
  const { table, columns } = target
  const { rowCount } = await link.query(
    `INSERT INTO ${table} (organization_id, ${namesOf(columns)})
     SELECT $1::int, * FROM unnest(${parameters(columns, 2)})`,
    [organizationId, ...byColumn(columns, rows)],
  )
  if (rowCount === rows.length) return
  throw rowRefused(
    link.peer,
    `${link.peer.name} took ${rowCount} of ${rows.length} rows for ${table}`,
    'a trigger or rule on that table swallows rows',
  )
}

interface AmendedTable {
  readonly table: string
  /** By which a row is found again, together with the organization; the last one is the row's time. */
  readonly key: readonly Column[]
  readonly set: readonly Column[]
  /**
   * A column that has a value once the row is complete. An amendment without that value is older than what is there, and
   * changes nothing: it comes late, out of the quarantine.
   */
  readonly completedBy: string
}

/**
 * Finds each row again by its key and sets the other columns. The rows are those of one run of events: each at most once.
 * @throws DestinationError `row` when a row is not there, or is there twice
 */
export async function amendRows(
  link: Link,
  { table, key, set, completedBy }: AmendedTable,
  organizationId: number,
  rows: readonly RowValues[],
): Promise<void> {
  if (rows.length === 0) return
  const columns = [...key, ...set]
  const time = key.length - 1
  const times = rows.map((row) => String(row[time])).sort()
  const comesLate = `t.${completedBy} IS NOT NULL AND e.${completedBy} IS NULL`
  const changes = set.map(({ name }) => `${name} = CASE WHEN ${comesLate} THEN t.${name} ELSE e.${name} END`)
  const answer = await link.query<{ updated: number; found: number }>(
    `WITH amended AS (
       UPDATE ${table} AS t SET ${changes.join(', ')}
       FROM unnest(${parameters(columns, 4)}) WITH ORDINALITY AS e (${namesOf(columns)}, ordinal)
       WHERE t.organization_id = $1
         AND ${key.map(({ name }) => `t.${name} = e.${name}`).join(' AND ')}
         AND t.${key[time]?.name} BETWEEN $2::timestamptz AND $3::timestamptz
       RETURNING e.ordinal)
     SELECT count(*)::int AS updated, count(DISTINCT ordinal)::int AS found FROM amended`,
    // The two bounds spare a hypertable from looking into chunks of other times.
    [organizationId, times[0], times.at(-1), ...byColumn(columns, rows)],
  )
  const { updated = 0, found = 0 } = answer.rows[0] ?? {}
  if (found < rows.length) throw missing(link, table, rows.length - found)
  if (updated > found) throw rowRefused(link.peer, `${updated - found} rows are more than once in ${table}`)
}

function missing(link: Link, table: string, count: number): DestinationError {
  const rows = count === 1 ? 'the row to amend is' : `${count} rows to amend are`
  const plain = table.replaceAll('"', '')
  const why = 'the opening is in quarantine, or somebody deleted the row'
  return rowRefused(link.peer, `${rows} not in ${plain}: ${why}`)
}

function namesOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ')
}

function parameters(columns: readonly Column[], first: number): string {
  return columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ')
}

/** One array literal for each column. Built here, because the driver's own way takes twice as long. */
function byColumn(columns: readonly Column[], rows: readonly RowValues[]): string[] {
  return columns.map((_, index) => `{${rows.map((row) => element(row[index] ?? null)).join(',')}}`)
}

function element(value: CellValue): string | number {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return value
  return TO_ESCAPE.test(value) ? `"${value.replaceAll(TO_ESCAPE_ALL, '\\$&')}"` : `"${value}"`
}
