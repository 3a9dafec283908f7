/** Which changes may be made with one statement: those that cannot be about the same row. Pure. */
import type { SiteTable } from './catalogue.ts'
import type { UpdateAction } from './mapped-route.ts'
import { ALONE } from './plan.ts'
import type { SentValue } from './values.ts'

const INTEGER = /^(0|-?[1-9][0-9]*)$/
const UTC_TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Texts that the server reads as different values wherever they differ, by type; of other types, `1` may be `01`, and `a` be `A`. */
const UNAMBIGUOUS: Readonly<Record<string, RegExp>> = {
  text: /^/,
  'character varying': /^/,
  smallint: INTEGER,
  integer: INTEGER,
  bigint: INTEGER,
  'timestamp with time zone': UTC_TIME,
  'timestamp without time zone': UTC_TIME,
  uuid: UUID,
}

/**
 * What finds the row, such that changes with different keys are about different rows, in whatever order they are made. Where that is
 * not certain, or a change makes another key of what it was found by, it is {@link ALONE}.
 */
export function updateKey({ key, columns }: UpdateAction, table: SiteTable, values: readonly SentValue[]) {
  const isSafe = key.every(({ name, value }, index) => {
    if (value.kind === 'constant') return true
    const form = UNAMBIGUOUS[table.columns.get(name)?.base ?? '']
    return form?.test(values[index] ?? '') === true && !columns.some((column) => column.name === name)
  })
  return isSafe ? JSON.stringify(values.slice(0, key.length)) : ALONE
}
