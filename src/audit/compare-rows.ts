/** Compares rows as the log says they are with the same rows in central. */
import type { Ledger } from '../routes/mes/ledger.ts'
import { ERP_ORDER } from '../routes/mes/ledger-sql.ts'
import type { MesColumn, MesRow, MesTable } from '../routes/mes/tables/table.ts'
import { type ExpectedRow, rowName } from './expected-rows.ts'

type FindingKind = 'missing' | 'different' | 'double' | 'quarantined'

/** A row that is not in central as the log says. */
export interface RowFinding {
  readonly kind: FindingKind
  readonly expected: ExpectedRow
  /** `field: here / in central`, for a row that is different. */
  readonly differences: readonly string[]
}

/** By the names of {@link rowName}. */
type RowsInCentral = ReadonlyMap<string, readonly MesRow[]>

/** All rows that central has under the names of these; asked table by table. */
export async function rowsInCentral(
  ledger: Pick<Ledger, 'rows'>,
  expected: readonly ExpectedRow[],
): Promise<RowsInCentral> {
  const found = new Map<string, readonly MesRow[]>()
  for (const [table, rows] of Map.groupBy(expected, ({ table }) => table)) {
    const keys = new Map(rows.map(({ row }) => [rowName(table, row), row]))
    const held = await ledger.rows(table, [...keys.values()])
    for (const [name, same] of Map.groupBy(held, (row) => rowName(table, row))) found.set(name, same)
  }
  return found
}

/** What is wrong with a row, if anything. */
export function compareRow(expected: ExpectedRow, central: RowsInCentral): RowFinding | undefined {
  const { table, row } = expected
  const [found, ...more] = central.get(rowName(table, row)) ?? []
  if (!found) return { kind: 'missing', expected, differences: [] }
  if (more.length > 0) return { kind: 'double', expected, differences: [] }
  const differences = differencesOf(table, row, found)
  return differences.length === 0 ? undefined : { kind: 'different', expected, differences }
}

/** Each field that differs, in words; a field that the log or the site does not know is not compared. */
export function differencesOf(table: MesTable, expected: MesRow, found: MesRow): readonly string[] {
  return table.columns
    .filter(({ field }) => field in expected && field in found)
    .filter((column) => !agrees(column, expected, found))
    .map(({ field }) => `${field}: ${expected[field]} here, ${found[field]} in central`)
}

function agrees({ field, code, appends, keeps }: MesColumn, expected: MesRow, found: MesRow): boolean {
  const here = expected[field]
  const there = found[field]
  if (here === there) return true
  // Of what is appended to, the log knows the beginning from what opened the row, and the end from what amended it.
  if (appends) return String(there).startsWith(String(here)) || String(there).endsWith(String(here))
  if (keeps && here === null) return true
  // What central did not know when the row came is none there.
  if (code !== undefined && code !== 'machine' && there === null) return true
  return code === 'work order' && found[ERP_ORDER] === here
}
