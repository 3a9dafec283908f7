/**
 * Finds the rows of other tables that values are taken from: one question for each lookup of a batch, inner ones first. Nothing is
 * kept beyond the transaction, since people rename things and delete them meanwhile.
 */
import { shown } from '../../documents/quantities.ts'
import { isText } from '../../postgres/encoding.ts'
import { quoteName } from '../../postgres/names.ts'
import { byColumn } from '../../postgres/table-writer.ts'
import { columnOf } from './catalogue.ts'
import type { LookupValue, NamedValue } from './mapped-route.ts'
import type { PlannedRow } from './plan.ts'
import { lookupsOf, type MappedTarget } from './target.ts'
import { type Lookups, type SentValue, Unwritable, wantedBy } from './values.ts'

/** What was found for one set of values: how many rows, two at most, and what the first of them holds. */
interface Found {
  readonly count: number
  readonly taken: SentValue
}

/** By lookup, and by the values that were looked up. */
type AllFound = Map<LookupValue, ReadonlyMap<string, Found>>

/** Looks up whatever these rows need. What is not found shows only when its value is made. */
export async function lookUp(target: MappedTarget, planned: readonly PlannedRow[]): Promise<Lookups> {
  const all: AllFound = new Map()
  const lookups = lookupsAmong(target, all)
  const bySpec = Map.groupBy(planned, ({ spec }) => spec)
  for (const [{ does }, rows] of bySpec) {
    // Inner ones come first, so that what they found is known when the outer one is asked for.
    for (const lookup of lookupsOf(does)) {
      const wanted = rows.flatMap((row) => wantedOrNone(lookup, row, lookups))
      const askable = wanted.filter((values) => isAskable(lookup, values))
      all.set(lookup, await ask(target, lookup, distinct(askable)))
    }
  }
  return lookups
}

/** An event of which an inner lookup finds nothing asks for nothing. */
function wantedOrNone(lookup: LookupValue, { fields }: PlannedRow, lookups: Lookups) {
  try {
    return [wantedBy(lookup, { fields, lookups })]
  } catch (error) {
    if (error instanceof Unwritable) return []
    throw error
  }
}

/** A constant null asks for rows in which nothing stands; any other value that is empty, or is in no table, finds nothing. */
function isAskable({ where }: LookupValue, values: readonly SentValue[]): boolean {
  return where.every(
    (column, index) => isNull(column) || (values[index] !== null && isText(values[index] ?? '')),
  )
}

/** Whether a column is written down as empty. */
function isNull({ value }: NamedValue): boolean {
  return value.kind === 'constant' && value.value === null
}

function distinct(wanted: readonly (readonly SentValue[])[]): readonly (readonly SentValue[])[] {
  return [...new Map(wanted.map((values) => [JSON.stringify(values), values])).values()]
}

async function ask(
  { link, catalogue }: MappedTarget,
  lookup: LookupValue,
  wanted: readonly (readonly SentValue[])[],
): Promise<ReadonlyMap<string, Found>> {
  if (wanted.length === 0) return new Map()
  const table = catalogue.table(lookup.table)
  const columns = lookup.where.map(({ name }) => columnOf(link, table, name))
  const isItsRow = lookup.where.map((column, index) => isEqual(column, index, columns[index]?.base ?? 'text'))
  const { rows } = await link.query<{
    readonly ordinal: number
    readonly count: number
    readonly taken: SentValue
  }>(
    `SELECT e.ordinal::int AS ordinal, count(*)::int AS count, min(found.taken) AS taken
     FROM unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')})
       WITH ORDINALITY AS e (${columns.map((_, index) => `v${index}`).join(', ')}, ordinal)
     CROSS JOIN LATERAL (SELECT t.${quoteName(lookup.take)}::text AS taken FROM ${table.sql} AS t
       WHERE ${isItsRow.join(' AND ')} LIMIT 2) AS found
     GROUP BY e.ordinal`,
    byColumn(columns, wanted),
  )
  return new Map(
    rows.map(({ ordinal, count, taken }) => [JSON.stringify(wanted[ordinal - 1]), { count, taken }]),
  )
}

/** Compares a column of the table `t` with the value at a place of `e`. */
export function isEqual(column: NamedValue, index: number, base: string): string {
  const name = `t.${quoteName(column.name)}`
  return isNull(column) ? `${name} IS NULL` : `${name} = e.v${index}::${base}`
}

function lookupsAmong(target: MappedTarget, all: AllFound): Lookups {
  return (lookup, wanted) => {
    const found = all.get(lookup)?.get(JSON.stringify(wanted))
    if (found?.count === 1) return found.taken
    const { title } = target.catalogue.table(lookup.table)
    const key = keyText(lookup.where, wanted)
    if (found !== undefined)
      throw new Unwritable(`${title} has several rows with ${key}; say under where: which one is meant`)
    if (lookup.optional) return null
    const empty = lookup.where.find((column, index) => !isNull(column) && wanted[index] === null)
    throw new Unwritable(
      empty
        ? `the event says nothing by which ${title}.${empty.name} could be looked up`
        : `${title} has no row with ${key}; create it there, or correct what was scanned or mapped`,
    )
  }
}

/** `operation_number "WO-1", plant_id "3"` */
export function keyText(columns: readonly NamedValue[], values: readonly SentValue[]): string {
  return columns.map(({ name }, index) => `${name} ${shown(values[index])}`).join(', ')
}
