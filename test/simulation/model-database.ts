/** The tables of the model of central: what is committed, and which events its checks refuse. */
import type {
  Incident,
  QuarantinedEvent,
  QuarantineKey,
  QuarantineSummary,
  RefusedEvent,
  StreamHead,
} from '../../src/domain/destination.ts'
import { DestinationError, type Refusal } from '../../src/domain/errors.ts'
import type { Event } from '../../src/domain/events/event.ts'
import type { StatusFindings } from '../../src/domain/events/status.ts'
import type { StoredEvent } from '../../src/domain/outbox.ts'
import { isMachine, ownerCode } from '../../src/domain/owner.ts'

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

export function refusal(
  refused: Refusal,
  sqlstate: string,
  message: string,
  refusedBy: string = message,
): DestinationError {
  return new DestinationError('central-refused', message, { refusal: refused, sqlstate, refusedBy })
}

/** What a run of events comes to: those that cannot be written, whatever the server says, and those that land. */
export interface Sifted {
  readonly leftOut: readonly RefusedEvent[]
  readonly landing: readonly StoredEvent[]
}

/** Leaves out events of unknown machines, and amendments of rows that are not there. */
export function sift(events: readonly StoredEvent[], view: Database, machines: ReadonlySet<string>): Sifted {
  const opened = new Set<string>()
  const isThere = (event: Event) => opened.has(rowKey(event)) || hasLanded(view, event)
  const leftOut: RefusedEvent[] = []
  const landing: StoredEvent[] = []
  for (const stored of events) {
    const { event } = stored
    const machine = ownerCode(event.subject)
    const isKnown = !isMachine(event.subject) || machines.has(machine)
    if (isKnown && opensRow(event)) opened.add(rowKey(event))
    const reason = isKnown ? 'the row that it amends is not there' : `central does not know ${machine}`
    if (isKnown && (!amendsRow(event) || isThere(event))) landing.push(stored)
    else leftOut.push({ event: stored, reason, sqlstate: null })
  }
  return { leftOut, landing }
}

/** Whether the row of an event is there. It is mostly one of the last. */
function hasLanded({ landed }: Database, { kind, subject, at }: Event): boolean {
  const [table] = kind.split('.')
  return (
    landed.findLast(
      ({ event }) => event.at === at && event.subject === subject && event.kind === `${table}.opened`,
    ) !== undefined
  )
}

/** What central refuses now. */
export interface Refusing {
  /** Machines that somebody has locked: nothing can be inserted for them. */
  readonly locked: ReadonlySet<string>
  /** The table takes no new row: its sequence is exhausted. */
  readonly table: boolean
}

/** The words of a table that takes no new row. */
export const TABLE_REFUSES = 'the sequence is exhausted'

/** Why the first refused event is refused: for itself, for somebody's lock, or by its table. */
export function refusalOf(
  events: readonly StoredEvent[],
  { locked, table }: Refusing,
): DestinationError | undefined {
  for (const { event } of events) {
    if (isBad(event)) return refusal('refused', 'MX001', `a trigger refuses ${rowKey(event)}`, 'a trigger')
    if (event.kind !== 'status.opened') continue
    if (table) return refusal('refused', '2200H', TABLE_REFUSES)
    if (locked.has(ownerCode(event.subject))) return refusal('locked', '55P03', 'lock timeout')
  }
  return undefined
}

/** Whether a check of the site's own refuses the row for ever. */
export function isBad(event: Event): boolean {
  return (event as Partial<StatusFindings>).remark?.includes('bad') ?? false
}

/** One row of one table. */
export function rowKey({ kind, subject, at }: Event): string {
  return `${kind.split('.')[0]} ${subject} ${at}`
}

function opensRow({ kind }: Event): boolean {
  return kind.endsWith('.opened')
}

function amendsRow({ kind }: Event): boolean {
  return kind.endsWith('.amended')
}

export function asLanded({ seq, event }: StoredEvent): LandedEvent {
  return { seq, event, late: false }
}

export function unreleased(database: Database) {
  return database.quarantine.filter((row) => !row.released).sort((a, b) => a.seq - b.seq)
}

export function summaryOf(database: Database, kinds: number): QuarantineSummary {
  const rows = unreleased(database)
  const byKind = Map.groupBy(rows, ({ event, reason }) => `${event.subject} ${reason}`)
  const refused = [...byKind.values()].flatMap((alike) => {
    const [first] = alike
    return first
      ? [{ machine: ownerCode(first.event.subject), reason: first.reason, count: alike.length }]
      : []
  })
  return { count: rows.length, refused: refused.slice(0, kinds) }
}

export function isAfter(row: QuarantineKey, after: QuarantineKey | undefined): boolean {
  return (
    !after ||
    row.incarnation > after.incarnation ||
    (row.incarnation === after.incarnation && row.seq > after.seq)
  )
}

export function released(before: Database, rows: readonly QuarantineKey[]): Database {
  const keys = new Set(rows.map(({ incarnation, seq }) => `${incarnation} ${seq}`))
  const seqs = new Set(rows.map(({ seq }) => seq))
  return {
    ...before,
    landed: before.landed.map((row) => (seqs.has(row.seq) ? { ...row, late: true } : row)),
    quarantine: before.quarantine.map((row) =>
      keys.has(`${row.incarnation} ${row.seq}`) ? { ...row, released: true } : row,
    ),
  }
}

/** Rows in quarantine count as held: without its stream row, central must not get them a second time. */
export function holds(database: Database, events: readonly Event[]): boolean {
  const keys = new Set(events.map(rowKey))
  return [...database.landed, ...database.quarantine].some(({ event }) => keys.has(rowKey(event)))
}
