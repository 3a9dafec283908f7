/** Which events become which rows, and in which portions they are written. Pure. */
import { isRecord } from '../../documents/draft.ts'
import { outward } from '../../domain/events/outward.ts'
import type { StoredEvent } from '../../domain/outbox.ts'
import type { ObjectName, RowAction, RowSpec } from './mapped-route.ts'
import { lookupsOf, type OriginNames } from './target.ts'
import { type FieldsOf, holds } from './values.ts'

/** An event that becomes a row, a change or a call. */
export interface PlannedRow {
  readonly event: StoredEvent
  readonly fields: FieldsOf
  readonly spec: RowSpec
}

/** What becomes of an event, in the order of the route's file. */
export function planned(
  rows: readonly RowSpec[],
  event: StoredEvent,
  origin: OriginNames,
): readonly PlannedRow[] {
  const outwardEvent = outward(event, origin)
  if (!outwardEvent) return []
  const fields = fieldsOf(outwardEvent.fields, origin)
  return rows
    .filter(({ on, when }) => on.includes(outwardEvent.kind) && holds(when, fields))
    .map((spec) => ({ event, fields, spec }))
}

/** A field by its name, one within a group with a point; and the names of where the event comes from. */
function fieldsOf(fields: Readonly<Record<string, unknown>>, { organization, plant }: OriginNames): FieldsOf {
  return (name) => {
    const own = ownOf(fields, name)
    if (own !== null) return own
    if (name === 'organization') return organization
    if (name === 'plant') return plant
    const [group = '', ...inside] = name.split('.')
    return inside.length > 0 ? ownOf(ownOf(fields, group), inside.join('.')) : null
  }
}

/** Never what every object has, such as `constructor`: names within a group are the site's own. */
function ownOf(of: unknown, name: string): unknown {
  return isRecord(of) && Object.hasOwn(of, name) ? (of[name] ?? null) : null
}

/**
 * Cuts rows where one looks something up that an earlier one may have written: it must be written before. The order is kept.
 */
export function portions<Row extends { readonly spec: RowSpec }>(
  rows: readonly Row[],
): readonly (readonly Row[])[] {
  const all: Row[][] = []
  let written = new Set<string>()
  for (const row of rows) {
    const { does } = row.spec
    const isToRead = lookupsOf(does).some(({ table }) => written.has(nameOf(table)) || written.has(ANYTHING))
    const current = isToRead ? undefined : all.at(-1)
    if (!current) written = new Set()
    written.add(writtenBy(does))
    if (current) current.push(row)
    else all.push([row])
  }
  return all
}

/** What a call writes, nobody here knows. */
const ANYTHING = '*'

function writtenBy(does: RowAction): string {
  return does.kind === 'call' ? ANYTHING : nameOf(does.table)
}

/** Names without a schema and the same with it count as two: at worst a portion more is written. */
function nameOf({ name }: ObjectName): string {
  return name
}

/** The key of a row that shares its statement with no other one. */
export const ALONE = 'alone'

/** Rows that are written with one statement. */
export interface RowGroup<Row> {
  readonly spec: RowSpec
  readonly rows: Row[]
}

/**
 * Gathers rows of one item of the file, so that few statements write many. A row may pass over rows of other tables, but neither over
 * one of its own table nor over a call; and no group has two rows of the same key.
 */
export function grouped<Row extends { readonly spec: RowSpec; readonly key: string | null }>(
  rows: readonly Row[],
): readonly RowGroup<Row>[] {
  const groups: (RowGroup<Row> & { readonly keys: Set<string> })[] = []
  for (const row of rows) {
    const own = writtenBy(row.spec.does)
    const blocking = groups.findLast(({ spec }) => {
      const other = writtenBy(spec.does)
      return own === ANYTHING || other === ANYTHING || other === own
    })
    const isOther = (keys: ReadonlySet<string>) =>
      row.key !== null && (row.key === ALONE || keys.has(ALONE) || keys.has(row.key))
    const isNew = blocking?.spec !== row.spec || isOther(blocking.keys)
    const group = isNew ? { spec: row.spec, rows: [], keys: new Set<string>() } : blocking
    if (isNew) groups.push(group)
    group.rows.push(row)
    if (row.key !== null) group.keys.add(row.key)
  }
  return groups
}
