/**
 * Reads what central's tables say, for audit, adoption and the quarantine: rows of machines, and what is set aside.
 *
 * A connection of its own that only ever reads, in transactions that the server keeps from writing; it takes no lock, so it
 * is safe beside a running gateway.
 */
import { escapeLiteral } from 'pg'
import type { QuarantinedEvent, QuarantineKey, StreamHead } from '../../domain/destination.ts'
import type { EventCodec } from '../../domain/events/codec.ts'
import { eventCodec } from '../../domain/events/index.ts'
import type { Recipient } from '../../domain/recipient.ts'
import { repertoireOf } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { headOf, Stream } from '../../postgres/stream.ts'
import { reading } from '../../postgres/transaction.ts'
import { placeText, spansText } from './places-sql.ts'
import { recipientOn, refuseThePast } from './recipient.ts'
import { primarySettings } from './route.ts'
import { type MesSchema, mesSchema } from './schema.ts'
import { quarantinedEvent } from './session.ts'
import type { CentralSettings } from './settings.ts'
import { columnsOf, type MesColumn, type MesRow, type MesTable } from './tables/table.ts'
import { beginText, findTenant, type Tenant } from './tenant.ts'
import { timeText } from './time-text.ts'

/** Questions to central. Each throws a DestinationError when the link breaks. */
export interface Ledger extends AsyncDisposable {
  /** How far this gateway's stream has come; undefined when central knows none. */
  head(): Promise<StreamHead | undefined>
  /**
   * The newest row of each machine in a table, of whoever wrote it, by the machine's code. A machine that central does not
   * know, or has no row of, is not in it.
   */
  latest(table: MesTable, machines: readonly string[]): Promise<ReadonlyMap<string, MesRow>>
  /** Every row that has the key of one of these; it comes twice where central has the row twice. */
  rows(table: MesTable, keys: readonly MesRow[]): Promise<readonly MesRow[]>
  /** Every row that has the time of one of these, of whatever machine; its code is the present one. */
  rowsAt(table: MesTable, keys: readonly MesRow[]): Promise<readonly MesRow[]>
  /** Rows set aside and not released, after a key, in key order. */
  quarantined(after: QuarantineKey | undefined, limit: number): Promise<readonly QuarantinedEvent[]>
  /** Rows that were set aside and that somebody has given up since. */
  discarded(): Promise<readonly QuarantinedEvent[]>
}

/**
 * @param last whom the log was delivered to last, as for {@link Destination.connect}
 * @throws DestinationError `wait`
 */
export function openLedger(
  settings: CentralSettings,
  signal: AbortSignal,
  last?: Recipient,
  codec: EventCodec = eventCodec,
): Promise<Ledger> {
  return onPrimary(primarySettings(settings), signal, async ({ link }) => {
    const tenant = await findTenant(link, settings)
    if (last) refuseThePast(link, await recipientOn(link, settings, tenant), last)
    return ledgerOn(link, settings, { tenant, codec })
  })
}

/** Rows of the quarantine asked for at a time. */
const PAGE_ROWS = 500

/** Every row that is set aside, page by page. */
export async function* allQuarantined(ledger: Ledger): AsyncGenerator<QuarantinedEvent> {
  let after: QuarantineKey | undefined
  do {
    const rows = await ledger.quarantined(after, PAGE_ROWS)
    yield* rows
    after = rows.length < PAGE_ROWS ? undefined : rows.at(-1)
  } while (after)
}

