/** The statements that write rows: each group of rows with one, whatever their number. */
import { shown } from '../../documents/quantities.ts'
import { quoteName } from '../../postgres/names.ts'
import { rowsSwallowed } from '../../postgres/refusal.ts'
import { byColumn } from '../../postgres/table-writer.ts'
import { writeCalls } from './calls.ts'
import { columnOf, type SiteColumn, type SiteTable } from './catalogue.ts'
import { isEqual, keyText } from './lookups.ts'
import type { InsertAction, NamedValue, UpdateAction } from './mapped-route.ts'
import type { PlannedRow, RowGroup } from './plan.ts'
import type { MappedTarget } from './target.ts'
import { type SentValue, Unwritable } from './values.ts'

/** A row with its values, in the order of the key, the columns or the arguments. */
export interface ReadyRow extends PlannedRow {
  readonly values: readonly SentValue[]
  /** What finds the row to change; null where none is looked for. */
  readonly key: string | null
}

/** A row that is not written, and why. */
type RefusedRow = readonly [row: ReadyRow, reason: string]

/**
 * Sends a group's rows.
 * @returns the rows that their own table or routine does not take, as is proven
 * @throws DestinationError where the server refuses any of the others
 */
export function writeGroup(
  target: MappedTarget,
  { spec, rows }: RowGroup<ReadyRow>,
): Promise<readonly RefusedRow[]> {
  const { does } = spec
  switch (does.kind) {
    case 'insert':
      return insertRows(target, does, rows)
    case 'update':
      return updateRows(target, does, rows)
    case 'call':
      return writeCalls(target, does, rows)
  }
}

/** Texts that are longer than their column would be refused together with all other rows, or cut. @throws Unwritable */
export function requireLengths(
  title: string,
  holding: ReadonlyMap<string, SiteColumn>,
  values: readonly (readonly [name: string, SentValue])[],
): void {
  for (const [name, text] of values) {
    const length = holding.get(name)?.length ?? null
    if (length === null || text === null || text.length <= length || [...text].length <= length) continue
    const what = `${shown(text)} has ${[...text].length} characters, and ${title}.${name} holds ${length}`
    throw new Unwritable(`${what}; widen the column, or shorten what is written`)
  }
}

async function insertRows(
  target: MappedTarget,
  { table: name, columns, oncePer }: InsertAction,
  rows: readonly ReadyRow[],
): Promise<readonly RefusedRow[]> {
  const { link, catalogue } = target
  const table = catalogue.table(name)
  const names = columns.map((column) => quoteName(column.name))
  const values = columns.map((column, index) => asColumn(index, columnOf(link, table, column.name)))
  const given = givenText(columns)
  const head = `INSERT INTO ${table.sql} AS t (${names.join(', ')})`
  /** Compares the columns of `once_per`, which `old` may call otherwise. */
  const alike = (nameIn: (name: string, index: number) => string) =>
    columns
      .flatMap(({ name }, index) =>
        oncePer.includes(name) ? [`old.${nameIn(name, index)} = e.v${index}`] : [],
      )
      .join(' AND ')
  const text =
    oncePer.length === 0
      ? `${head} SELECT ${values.join(', ')} FROM ${given} ORDER BY e.ordinal`
      : `WITH e AS MATERIALIZED (
           SELECT ${values.map((value, index) => `${value} AS v${index}`).join(', ')}, e.ordinal FROM ${given})
         ${head} SELECT ${values.map((_, index) => `e.v${index}`).join(', ')} FROM e
         WHERE NOT EXISTS (SELECT FROM ${table.sql} AS old WHERE ${alike(quoteName)})
           AND NOT EXISTS (SELECT FROM e AS old WHERE ${alike((_, index) => `v${index}`)} AND old.ordinal < e.ordinal)
         ORDER BY e.ordinal ${isUnique(table, oncePer) ? onConflict(oncePer) : ''}`
  const { rowCount } = await link.query(text, byColumn(columns, valuesOf(rows)))
  if (oncePer.length > 0 || rowCount === rows.length) return []
  const what = `${link.peer.name} took ${rowCount} of ${rows.length} rows for ${table.title}`
  throw rowsSwallowed(link.peer, what, table.title)
}

/** Where another writer puts the same values in at the same moment, the site's own index says so, and nothing is inserted. */
function onConflict(columns: readonly string[]): string {
  return `ON CONFLICT (${columns.map(quoteName).join(', ')}) DO NOTHING`
}

function isUnique({ unique }: SiteTable, columns: readonly string[]): boolean {
  return unique.some((set) => set.size === columns.length && columns.every((column) => set.has(column)))
}

async function updateRows(
  target: MappedTarget,
  { table: name, key, columns }: UpdateAction,
  rows: readonly ReadyRow[],
): Promise<readonly RefusedRow[]> {
  const { link, catalogue } = target
  const table = catalogue.table(name)
  const all = [...key, ...columns]
  const columnFor = ({ name }: NamedValue) => columnOf(link, table, name)
  const set = columns.map(
    (column, index) => `${quoteName(column.name)} = ${asColumn(key.length + index, columnFor(column))}`,
  )
  const isItsRow = key.map((column, index) => isEqual(column, index, columnFor(column).base))
  const { rows: changed } = await link.query<{ readonly ordinal: number; readonly count: number }>(
    `WITH changed AS (
       UPDATE ${table.sql} AS t SET ${set.join(', ')} FROM ${givenText(all)}
       WHERE ${isItsRow.join(' AND ')} RETURNING e.ordinal)
     SELECT ordinal::int AS ordinal, count(*)::int AS count FROM changed GROUP BY ordinal`,
    byColumn(all, valuesOf(rows)),
  )
  const counts = new Map(changed.map(({ ordinal, count }) => [ordinal, count]))
  return rows.flatMap((row, index): readonly RefusedRow[] => {
    const count = counts.get(index + 1) ?? 0
    if (count === 1) return []
    const text = keyText(key, row.values)
    return [
      [
        row,
        count === 0
          ? `${table.title} has no row with ${text}: the event that made it is in quarantine, or somebody deleted it`
          : `${table.title} has ${count} rows with ${text}; name more columns under key`,
      ],
    ]
  })
}

/** A value of `e` as its column is. A time of the day is read out of no text that has a date; a point in time has one. */
function asColumn(index: number, { type, base }: SiteColumn): string {
  const value = `e.v${index}`
  if (!base.startsWith('time ')) return `${value}::${type}`
  return `pg_catalog.regexp_replace(${value}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}T', '')::${base}::${type}`
}

/** The values as rows `e`, each text; the statement makes of them what the column is. */
function givenText(columns: readonly NamedValue[]): string {
  const parameters = columns.map((_, index) => `$${index + 1}::text[]`).join(', ')
  return `unnest(${parameters}) WITH ORDINALITY AS e (${columns.map((_, index) => `v${index}`).join(', ')}, ordinal)`
}

function valuesOf(rows: readonly ReadyRow[]): readonly (readonly SentValue[])[] {
  return rows.map(({ values }) => values)
}
