/**
 * Looks for rows of a route in its tables. Where the row of the stream is missing, that tells a database that was restored to an older
 * state from one whose stream row somebody deleted.
 */
import { DestinationError } from '../../domain/errors.ts'
import type { Event } from '../../domain/events/event.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import { storedText } from '../../postgres/encoding.ts'
import { quoteName } from '../../postgres/names.ts'
import { byColumn } from '../../postgres/table-writer.ts'
import { reading } from '../../postgres/transaction.ts'
import { columnOf } from './catalogue.ts'
import type { InsertAction, NamedValue } from './mapped-route.ts'
import { planned } from './plan.ts'
import type { MappedTarget } from './target.ts'
import { type Making, sentValue, Unwritable } from './values.ts'

/** On whose behalf is asked. */
interface Asking {
  /** The name of the stream. */
  readonly stream: string
  /** Whether anything was delivered to this database before. */
  readonly hasDelivered: boolean
}

/**
 * Whether any row of these events is there, or set aside there. Only rows that were inserted with a time of the event are found again
 * by what they hold, if the role may read them. Whether a call or a change was made cannot be seen afterwards: where anything was
 * delivered before, it counts as made, so that people are asked and nothing is done twice.
 */
export async function holdsAny(
  target: MappedTarget,
  { stream, hasDelivered }: Asking,
  events: readonly Event[],
): Promise<boolean> {
  const rows = events.flatMap((event) => planned(target.rows, asStored(event), target.origin))
  if (rows.length === 0) return false
  if (await isSetAside(target, stream, events)) return true
  for (const [{ does }, own] of Map.groupBy(rows, ({ spec }) => spec)) {
    const columns = does.kind === 'insert' ? tellingColumns(does) : []
    if (does.kind !== 'insert' || columns.length === 0) {
      if (hasDelivered) return true
      continue
    }
    const values = own.flatMap(({ fields }) => valuesOf(columns, { fields, lookups: () => null }))
    const held = values.length > 0 && (await hasRow(target, does, columns, values))
    if (held === true || (held === 'unknown' && hasDelivered)) return true
  }
  return false
}

/** What is asked for here is nothing that the log numbers or dates. */
function asStored(event: Event): StoredEvent {
  return { seq: 0, event, capturedAtMs: 0, hash: new Uint8Array() }
}

/** Fields that are made of more than what the event says. */
const OF_THE_LOG = ['id', 'captured_at']

/** The columns that say which event a row is of; none where they do not say when it happened. */
function tellingColumns({ columns }: InsertAction): readonly NamedValue[] {
  const own = columns.filter(({ value }) => value.kind === 'field' && !OF_THE_LOG.includes(value.field))
  const isTime = (field: string) => field === 'at' || field.endsWith('_at')
  return own.some(({ value }) => value.kind === 'field' && isTime(value.field)) ? own : []
}

function valuesOf(columns: readonly NamedValue[], making: Making) {
  try {
    return [columns.map(({ value }) => sentValue(value, making))]
  } catch (error) {
    if (error instanceof Unwritable) return []
    throw error
  }
}

/** `unknown` where the role may not read what it inserts, or the values cannot be compared. */
async function hasRow(
  { link, begin, catalogue }: MappedTarget,
  { table: name }: InsertAction,
  columns: readonly NamedValue[],
  values: readonly (readonly (string | null)[])[],
): Promise<boolean | 'unknown'> {
  const table = catalogue.table(name)
  const isItsRow = columns.map(
    (column, index) =>
      `t.${quoteName(column.name)} IS NOT DISTINCT FROM e.v${index}::${columnOf(link, table, column.name).base}`,
  )
  const text = `SELECT 1 AS held FROM unnest(${columns.map((_, index) => `$${index + 1}::text[]`).join(', ')})
      AS e (${columns.map((_, index) => `v${index}`).join(', ')})
    JOIN ${table.sql} AS t ON ${isItsRow.join(' AND ')} LIMIT 1`
  try {
    const { rows } = await reading(link, begin, () => link.query(text, byColumn(columns, values)))
    return rows.length > 0
  } catch (error) {
    if (error instanceof DestinationError && error.sqlstate !== null) return 'unknown'
    throw error
  }
}

async function isSetAside(
  { link, begin, organizationId, repertoire }: MappedTarget,
  stream: string,
  events: readonly Event[],
): Promise<boolean> {
  const { rows } = await reading(link, begin, () =>
    link.query(
      `SELECT 1 AS held FROM unnest($3::text[], $4::text[], $5::text[]) AS e (kind, subject, at)
       JOIN edge_gateway.quarantine q ON q.organization_id = $1 AND q.gateway_id = $2
         AND q.event ->> 'kind' = e.kind AND q.event ->> 'subject' = e.subject AND q.event ->> 'at' = e.at LIMIT 1`,
      [
        organizationId,
        stream,
        events.map(({ kind }) => kind),
        events.map(({ subject }) => storedText(subject, repertoire)),
        events.map(({ at }) => storedText(at, repertoire)),
      ],
    ),
  )
  return rows.length > 0
}
