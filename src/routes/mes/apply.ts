/** Brings a run of events into the MES tables within the transaction that is open: all that can be written, or none. */
import type { Event } from '../../domain/events/event.ts'
import { amendRows, insertRows, type RowValues } from '../../postgres/table-writer.ts'
import { answers } from '../../postgres/transaction.ts'
import { type Codes, type WantedCodes, wantedCodes } from './codes.ts'
import { type FoldedTable, fold } from './fold.ts'
import { type OrderScan, orderScans, undoneOrders } from './machine-orders.ts'
import { type Touched, touchedMachines } from './machine-status.ts'
import { createPlaces, type Places, type RowPlace } from './places.ts'
import { withReferences } from './references.ts'
import { columnsOf, type MesColumn, writtenColumns } from './tables/table.ts'
import type { MesTarget } from './target.ts'
import { areKnown, unwritable, unwritableByCode } from './unwritable.ts'

/** An event that cannot be written, as is proven without the server refusing anything, and why. */
interface LeftOut {
  readonly event: Event
  readonly reason: string
}

/** What came of a run of events. */
interface Applied {
  readonly leftOut: readonly LeftOut[]
  /** The machines whose status or work order may be another one now. */
  readonly touched: readonly Touched[]
}

/**
 * Writes the rows of these events, but for those that cannot be written: of a machine or a person that central does not know, for a
 * row or a table that is not there, or in a form that cannot be read. Constraints that were deferred are checked before it returns, so
 * that COMMIT finds nothing new.
 * @param landedBefore whether these rows were all written once, and were deleted since
 * @throws DestinationError when the server refuses any of the others
 */
export async function applyEvents(
  target: MesTarget,
  events: readonly Event[],
  { landedBefore = false }: { readonly landedBefore?: boolean } = {},
): Promise<Applied> {
  const homeless = await unwritable(target, events)
  const writable = without(events, homeless)
  const all = foldAll(target, writable)
  const wanted = codesIn(all, orderScans(writable))
  const codes = await target.codes.lookUp(wanted)
  const places = createPlaces(target, { codes, landedBefore })
  const strangers = areKnown(wanted, codes) ? NONE : unwritableByCode(target, writable, { codes, places })
  const known = without(writable, strangers)
  const answered = await withReferences(target, known)
  const folded = answered === writable ? all : foldAll(target, answered)
  places.begin(folded)
  const missing = await write(target, folded, { codes, places })
  const orders = { scans: orderScans(known), undone: await undoneOrders(target, known) }
  return {
    leftOut: [...[...homeless, ...strangers].map(([event, reason]) => ({ event, reason })), ...missing],
    touched: touchedMachines(folded, orders, codes, places),
  }
}

const NONE: ReadonlyMap<Event, string> = new Map()

function without(events: readonly Event[], leftOut: ReadonlyMap<Event, string>): readonly Event[] {
  return leftOut.size === 0 ? events : events.filter((event) => !leftOut.has(event))
}

function foldAll({ tables }: MesTarget, events: readonly Event[]): readonly FoldedTable[] {
  return tables.present.map((table) => fold(table, events))
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

/** The ids that rows are written with. */
interface Ids {
  readonly codes: Codes
  readonly places: Places
}

/** Sent before the first is answered. The server takes them in this order, so the first refusal is the cause. */
async function write(
  target: MesTarget,
  folded: readonly FoldedTable[],
  ids: Ids,
): Promise<readonly LeftOut[]> {
  // All values are prepared before anything is sent.
  const writes = folded.map((one) => writesOf(target, one, ids))
  const rows = writes.flatMap((send) => send())
  const remembered = ids.places.remember().then(() => [])
  const checked = target.link.script('SET CONSTRAINTS ALL IMMEDIATE').then(() => [])
  return (await answers([...rows, remembered, checked])).flat()
}

/** Prepares all values of a table. Calling what it returns sends them, and gives the events whose rows are not there. */
function writesOf(target: MesTarget, folded: FoldedTable, ids: Ids) {
  const { link, schema, organizationId } = target
  const { table, rows, amendments, amending } = folded
  const columns = writtenColumns(table)
  const key = columnsOf(table, 'key')
  const set = columnsOf(table, 'amended')
  const valuesIn = valuesOf(target, ids)
  const inserted = rows.map((row) => valuesIn(columns, { row, table, isOpening: true }))
  const amended = amendments.map((row) => valuesIn([...key, ...set], { row, table, isOpening: false }))
  const name = schema.table(table.name)
  const { completedBy } = table
  const reason = `the row to amend is not in ${name.replaceAll('"', '')}: the opening is in quarantine, or somebody deleted the row`
  const leftOut = (places: readonly number[]): readonly LeftOut[] =>
    places.flatMap((place) => (amending[place] ?? []).map((event) => ({ event, reason })))
  return () => [
    insertRows(link, { table: name, columns }, organizationId, inserted).then(() => []),
    amendRows(link, { table: name, key, set, completedBy }, organizationId, amended).then(leftOut),
  ]
}

function valuesOf({ plantId }: MesTarget, { codes, places }: Ids) {
  return (columns: readonly MesColumn[], place: RowPlace): RowValues =>
    columns.map(({ field, code }) => {
      if (code === 'machine') return places.idOf(place)
      const value = place.row[field] ?? null
      if (code === 'plant' && value === null) return plantId
      return code ? codes.idOf(code, value) : value
    })
}