async function ledgerOn(
  link: Link,
  settings: CentralSettings,
  { tenant, codec }: { readonly tenant: Tenant; readonly codec: EventCodec },
): Promise<Ledger> {
  const { organizationId } = tenant
  const repertoire = await repertoireOf(link)
  const stream = new Stream(link, organizationId, settings.gateway, repertoire)
  const written = { schema: mesSchema(settings.schema, tenant), gateway: settings.gateway }
  const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
  const select = async (text: string, values: readonly unknown[]) => {
    const answer = await reading(link, begin, () => link.query<MesRow>(text, [organizationId, ...values]))
    return answer.rows
  }
  /** A server that lacks a character of a code cannot be asked for it. No row of that machine is there. */
  const askable = async <Asked>(asked: readonly Asked[], codeOf: (one: Asked) => unknown) => {
    if (repertoire === 'unicode') return asked
    const known = new Set((await select(knownCodesText(written), [])).map(({ machine }) => machine))
    return asked.filter((one) => known.has(String(codeOf(one))))
  }
  return {
    head: async () => headOf((await reading(link, begin, () => link.query(stream.headText))).rows[0]),
    latest: async (table, codes) => {
      const machines = await askable(codes, (code) => code)
      const rows = await select(latestText(written, table), [machines])
      return new Map(rows.map((row) => [String(row.machine), row]))
    },
    rows: async (table, wanted) => {
      const keys = await askable(wanted, ({ machine }) => machine)
      if (keys.length === 0) return []
      const key = columnsOf(table, 'key')
      const lists = key.map(({ field }) => keys.map((row) => row[field]))
      return select(byKeyText(written, table), [...lists, ...bounds(keys)])
    },
    rowsAt: async (table, keys) =>
      keys.length === 0
        ? []
        : await select(byTimeText(written, table), [keys.map(({ at }) => at), ...bounds(keys)]),
    quarantined: async (after, limit) => {
      const rows = await reading(link, begin, () => stream.quarantined(after, limit))
      return rows.map((row) => quarantinedEvent(row, codec))
    },
    discarded: async () => {
      const rows = await reading(link, begin, () => stream.discarded())
      return rows.map((row) => quarantinedEvent(row, codec))
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** The earliest and the latest time: they spare a hypertable from looking into chunks of other times. */
function bounds(keys: readonly MesRow[]): readonly (string | undefined)[] {
  const times = keys.map(({ at }) => String(at)).sort()
  return [times[0], times.at(-1)]
}

interface Written {
  readonly schema: MesSchema
  readonly gateway: string
}

/** Every code that a row may be asked for by, of now and of before. $1 is the organization. */
function knownCodesText({ schema, gateway }: Written): string {
  return `SELECT machine_code AS machine FROM ${schema.machines} WHERE organization_id = $1
    UNION SELECT machine_code FROM edge_gateway.machine
    WHERE organization_id = $1 AND gateway_id = ${escapeLiteral(gateway)}`
}

/** $1 is the organization, $2 the machines' codes. */
function latestText(written: Written, table: MesTable): string {
  const { schema } = written
  const time = timeColumn(table)
  const columns = table.columns.filter(({ code }) => code !== 'machine').map(({ name }) => name)
  return `SELECT DISTINCT ON (k.machine) ${shownColumns(table)} FROM unnest($2::text[]) AS k (machine)
    CROSS JOIN LATERAL (${spansText(written, 'k.machine')}) AS span
    CROSS JOIN LATERAL (
      SELECT ${columns.join(', ')} FROM ${schema.table(table.name)}
      WHERE organization_id = $1 AND machine_id = span.machine_id AND (span.until IS NULL OR ${time} < span.until)
      ORDER BY ${time} DESC LIMIT 1) t
    ${workOrderJoin(schema, table)}
    ORDER BY k.machine, t.${time} DESC`
}

/** $1 is the organization, then a list for each column of the key, then the bounds of the time. */
function byKeyText(written: Written, table: MesTable): string {
  const { schema } = written
  const key = columnsOf(table, 'key')
  const time = timeColumn(table)
  const lists = key.map(({ type, code }, index) => `$${index + 2}::${code ? 'text' : type}[]`)
  const at = `k."${key.at(-1)?.field}"`
  const matches = key.map(({ name, field, code }) => {
    const hasCode = (column: string) => `${column} = k."${field}"`
    return `t.${name} = ${code ? placeText(written, { hasCode, at }) : `k."${field}"`}`
  })
  return `SELECT ${shownColumns(table)}
    FROM unnest(${lists.join(', ')}) AS k (${key.map(({ field }) => `"${field}"`).join(', ')})
    JOIN ${schema.table(table.name)} t ON t.organization_id = $1 AND ${matches.join(' AND ')}
      AND t.${time} BETWEEN $${key.length + 2}::timestamptz AND $${key.length + 3}::timestamptz
    ${workOrderJoin(schema, table)}`
}

/** $1 is the organization, $2 the times, then their bounds. */
function byTimeText({ schema }: Written, table: MesTable): string {
  const time = timeColumn(table)
  return `SELECT ${shownColumns(table)} FROM ${schema.table(table.name)} t
    JOIN (SELECT id, organization_id, machine_code AS machine FROM ${schema.machines}) k
      ON k.organization_id = $1 AND k.id = t.machine_id
    ${workOrderJoin(schema, table)}
    WHERE t.organization_id = $1 AND t.${time} = ANY ($2::timestamptz[])
      AND t.${time} BETWEEN $3::timestamptz AND $4::timestamptz`
}

function timeColumn(table: MesTable): string {
  return columnsOf(table, 'key').at(-1)?.name ?? ''
}

function workOrderJoin({ workOrders }: MesSchema, { columns }: MesTable): string {
  const column = columns.find(({ code }) => code === 'work order')
  return column ? `LEFT JOIN ${workOrders} w ON w.organization_id = $1 AND w.id = t.${column.name}` : ''
}

function shownColumns({ columns }: MesTable): string {
  return columns.map((column) => `${shown(column)} AS "${column.field}"`).join(', ')
}

/** A column as rows carry it: codes in place of ids (as they were asked for), times as UTC text with milliseconds. */
function shown({ name, field, type, code }: MesColumn): string {
  if (code === 'machine') return `k."${field}"`
  if (code === 'work order') return 'w.work_order_number'
  if (type === 'timestamptz') return timeText(`t.${name}`)
  return `t.${name}`
}
