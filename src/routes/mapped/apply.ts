/** Brings a run of events into a site's tables within the transaction that is open: all that can be written, or none. */
import { isUnreadable } from '../../domain/events/event.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { isText } from '../../postgres/encoding.ts'
import { answers, undoable } from '../../postgres/transaction.ts'
import { lookUp } from './lookups.ts'
import type { RowAction } from './mapped-route.ts'
import { grouped, type PlannedRow, planned, portions } from './plan.ts'
import { lookupsOf, type MappedTarget, valuesOf } from './target.ts'
import { updateKey } from './update-key.ts'
import { type Lookups, sentValue, Unwritable } from './values.ts'
import { type ReadyRow, requireLengths, writeGroup } from './write.ts'

/** Events that are not written, each with why. Of the rows of one event all are written, or none. */
type LeftOut = ReadonlyMap<StoredEvent, string>

/** After so many tries with ever fewer events, each of them is tried alone. */
const TRIES_MAX = 3

/**
 * Writes what becomes of these events, but for those that cannot be written: a lookup finds nothing, a row to change is not there, a
 * routine says no. Constraints that were deferred are checked before it returns, so that COMMIT finds nothing new.
 * @throws DestinationError when the server refuses any of the others
 */
export async function applyEvents(target: MappedTarget, events: readonly StoredEvent[]): Promise<LeftOut> {
  const unread = events.flatMap((stored) =>
    isUnreadable(stored.event) ? [[stored, `the event cannot be read: ${stored.event.why}`] as const] : [],
  )
  const rows = events.flatMap((event) => planned(target.rows, event, target.origin))
  const leftOut = rows.length === 0 ? new Map() : await writeAll(target, rows)
  return new Map([...unread, ...leftOut])
}

async function writeAll(target: MappedTarget, rows: readonly PlannedRow[]): Promise<LeftOut> {
  const leftOut = new Map<StoredEvent, string>()
  let waiting = rows
  for (let tries = 1; tries <= TRIES_MAX && waiting.length > 0; tries++) {
    const { refused, isHalfWritten, isOutOfTurn } = await tryRows(target, portions(waiting))
    if (isOutOfTurn) break
    for (const [event, reason] of refused) leftOut.set(event, reason)
    if (!isHalfWritten) return leftOut
    waiting = waiting.filter(({ event }) => !refused.has(event))
  }
  for (const own of Map.groupBy(waiting, ({ event }) => event).values()) {
    const oneByOne = own.map((row) => [row])
    for (const [event, reason] of (await tryRows(target, oneByOne)).refused) leftOut.set(event, reason)
  }
  return leftOut
}

interface Tried {
  readonly refused: LeftOut
  /** Whether rows of a refused event were written, or of one that came after it: then all that was written is taken back. */
  readonly isHalfWritten: boolean
  /** Whether rows would be others if each were written before the next one is made: all that was written is taken back too. */
  readonly isOutOfTurn: boolean
}

/** A try that can only be refused by the server needs no savepoint. */
async function tryRows(target: MappedTarget, parts: readonly (readonly PlannedRow[])[]): Promise<Tried> {
  const work = () => writePortions(target, parts)
  const mayBeHalfWritten =
    parts.length > 1 ||
    parts.some((rows) => rows.some(({ spec }) => spec.does.kind !== 'insert') || mayReadItself(target, rows))
  return mayBeHalfWritten
    ? undoable(target.link, work, ({ isHalfWritten, isOutOfTurn }) => isHalfWritten || isOutOfTurn)
    : work()
}

