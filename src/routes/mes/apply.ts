/** Brings a run of events into the MES tables, all or none, within the transaction that is open. */
import { type Event, isUnreadable } from '../../domain/events/event.ts'
import { rowRefused } from '../../postgres/refusal.ts'
import { amendRows, insertRows, type RowValues } from '../../postgres/table-writer.ts'
import { type Codes, type WantedCodes, wantedCodes } from './codes.ts'
import { type FoldedTable, fold } from './fold.ts'
import { updateMachines } from './machine-status.ts'
import { columnsOf, type MesColumn, type MesRow } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/**
 * Writes the rows of these events, and what `machines` says of their machines.
 * @throws DestinationError `row` where a row is refused for itself, also for an event that cannot be read
 */
export async function applyEvents(target: MesTarget, events: readonly Event[]): Promise<void> {
  const unreadable = events.find(isUnreadable)
  if (unreadable) throw rowRefused(target.link.peer, `the event cannot be read: ${unreadable.why}`)
  const folded = target.tables.map((table) => fold(table, events))
  const codes = await target.codes.lookUp(codesIn(folded))
  // All values are prepared before anything is sent, because a machine that central does not know is refused here.
  const writes = folded.map((one) => writesOf(target, one, codes))
  // Sent before the first is answered. The server takes them in this order, so the first refusal is the cause.
  await Promise.all([
    ...writes.flatMap((write) => write()),
    target.machineStatus ? updateMachines(target, folded, codes) : undefined,
  ])
}

function codesIn(folded: readonly FoldedTable[]): WantedCodes {
  return wantedCodes((kind) => {
    const found = new Set<string>()
    for (const { table, rows, amendments } of folded) {
      for (const { field, code } of table.columns) {
        if (code !== kind) continue
        for (const row of rows) addCode(found, row[field])
        for (const row of amendments) addCode(found, row[field])
      }
    }
    return found
  })
}

function addCode(codes: Set<string>, code: unknown): void {
  if (typeof code === 'string') codes.add(code)
}

/** Prepares all values of a table. Calling what it returns sends them. */
function writesOf({ link, schema, organizationId }: MesTarget, folded: FoldedTable, codes: Codes) {
  const { table, rows, amendments } = folded
  const key = columnsOf(table, 'key')
  const set = columnsOf(table, 'amended')
  const inserted = rows.map((row) => valuesOf(table.columns, row, codes))
  const amended = amendments.map((row) => valuesOf([...key, ...set], row, codes))
  const name = schema.table(table.name)
  const { completedBy } = table
  return () => [
    insertRows(link, { table: name, columns: table.columns }, organizationId, inserted),
    amendRows(link, { table: name, key, set, completedBy }, organizationId, amended),
  ]
}

function valuesOf(columns: readonly MesColumn[], row: MesRow, codes: Codes): RowValues {
  return columns.map(({ field, code }) => (code ? codes.idOf(code, row[field]) : (row[field] ?? null)))
}
