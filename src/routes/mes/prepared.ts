/**
 * What can be worked out of a run of events without asking central: the rows that they become, and the texts of their columns but for
 * ids. It is done before the stream is locked, while central is still busy with the run before.
 */
import type { Event } from '../../domain/events/event.ts'
import { arrayLiteral } from '../../postgres/table-writer.ts'
import { type WantedCodes, wantedCodes } from './codes.ts'
import { type FoldedTable, fold } from './fold.ts'
import { type OrderScan, orderScans } from './machine-orders.ts'
import { type MesTable, writtenColumns } from './tables/table.ts'

/** What is to be written into one table. */
export interface PreparedTable extends FoldedTable {
  /** The values of the rows to insert, column by column, as literals of arrays. Undefined for columns that hold ids. */
  readonly literals: readonly (string | undefined)[]
}

/** A run of events as rows. */
export interface Prepared {
  readonly events: readonly Event[]
  /** For which tables: those that were there then. */
  readonly present: readonly MesTable[]
  readonly tables: readonly PreparedTable[]
  readonly scans: readonly OrderScan[]
  readonly wanted: WantedCodes
}

/** Works out what these events become in the tables that are there. */
export function prepare(present: readonly MesTable[], events: readonly Event[]): Prepared {
  const scans = orderScans(events)
  const tables = prepareTables(present, events)
  return { events, present, tables, scans, wanted: codesIn(tables, scans) }
}

/** The rows alone, where the codes are known already. There is one entry for each table, also where it gets no row. */
export function prepareTables(
  present: readonly MesTable[],
  events: readonly Event[],
): readonly PreparedTable[] {
  return present.map((table) => {
    const folded = fold(table, events)
    const literals = writtenColumns(table).map(({ code, field }) =>
      code ? undefined : arrayLiteral(folded.rows.map((row) => row[field] ?? null)),
    )
    return { ...folded, literals }
  })
}

function codesIn(folded: readonly FoldedTable[], scans: readonly OrderScan[]): WantedCodes {
  return wantedCodes((kind) => {
    const found = new Set<string>()
    for (const { table, rows, amendments } of folded) {
      for (const { field, code } of table.columns) {
        if (code !== kind) continue
        for (const row of rows) addCode(found, row[field])
        for (const row of amendments) addCode(found, row[field])
      }
    }
    for (const { machine, workOrder } of scans) {
      if (kind === 'machine') found.add(machine)
      if (kind === 'work order') found.add(workOrder)
    }
    return found
  })
}

function addCode(codes: Set<string>, code: unknown): void {
  if (typeof code === 'string') codes.add(code)
  else if (typeof code === 'number') codes.add(String(code))
}
