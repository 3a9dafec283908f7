/**
 * Turns a run of events into what one table must be given: a row that is opened and amended in the run is inserted once with its
 * last values, and one that was opened before is updated once. Pure; it knows no SQL.
 */
import type { Event } from '../../domain/events/event.ts'
import { type MesRow, type MesTable, takesKind } from './tables/table.ts'

/** What is to be written into one table. */
export interface FoldedTable {
  readonly table: MesTable
  /** To insert, in the order in which they were opened. */
  readonly rows: readonly MesRow[]
  /** To update, each row at most once. */
  readonly amendments: readonly MesRow[]
  /** The events of each of the amendments, in the same order. The last one says everything. */
  readonly amending: readonly (readonly Event[])[]
}

interface OpenedRow {
  readonly opened: Event
  amendment?: Event
}

/** Events of kinds that the table does not take are passed over. */
export function fold(table: MesTable, events: readonly Event[]): FoldedTable {
  const opened = new Map<string, OpenedRow>()
  const rows: OpenedRow[] = []
  const amendments = new Map<string, Event[]>()
  for (const event of events) {
    if (!takesKind(table, event.kind)) continue
    const key = `${event.at} ${event.subject}`
    if (table.opens.includes(event.kind)) {
      const row = { opened: event }
      opened.set(key, row)
      rows.push(row)
    } else {
      const row = opened.get(key)
      const before = amendments.get(key)
      if (row) row.amendment = event
      else if (before) before.push(event)
      else amendments.set(key, [event])
    }
  }
  const amending = [...amendments.values()]
  return {
    table,
    rows: rows.map(({ opened, amendment }) => table.row(opened, amendment)),
    amendments: amending.map((events) => table.row(lastOf(events))),
    amending,
  }
}

function lastOf(events: readonly Event[]): Event {
  const last = events.at(-1)
  if (!last) throw new Error('an amendment has at least one event')
  return last
}
