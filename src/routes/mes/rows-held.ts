/**
 * Looks for rows of ours in central. Where the stream row is missing, that tells a central that was restored to an older state
 * from one whose stream row somebody deleted.
 */
import type { Event } from '../../domain/events/event.ts'
import { ownerCode } from '../../domain/owner.ts'
import { isText, storedText } from '../../postgres/encoding.ts'
import { placeText } from './places-sql.ts'
import { columnsOf, type MesTable, takesKind } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/** Times as central can read them. It never took an event with another one. */
const READABLE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/

/** Whether any of these events' rows are in central: in its tables, or set aside there. */
export async function holdsAny(target: MesTarget, events: readonly Event[]): Promise<boolean> {
  const { repertoire } = target
  const { present, kinds } = target.tables
  const readable = events.filter(
    ({ at, subject, kind }) => kinds.includes(kind) && READABLE_TIME.test(at) && isText(subject),
  )
  if (readable.length === 0) return false
  const values: unknown[] = [target.organizationId]
  const parameter = (value: readonly unknown[], type: string) => `$${values.push(value)}::${type}[]`
  const texts = (textOf: (event: Event) => string) =>
    parameter(
      readable.map((event) => storedText(textOf(event), repertoire)),
      'text',
    )
  const inTables = present.flatMap((table) => {
    const own = readable.filter(({ kind }) => takesKind(table, kind))
    if (own.length === 0) return []
    // As bytes, because a server that lacks a character of one cannot be asked for it as a text.
    const codes = parameter(
      own.map((event) => Buffer.from(keyCode(table, event))),
      'bytea',
    )
    const times = parameter(
      own.map(({ at }) => at),
      'text',
    )
    return [isInTable(target, table, codes, times)]
  })
  const setAside = isSetAside({
    subjects: texts(({ subject }) => subject),
    codes: texts(({ subject }) => ownerCode(subject)),
    times: texts(({ at }) => at),
    kinds: parameter(kinds, 'text'),
    routes: parameter([`${target.gateway}/`], 'text'),
  })
  const tests = [...inTables, setAside]
  const { rows } = await target.link.query<{ held: boolean }>(`SELECT ${tests.join(' OR ')} AS held`, values)
  return rows[0]?.held ?? false
}

/** What a row is found by, besides its time. */
function keyCode(table: MesTable, event: Event): string {
  const [code] = columnsOf(table, 'key')
  return String(table.row(event)[code?.field ?? ''])
}

function isInTable(target: MesTarget, table: MesTable, codes: string, times: string): string {
  const [code, time] = columnsOf(table, 'key')
  const at = 'e.at::timestamptz'
  const hasCode = (column: string) => `convert_to(${column}, 'UTF8') = e.code`
  const isItsRow =
    code?.code === 'machine'
      ? `t.${code.name} = ${placeText(target, { hasCode, at })}`
      : hasCode(code?.derived?.('t') ?? `t.${code?.name}`)
  return `EXISTS (
    SELECT FROM unnest(${codes}, ${times}) AS e (code, at)
    JOIN ${target.schema.table(table.name)} t ON t.organization_id = $1 AND ${isItsRow} AND t.${time?.name} = ${at})`
}

/** The events that are asked for, as lists in a statement, and what is asked of them. */
interface AskedEvents {
  readonly subjects: string
  readonly codes: string
  readonly times: string
  readonly kinds: string
  /** How the names of this gateway's other streams begin. */
  readonly routes: string
}

/**
 * Events of version 0 had their machine and their time under other names. The streams of this gateway's other routes are called
 * GATEWAY/ROUTE: what they have set aside says nothing of rows of the MES.
 */
function isSetAside({ subjects, codes, times, kinds, routes }: AskedEvents): string {
  return `EXISTS (
    SELECT FROM unnest(${subjects}, ${codes}, ${times}) AS e (subject, code, at)
    JOIN edge_gateway.quarantine q ON q.organization_id = $1 AND q.event ->> 'kind' = ANY (${kinds})
      AND NOT starts_with(q.gateway_id, (${routes})[1])
      AND (q.event ->> 'subject' = e.subject OR q.event ->> 'subject' IS NULL AND q.event ->> 'machine' = e.code)
      AND coalesce(q.event ->> 'at', q.event ->> 'changedAt', q.event ->> 'startedAt') = e.at)`
}