async function writePortions(
  target: MappedTarget,
  parts: readonly (readonly PlannedRow[])[],
): Promise<Tried> {
  const refused = new Map<StoredEvent, string>()
  let isHalfWritten = false
  let isWritten = false
  for (const part of parts) {
    const open = part.filter(({ event }) => !refused.has(event))
    const lookups = await lookUp(target, open)
    const ready = readyRows(target, open, lookups, refused)
    // An event whose other rows are written already is refused as a whole.
    if (isWritten && ready.length < open.length) isHalfWritten = true
    for (const [{ event }, reason] of await write(target, ready)) {
      refused.set(event, reason)
      isHalfWritten = true
    }
    isWritten ||= ready.length > 0
    if (mayReadItself(target, open) && (await findsOther(target, open, lookups)))
      return { refused, isHalfWritten, isOutOfTurn: true }
  }
  return { refused, isHalfWritten, isOutOfTurn: false }
}

/** Whether rows may find what others of them have written: by a trigger, through a view, in a partition. */
function mayReadItself({ catalogue }: MappedTarget, rows: readonly PlannedRow[]): boolean {
  if (rows.length < 2) return false
  const actions = [...new Set(rows.map(({ spec }) => spec.does))]
  const read = actions.flatMap(lookupsOf).map(({ table }) => table)
  const written = actions.flatMap((does) => (does.kind === 'call' ? [] : [does.table]))
  return read.length > 0 && [...read, ...written].some((name) => !catalogue.table(name).isPlain)
}

/** Whether lookups find something else now that the rows are written. */
async function findsOther(
  target: MappedTarget,
  rows: readonly PlannedRow[],
  before: Lookups,
): Promise<boolean> {
  const now = await lookUp(target, rows)
  return rows.some((row) => madeOf(row, before) !== madeOf(row, now))
}

function madeOf({ spec, fields }: PlannedRow, lookups: Lookups): string {
  try {
    return JSON.stringify(valuesOf(spec.does).map(({ value }) => sentValue(value, { fields, lookups })))
  } catch (error) {
    if (error instanceof Unwritable) return error.message
    throw error
  }
}

/** The rows whose values can be made; the events of the others are noted as refused, and no row of theirs is among these. */
function readyRows(
  target: MappedTarget,
  rows: readonly PlannedRow[],
  lookups: Lookups,
  refused: Map<StoredEvent, string>,
): readonly ReadyRow[] {
  const ready = rows.flatMap((row) => {
    try {
      return [readyRow(target, row, lookups)]
    } catch (error) {
      if (!(error instanceof Unwritable)) throw error
      refused.set(row.event, error.message)
      return []
    }
  })
  return ready.filter(({ event }) => !refused.has(event))
}

function readyRow(target: MappedTarget, row: PlannedRow, lookups: Lookups): ReadyRow {
  const { does } = row.spec
  const named = valuesOf(does)
  const values = named.map(({ value }) => sentValue(value, { fields: row.fields, lookups }))
  for (const [index, value] of values.entries()) {
    if (value === null || isText(value)) continue
    throw new Unwritable(
      `${named[index]?.name} would hold a character that no PostgreSQL takes: NUL, or half of one`,
    )
  }
  const { title, holding } = holdingOf(target, does)
  requireLengths(
    title,
    holding,
    named.map(({ name }, index) => [name, values[index] ?? null]),
  )
  const key = does.kind === 'update' ? updateKey(does, target.catalogue.table(does.table), values) : null
  return { ...row, values, key }
}

/** What the values go into, and how it is called in messages. */
function holdingOf({ catalogue }: MappedTarget, does: RowAction) {
  if (does.kind !== 'call') {
    const { title, columns } = catalogue.table(does.table)
    return { title, holding: columns }
  }
  const given = does.arguments.map(({ name }) => name)
  const { title, inputs } = catalogue.routine(does.routine, given)
  return { title, holding: inputs }
}

/** Sent before the first is answered. The server takes them in this order, so the first refusal is the cause. */
async function write(target: MappedTarget, rows: readonly ReadyRow[]) {
  if (rows.length === 0) return []
  const groups = grouped(rows)
  const sent = groups.map((group) => writeGroup(target, group))
  const checked = target.link.script('SET CONSTRAINTS ALL IMMEDIATE').then(() => [])
  return (await answers([...sent, checked])).flat()
}
