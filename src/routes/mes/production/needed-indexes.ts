/** Which indexes the statements of the gateway are made for. Each follows from what the statements say, and none is listed by hand. */
import { LOOKUP_COLUMNS } from '../../../domain/master-data.ts'
import { CODE_SOURCES } from '../codes-sql.ts'
import { MES_RIGHTS } from '../rights.ts'
import { MES_TABLES } from '../tables/index.ts'
import { columnsOf } from '../tables/table.ts'

/** An index that begins with these columns; the organization may stand before or among them. */
export interface NeededIndex {
  readonly table: string
  readonly columns: readonly string[]
  /** What takes long without it. */
  readonly why: string
  /** Whether each batch needs it. Others are for what is rare. */
  readonly isVital: boolean
}

/** @param places columns in which scanners' rules of this gateway look codes up, as `table.column` */
export function neededIndexes(places: readonly string[] = EVERY_LOOKUP): readonly NeededIndex[] {
  return withoutDoubles([
    ...MES_TABLES.map((table) => ({
      table: table.name,
      columns: columnsOf(table, 'key').flatMap(({ name, derived }) => (derived ? [] : [name])),
      why: 'each amendment of a row finds it by these',
      isVital: true,
    })),
    ...CODE_SOURCES.map(({ table, column, behind }) => ({
      table,
      columns: [column],
      why: 'each batch looks codes up by it',
      // Only asked for codes that the first column does not know.
      isVital: behind === undefined,
    })),
    ...MES_RIGHTS.flatMap(({ belongs }) => Object.values(belongs)).map((table) => ({
      table,
      columns: ['id'],
      why: 'whose row an id is, is looked up for each row that names it',
      isVital: true,
    })),
    ...places.map((place) => {
      const [table = '', column = ''] = place.split('.')
      return { table, columns: [column], why: 'scanned codes are looked up by it', isVital: false }
    }),
  ])
}

/** Every column that a scanner's rule may name. */
const EVERY_LOOKUP = Object.entries(LOOKUP_COLUMNS).flatMap(([table, columns]) =>
  columns.map((column) => `${table}.${column}`),
)

function withoutDoubles(needed: readonly NeededIndex[]): readonly NeededIndex[] {
  const byKey = Map.groupBy(needed, ({ table, columns }) => `${table} ${columns.join(' ')}`)
  return [...byKey.values()].flatMap(([first]) => first ?? [])
}
