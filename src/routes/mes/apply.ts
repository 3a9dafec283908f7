/** Brings a run of events into the MES tables within the transaction that is open: all that can be written, or none. */
import type { Event } from '../../domain/events/event.ts'
import { amendRows, arrayLiteral, type CellValue, insertRows } from '../../postgres/table-writer.ts'
import { answers } from '../../postgres/transaction.ts'
import type { Codes } from './codes.ts'
import { orderScans, undoneOrders } from './machine-orders.ts'
import { type Touched, touchedMachines, withUndone } from './machine-status.ts'
import { createPlaces, type Places, type RowPlace } from './places.ts'
import { type Prepared, type PreparedTable, prepare, prepareTables } from './prepared.ts'
import { withReferences } from './references.ts'
import { isScanUndone } from './tables/qr-code-scans.ts'
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
  /** The machines whose status or work order may be another one now; none where they were handed to `behind`. */
  readonly touched: readonly Touched[]
}

/** Sends what belongs behind the rows of these machines, such as the move of the stream. */
export type SentBehind = (touched: readonly Touched[]) => Promise<unknown>

interface ApplyOptions {
  /** Whether these rows were all written once, and were deleted since. */
  readonly landedBefore?: boolean | undefined
  /** What was worked out of these very events before. */
  readonly prepared?: Prepared | undefined
  /**
   * Called when the rows are on their way and not answered yet. Not called where the answers decide which machines are touched. Its
   * failure is thrown only where the rows themselves have not failed.
   */
  readonly behind?: SentBehind | undefined
}

/**
 * Writes the rows of these events, but for those that cannot be written: of a machine or a person that central does not know, for a
 * row or a table that is not there, or in a form that cannot be read. Constraints that were deferred are checked before it returns, so
 * that COMMIT finds nothing new.
 * @throws DestinationError when the server refuses any of the others
 */
export async function applyEvents(
  target: MesTarget,
  events: readonly Event[],
  { landedBefore = false, prepared, behind }: ApplyOptions = {},
): Promise<Applied> {
  const notRows = await unwritable(target, events)
  const writable = without(events, notRows)
  const { present } = target.tables
  const ready =
    prepared?.events === writable && prepared.present === present ? prepared : prepare(present, writable)
  const { wanted } = ready
  const codes = await target.codes.lookUp(wanted)
  const places = createPlaces(target, { codes, landedBefore })
  const ofUnknown = areKnown(wanted, codes) ? NONE : unwritableByCode(target, writable, { codes, places })
  const known = without(writable, ofUnknown)
  const answered = await withReferences(target, known)
  const isAsPrepared = answered === writable
  const folded = isAsPrepared ? ready.tables : prepareTables(present, answered)
  places.begin(folded)
  const writing = write(target, folded, { codes, places })
  const asking = undoneOrders(target, known)
  // Worked out while central writes.
  const touched = touchedMachines(folded, isAsPrepared ? ready.scans : orderScans(known), codes, places)
  const sentBehind = known.some(isScanUndone) ? undefined : behind?.(touched)
  await answers<unknown>([writing, asking, ...(sentBehind ? [sentBehind] : [])])
  const leftOut = [...notRows, ...ofUnknown].map(([event, reason]) => ({ event, reason }))
  return {
    leftOut: [...leftOut, ...(await writing)],
    touched: sentBehind ? [] : withUndone(touched, await asking),
  }
}

const NONE: ReadonlyMap<Event, string> = new Map()

function without(events: readonly Event[], leftOut: ReadonlyMap<Event, string>): readonly Event[] {
  return leftOut.size === 0 ? events : events.filter((event) => !leftOut.has(event))
}

/** The ids that rows are written with. */
interface Ids {
  readonly codes: Codes
  readonly places: Places
}

/** Sent before the first is answered. The server takes them in this order, so the first refusal is the cause. */
async function write(
  target: MesTarget,
  tables: readonly PreparedTable[],
  ids: Ids,
): Promise<readonly LeftOut[]> {
  // All values are prepared before anything is sent.
  const writes = tables.map((one) => writesOf(target, one, ids))
  const rows = writes.flatMap((send) => send())
  const remembered = ids.places.remember().then(() => [])
  const checked = target.link.script('SET CONSTRAINTS ALL IMMEDIATE').then(() => [])
  return (await answers([...rows, remembered, checked])).flat()
}

/** Prepares all values of a table. Calling what it returns sends them, and gives the events whose rows are not there. */
function writesOf(target: MesTarget, prepared: PreparedTable, ids: Ids) {
  const { link, schema, organizationId } = target
  const { table, rows, literals, amendments, amending } = prepared
  const columns = writtenColumns(table)
  const key = columnsOf(table, 'key')
  const set = columnsOf(table, 'amended')
  const valueIn = cellOf(target, ids)
  const inserted = {
    count: rows.length,
    literals: columns.map(
      (one, index) =>
        literals[index] ?? arrayLiteral(rows.map((row) => valueIn(one, { row, table, isOpening: true }))),
    ),
  }
  const amended = amendments.map((row) =>
    [...key, ...set].map((one) => valueIn(one, { row, table, isOpening: false })),
  )
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

function cellOf({ plantId }: MesTarget, { codes, places }: Ids) {
  return ({ field, code }: MesColumn, place: RowPlace): CellValue => {
    if (code === 'machine') return places.idOf(place)
    const value = place.row[field] ?? null
    if (code === 'plant' && value === null) return plantId
    return code ? codes.idOf(code, value) : value
  }
}
