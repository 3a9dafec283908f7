/**
 * Writes many rows of one table with one statement: one array for each column, so that neither the number of parameters
 * nor of round trips grows with the rows. `COPY` would be faster still and is refused on tables with row-level security.
 */
import type { Link } from './link.ts'
import { rowRefused, rowsSwallowed } from './refusal.ts'

/** A column that the gateway writes. */
export interface Column {
  readonly name: string
  readonly type: 'int' | 'text' | 'timestamptz'
  /**
   * The value as SQL, where it is only found in other columns: `row` is the name of the table in the statement. Such a column is
   * never written.
   */
  readonly derived?: (row: string) => string
  /** An amendment adds its text behind what is there, once. */
  readonly appends?: boolean
  /** An amendment without a value leaves what is there. */
  readonly keeps?: boolean
}

/** What must be escaped in an element of an array literal. */
const TO_ESCAPE = /["\\]/
const TO_ESCAPE_ALL = /["\\]/g

/** A value as it is sent. A time is UTC text. */
export type CellValue = string | number | null
/** The values of one row, in the order of the columns. */
type RowValues = readonly CellValue[]

/** Rows by their columns: for each column the literal of an array, see {@link arrayLiteral}. */
interface RowsToInsert {
  readonly count: number
  readonly literals: readonly string[]
}

/** Inserts rows. @throws DestinationError `refused` when the server took fewer than it was given */
export async function insertRows(
  link: Link,
  target: { readonly table: string; readonly columns: readonly Column[] },
  organizationId: number,
  { count, literals }: RowsToInsert,
): Promise<void> {
  if (count === 0) return
  const { table, columns } = target
  const { rowCount } = await link.query(
    `INSERT INTO ${table} (organization_id, ${namesOf(columns)})
     SELECT $1::int, * FROM unnest(${parameters(columns, 2)})`,
    [organizationId, ...literals],
  )
  if (rowCount === count) return
  const { name } = link.peer
  throw rowsSwallowed(link.peer, `${name} took ${rowCount} of ${count} rows for ${table}`, table)
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
 * @returns the places in `rows` of those that are not in the table
 * @throws DestinationError `row` when a row is there twice, `refused` when the server left one out that is there
 */
export async function amendRows(
  link: Link,
  target: AmendedTable,
  organizationId: number,
  rows: readonly RowValues[],
): Promise<readonly number[]> {
  if (rows.length === 0) return []
  const { table, key, set, completedBy } = target
  const columns = [...key, ...set]
  const comesLate = `t.${completedBy} IS NOT NULL AND e.${completedBy} IS NULL`
  const changes = set.map(
    (one) => `${one.name} = CASE WHEN ${comesLate} THEN t.${one.name} ELSE ${newValue(one)} END`,
  )
  const answer = await link.query<{ updated: number; found: number; ordinals: readonly number[] | null }>(
    `WITH amended AS (
       UPDATE ${table} AS t SET ${changes.join(', ')}
       FROM unnest(${parameters(columns, 4)}) WITH ORDINALITY AS e (${namesOf(columns)}, ordinal)
       WHERE ${isItsRow(key)}
       RETURNING e.ordinal)
     SELECT count(*)::int AS updated, count(DISTINCT ordinal)::int AS found,
       CASE WHEN count(DISTINCT ordinal) < ${rows.length} THEN array_agg(DISTINCT ordinal::int) END AS ordinals
     FROM amended`,
    [organizationId, ...timeBounds(key, rows), ...byColumn(columns, rows)],
  )
  const { updated = 0, found = 0, ordinals } = answer.rows[0] ?? {}
  if (updated > found) throw rowRefused(link.peer, `${updated - found} rows are more than once in ${table}`)
  if (found === rows.length) return []
  const amended = new Set(ordinals)
  const missing = [...rows.keys()].filter((place) => !amended.has(place + 1))
  const keys = missing.map((place) => rows[place] ?? [])
  await proveMissing(link, target, organizationId, keys)
  return missing
}

function newValue({ name, appends = false, keeps = false }: Column): string {
  if (keeps) return `coalesce(e.${name}, t.${name})`
  if (!appends) return `e.${name}`
  return `CASE WHEN right(t.${name}, length(e.${name})) = e.${name} THEN t.${name} ELSE t.${name} || e.${name} END`
}

/** A row that is there and was not updated all the same was left out by the server: by a trigger, say. */
async function proveMissing(
  link: Link,
  { table, key }: AmendedTable,
  organizationId: number,
  keys: readonly RowValues[],
): Promise<void> {
  const { rows: present } = await link.query(
    `SELECT 1 FROM unnest(${parameters(key, 4)}) AS e (${namesOf(key)}) JOIN ${table} AS t ON ${isItsRow(key)}`,
    [organizationId, ...timeBounds(key, keys), ...byColumn(key, keys)],
  )
  const { length } = present
  if (length === 0) return
  throw rowsSwallowed(link.peer, `${link.peer.name} left ${length} rows of ${table} as they were`, table)
}

/** Joins the given rows `e` to the table's `t`. $2 and $3 spare a hypertable from looking into chunks of other times. */
function isItsRow(key: readonly Column[]): string {
  const equal = key.map(({ name, derived }) => `${derived?.('t') ?? `t.${name}`} = e.${name}`)
  return `t.organization_id = $1 AND ${equal.join(' AND ')}
    AND t.${key.at(-1)?.name} BETWEEN $2::timestamptz AND $3::timestamptz`
}

/** The earliest and the latest time of the rows, in the order in which {@link isItsRow} asks for them. */
function timeBounds(key: readonly Column[], rows: readonly RowValues[]): readonly (string | undefined)[] {
  const times = rows.map((row) => String(row[key.length - 1])).sort()
  return [times[0], times.at(-1)]
}

function namesOf(columns: readonly Column[]): string {
  return columns.map(({ name }) => name).join(', ')
}

function parameters(columns: readonly Column[], first: number): string {
  return columns.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ')
}

/** One array literal for each column. */
export function byColumn(columns: readonly unknown[], rows: readonly RowValues[]): string[] {
  return columns.map((_, index) => arrayLiteral(rows.map((row) => row[index] ?? null)))
}

/** Values as the literal of an array. Built here, because the driver's own way takes twice as long. */
export function arrayLiteral(values: readonly CellValue[]): string {
  return `{${values.map(element).join(',')}}`
}

function element(value: CellValue): string | number {
  if (value === null) return 'NULL'
  if (typeof value === 'number') return value
  return TO_ESCAPE.test(value) ? `"${value.replaceAll(TO_ESCAPE_ALL, '\\$&')}"` : `"${value}"`
}
