/** Holds rows as the log has them against the same rows in central. */
import type { Ledger } from '../routes/mes/ledger.ts'
import { type ExpectedRow, rowName, type Table } from './expected-rows.ts'

export type FindingKind = 'missing' | 'different' | 'double' | 'quarantined'

export interface Finding {
  readonly kind: FindingKind
  readonly row: ExpectedRow
  /** `column: here / in central`, for a row that is different. */
  readonly differences: readonly string[]
}

export type RowsInCentral = ReadonlyMap<string, readonly Readonly<Record<string, unknown>>[]>

/** All rows that central has under the names of these; asked table by table. */
export async function rowsInCentral(ledger: Ledger, rows: readonly ExpectedRow[]): Promise<RowsInCentral> {
  const keysIn = (table: Table) => [
    ...new Map(rows.filter((row) => row.table === table).map((row) => [rowName(row), row])).values(),
  ]
  const status = await ledger.statusRows(keysIn('machine_status_history'))
  const downtime = await ledger.downtimeRows(keysIn('downtime_events'))
  return Map.groupBy<string, Readonly<Record<string, unknown>>>(
    [...status, ...downtime].map((row) => ({ ...row })),
    (row) => rowName(nameOf(row)),
  )
}

function nameOf(row: Readonly<Record<string, unknown>>) {
  const isStatus = 'changedAt' in row
  const table: Table = isStatus ? 'machine_status_history' : 'downtime_events'
  return { table, machine: String(row.machine), at: String(isStatus ? row.changedAt : row.startedAt) }
}

/** What is wrong with a row, if anything. */
export function compareRow(row: ExpectedRow, central: RowsInCentral): Finding | undefined {
  const [found, ...more] = central.get(rowName(row)) ?? []
  if (!found) return { kind: 'missing', row, differences: [] }
  if (more.length > 0) return { kind: 'double', row, differences: [] }
  const differences = differencesOf(row.fields, found)
  return differences.length === 0 ? undefined : { kind: 'different', row, differences }
}

export function differencesOf(
  expected: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
): readonly string[] {
  return Object.entries(expected)
    .filter(([name, value]) => value !== found[name] && !isUnknownOrder(name, found[name]))
    .map(([name, value]) => `${name}: ${value} here, ${found[name]} in central`)
}

/** A work order that central did not know when the row came stands there as none. */
function isUnknownOrder(name: string, found: unknown): boolean {
  return name === 'workOrder' && found === null
}
