/** The tables of the model of central: what is committed, and which events its checks refuse. */
import type { Incident, QuarantinedEvent, QuarantineKey, StreamHead } from '../../src/domain/destination.ts'
import { DestinationError, type Refusal } from '../../src/domain/errors.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { StatusFindings } from '../../src/domain/events/status.ts'
import type { StoredEvent } from '../../src/domain/outbox.ts'
import { ownerCode } from '../../src/domain/owner.ts'

export interface LandedEvent {
  readonly seq: number
  readonly event: Event
  /** It landed by way of the quarantine, so it may be out of order. */
  late: boolean
}

/** All that is committed. Replaced as a whole by a restore. */
export interface Database {
  stream: StreamHead | undefined
  /** The stream row as an administrator deleted it, for the operator who puts it back. */
  deleted: StreamHead | undefined
  landed: readonly LandedEvent[]
  quarantine: readonly (QuarantinedEvent & { readonly released: boolean })[]
  incidents: readonly Incident[]
}

export function refusal(refused: Refusal, sqlstate: string, message: string): DestinationError {
  return new DestinationError('central-refused', message, { refusal: refused, sqlstate })
}

/** Why the first refused event is refused: for itself, for its machine, or for the row that it amends. */
export function refusalOf(
  events: readonly StoredEvent[],
  view: Database,
  machines: ReadonlySet<string>,
): DestinationError | undefined {
  const opened = new Set<string>()
  for (const { event } of view.landed) if (event.kind === 'status.opened') opened.add(rowKey(event))
  for (const { event } of events) {
    const machine = ownerCode(event.subject)
    if (!machines.has(machine)) return refusal('row', '23503', `central does not know ${machine}`)
    if (isBad(event)) return refusal('row', '23514', 'a check refuses the row')
    if (event.kind === 'status.opened') opened.add(rowKey(event))
    else if (!opened.has(rowKey(event))) return refusal('row', 'P0002', 'the row that it amends is not there')
  }
  return undefined
}

/** Whether a check of the site's own refuses the row for ever. */
export function isBad(event: Event): boolean {
  return (event as Partial<StatusFindings>).remark?.includes('bad') ?? false
}

export function rowKey({ subject, at }: Event): string {
  return `${subject} ${at}`
}

export function asLanded({ seq, event }: StoredEvent): LandedEvent {
  return { seq, event, late: false }
}

export function unreleased(database: Database) {
  return database.quarantine.filter((row) => !row.released).sort((a, b) => a.seq - b.seq)
}

export function isAfter(row: QuarantineKey, after: QuarantineKey | undefined): boolean {
  return (
    !after ||
    row.incarnation > after.incarnation ||
    (row.incarnation === after.incarnation && row.seq > after.seq)
  )
}

export function released(before: Database, incarnation: string, seq: number): Database {
  return {
    ...before,
    landed: before.landed.map((row) => (row.seq === seq ? { ...row, late: true } : row)),
    quarantine: before.quarantine.map((row) =>
      row.incarnation === incarnation && row.seq === seq ? { ...row, released: true } : row,
    ),
  }
}

/** Rows in quarantine count as held: without its stream row, central must not get them a second time. */
export function holds(database: Database, events: readonly Event[]): boolean {
  const keys = new Set(events.map(rowKey))
  return [...database.landed, ...database.quarantine].some(({ event }) => keys.has(rowKey(event)))
}
