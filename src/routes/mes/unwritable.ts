/** Events that cannot be written, as is proven without the server refusing anything, and why. */
import { type Event, isUnreadable } from '../../domain/events/event.ts'
import type { Codes, WantedCodes } from './codes.ts'
import type { Places } from './places.ts'
import { isMachineTable, type MesTable, tableOf } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/** Events that are no rows: in a form that cannot be read, or of a table that the site lacks. @throws DestinationError */
export async function unwritable(
  { tables }: MesTarget,
  events: readonly Event[],
): Promise<ReadonlyMap<Event, string>> {
  if (events.some(({ kind }) => tables.whyMissing(kind) !== undefined)) await tables.lookAgain()
  const reasons = new Map<Event, string>()
  for (const event of events) {
    const reason = isUnreadable(event)
      ? `the event cannot be read: ${event.why}`
      : tables.whyMissing(event.kind)
    if (reason !== undefined) reasons.set(event, reason)
  }
  return reasons
}

/** Whether central knows all machines and people that are wanted. */
export function areKnown({ machine, person }: WantedCodes, codes: Codes): boolean {
  return (
    [...machine].every((code) => codes.idOf('machine', code) !== null) &&
    [...person].every((id) => codes.idOf('person', Number(id)) !== null)
  )
}

interface Known {
  readonly codes: Codes
  readonly places: Places
}

/** Events of machines and people whose rows cannot be written. */
export function unwritableByCode(
  target: MesTarget,
  events: readonly Event[],
  known: Known,
): ReadonlyMap<Event, string> {
  return new Map(
    events.flatMap((event) => {
      const table = tableOf(target.tables.present, event)
      const reason = table && refusalOf(target, event, table, known)
      return reason === undefined ? [] : [[event, reason] as const]
    }),
  )
}

function refusalOf(
  { link }: MesTarget,
  event: Event,
  table: MesTable,
  { codes, places }: Known,
): string | undefined {
  const isOpening = table.opens.includes(event.kind)
  const row = table.row(event)
  if (isMachineTable(table)) return places.refusalOf({ row, table, isOpening })
  const unknown = table.columns.find(
    ({ required, code, field }) => required && code && isOpening && codes.idOf(code, row[field]) === null,
  )
  if (!unknown) return undefined
  const { name } = link.peer
  return (
    `${name} has no user ${row[unknown.field]} in this organization, who would have to stand in ${table.name}.${unknown.name}; ` +
    "check the station's own user in its map; where the user was deleted in the MES, nobody can be named any more: discard the scan"
  )
}
