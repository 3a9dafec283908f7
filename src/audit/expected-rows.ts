/**
 * What central should have, row by row, out of the log's events. Pure. It holds only rows that may still change (a few for each
 * machine), so that a log of any length needs little memory.
 */
import type { Event } from '../domain/events/event.ts'
import type { StoredEvent } from '../domain/outbox.ts'
import { columnsOf, type MesRow, type MesTable, tableOf } from '../routes/mes/tables/table.ts'

/** A row as the events say it is; without its opening, which retention may have taken, only what amendments say. */
export interface ExpectedRow {
  readonly table: MesTable
  /** The first event of the row that is kept. */
  readonly seq: number
  readonly row: MesRow
  /** The opening event, for the amendments that follow. */
  readonly opening: Event | undefined
}

/** Names a row in words that are the same for the log and for central. */
export function rowName(table: MesTable, row: MesRow): string {
  return [table.name, ...columnsOf(table, 'key').map(({ field }) => row[field])].join(' ')
}

/** The row as it is once an event is known; undefined for an event that is no row of these tables. */
export function rowAfter(
  tables: readonly MesTable[],
  { seq, event }: StoredEvent,
  before?: ExpectedRow,
): ExpectedRow | undefined {
  const table = tableOf(tables, event)
  if (!table) return undefined
  const opening = table.opens.includes(event.kind) ? event : before?.opening
  const row = opening && opening !== event ? table.row(opening, event) : table.row(event)
  return { table, seq: before?.seq ?? seq, row, opening }
}

/** @param done is called with each row that no later event is expected to change */
export function createExpectedRows(tables: readonly MesTable[], done: (row: ExpectedRow) => void) {
  const changing = new Map<string, ExpectedRow>()
  /** The newest row of each subject in each table: the next one ends it, also a marker, which nothing else ends. */
  const newest = new Map<string, string>()
  const finish = (name: string | undefined) => {
    const row = name === undefined ? undefined : changing.get(name)
    if (name === undefined || !row) return
    changing.delete(name)
    done(row)
  }
  return {
    take: (stored: StoredEvent): void => {
      const { event } = stored
      const table = tableOf(tables, event)
      if (!table) return
      const name = rowName(table, table.row(event))
      const row = rowAfter(tables, stored, changing.get(name))
      if (row) changing.set(name, row)
      if (table.opens.includes(event.kind)) {
        const line = `${table.name} ${event.subject}`
        if (newest.get(line) !== name) finish(newest.get(line))
        newest.set(line, name)
      }
      if (row && isComplete(row)) finish(name)
    },
    /** The rows that are still open at the end of the log. */
    end: (): void => {
      for (const name of [...changing.keys()]) finish(name)
    },
  }
}

function isComplete({ table, row }: ExpectedRow): boolean {
  const column = table.columns.find(({ name }) => name === table.completedBy)
  return column !== undefined && (row[column.field] ?? null) !== null
}
