/** Brings a run of events into the MES tables within the transaction that is open: all that can be written, or none. */
import { type Event, isUnreadable } from '../../domain/events/event.ts'
import { amendRows, insertRows, type RowValues } from '../../postgres/table-writer.ts'
import { answers } from '../../postgres/transaction.ts'
import { type Codes, type WantedCodes, wantedCodes } from './codes.ts'
import { type FoldedTable, fold } from './fold.ts'
import { type Touched, touchedMachines } from './machine-status.ts'
import { createPlaces, type Places, type RowPlace } from './places.ts'
import { columnsOf, type MesColumn, takesKind } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/** An event that cannot be written, as is proven without the server refusing anything, and why. */
interface LeftOut {
  readonly event: Event
  readonly reason: string
}

/** What came of a run of events. */
interface Applied {
  readonly leftOut: readonly LeftOut[]
  /** The machines whose status may be another one now. */
  readonly touched: readonly Touched[]
}

/**
 * Writes the rows of these events, but for those that cannot be written: of a machine that central does not know, for a row that
 * is not there, or in a form that cannot be read. Constraints that were deferred are checked before it returns, so that COMMIT
 * finds nothing new.
 * @param landedBefore whether these rows were all written once, and were deleted since
 * @throws DestinationError when the server refuses any of the others
 */
export async function applyEvents(
  target: MesTarget,
  events: readonly Event[],
  { landedBefore = false }: { readonly landedBefore?: boolean } = {},
): Promise<Applied> {
  const unreadable = events.filter(isUnreadable)
  const readable = unreadable.length === 0 ? events : events.filter((event) => !isUnreadable(event))
  const all = foldAll(target, readable)
  const wanted = codesIn(all)
  const codes = await target.codes.lookUp(wanted)
  const places = createPlaces(target, { codes, landedBefore })
  const allKnown = [...wanted.machine].every((code) => codes.idOf('machine', code) !== null)
  const unknown = allKnown ? new Map<Event, string>() : leftOutByMachine(target, readable, places)
  const known = () => readable.filter((event) => !unknown.has(event))
  const folded = unknown.size === 0 ? all : foldAll(target, known())
  places.begin(folded)
  const missing = await write(target, folded, { codes, places })
  return {
    leftOut: [
      ...unreadable.map((event) => ({ event, reason: `the event cannot be read: ${event.why}` })),
      ...[...unknown].map(([event, reason]) => ({ event, reason })),
      ...missing,
    ],
    touched: touchedMachines(folded, codes, places),
  }
}

function foldAll({ tables }: MesTarget, events: readonly Event[]): readonly FoldedTable[] {
  return tables.map((table) => fold(table, events))
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

/** Events of machines whose rows cannot be written, and why. */
function leftOutByMachine(
  { tables }: MesTarget,
  events: readonly Event[],
  places: Places,
): ReadonlyMap<Event, string> {
  return new Map(
    events.flatMap((event) => {
      const table = tables.find((one) => takesKind(one, event.kind))
      if (!table) return []
      const isOpening = table.opens.includes(event.kind)
      const reason = places.refusalOf({ row: table.row(event), table, isOpening })
      return reason === undefined ? [] : [[event, reason] as const]
    }),
  )
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
function writesOf({ link, schema, organizationId }: MesTarget, folded: FoldedTable, ids: Ids) {
  const { table, rows, amendments, amending } = folded
  const key = columnsOf(table, 'key')
  const set = columnsOf(table, 'amended')
  const inserted = rows.map((row) => valuesOf(table.columns, { row, table, isOpening: true }, ids))
  const amended = amendments.map((row) => valuesOf([...key, ...set], { row, table, isOpening: false }, ids))
  const name = schema.table(table.name)
  const { completedBy } = table
  const reason = `the row to amend is not in ${name.replaceAll('"', '')}: the opening is in quarantine, or somebody deleted the row`
  const leftOut = (places: readonly number[]): readonly LeftOut[] =>
    places.flatMap((place) => (amending[place] ?? []).map((event) => ({ event, reason })))
  return () => [
    insertRows(link, { table: name, columns: table.columns }, organizationId, inserted).then(() => []),
    amendRows(link, { table: name, key, set, completedBy }, organizationId, amended).then(leftOut),
  ]
}

function valuesOf(columns: readonly MesColumn[], place: RowPlace, { codes, places }: Ids): RowValues {
  return columns.map(({ field, code }) => {
    if (code === 'machine') return places.idOf(place)
    const value = place.row[field] ?? null
    return code ? codes.idOf(code, value) : value
  })
}
