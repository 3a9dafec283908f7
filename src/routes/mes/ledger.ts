/**
 * Reads what central's tables say, for audit, adoption and the quarantine: rows of machines and scans, and what is set aside.
 *
 * A connection of its own that only ever reads, in transactions that the server keeps from writing; it takes no lock, so it
 * is safe beside a running gateway.
 */
import type { QuarantinedEvent, QuarantineKey, StreamHead } from '../../domain/destination.ts'
import { eventCodec } from '../../domain/events/index.ts'
import { readSetAside } from '../../domain/events/set-aside.ts'
import type { Recipient } from '../../domain/recipient.ts'
import { repertoireOf } from '../../postgres/encoding.ts'
import type { Link } from '../../postgres/link.ts'
import { onPrimary } from '../../postgres/primary.ts'
import { headOf, Stream } from '../../postgres/stream.ts'
import { reading } from '../../postgres/transaction.ts'
import { byKeyText, byTimeText, keyValue, knownCodesText, latestText, type Written } from './ledger-sql.ts'
import { recipientOn, refuseThePast } from './recipient.ts'
import { MES_RIGHTS } from './rights.ts'
import { type MesParts, primarySettings } from './route.ts'
import { mesSchema } from './schema.ts'
import type { CentralSettings } from './settings.ts'
import { tableAccess } from './table-access.ts'
import { MES_TABLES } from './tables/index.ts'
import { columnsOf, isMachineTable, type MesRow, type MesTable } from './tables/table.ts'
import { beginText, findTenant, type Tenant } from './tenant.ts'

/** Questions to central. Each throws a DestinationError when the link breaks. */
export interface Ledger extends AsyncDisposable {
  /** How far this gateway's stream has come; undefined when central knows none. */
  head(): Promise<StreamHead | undefined>
  /**
   * The newest row of each machine in a table of theirs, of whoever wrote it, by the machine's code. A machine that central does
   * not know, or has no row of, is not in it.
   */
  latest(table: MesTable, machines: readonly string[]): Promise<ReadonlyMap<string, MesRow>>
  /** Every row that has the key of one of these; it comes twice where central has the row twice. */
  rows(table: MesTable, keys: readonly MesRow[]): Promise<readonly MesRow[]>
  /** Every row that has the time of one of these, of whatever machine or station; a machine's code is the present one. */
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
  { tables = MES_TABLES, codec = eventCodec }: MesParts = {},
): Promise<Ledger> {
  return onPrimary(primarySettings(settings), signal, async ({ link }) => {
    const tenant = await findTenant(link, settings)
    if (last) refuseThePast(link, await recipientOn(link, settings, tenant), last)
    return ledgerOn(link, settings, { tenant, tables, codec })
  })
}

/** Rows of the quarantine asked for at a time. */
const PAGE_ROWS = 500

/** Every row that is set aside, page by page. */
export async function* allQuarantined(ledger: Pick<Ledger, 'quarantined'>): AsyncGenerator<QuarantinedEvent> {
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
  { tenant, tables, codec }: { readonly tenant: Tenant } & Required<Pick<MesParts, 'tables' | 'codec'>>,
): Promise<Ledger> {
  const { organizationId } = tenant
  const repertoire = await repertoireOf(link)
  const stream = new Stream(link, organizationId, settings.gateway, repertoire)
  const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
  const schema = mesSchema(settings.schema, tenant)
  const names = [...MES_RIGHTS, ...tables].map(({ name }) => name)
  const access = await reading(link, begin, () => tableAccess(link, schema, names))
  const written: Written = { schema, gateway: settings.gateway, access }
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
      const keys = isMachineTable(table) ? await askable(wanted, ({ machine }) => machine) : wanted
      if (keys.length === 0 || !access.has(table.name)) return []
      const key = columnsOf(table, 'key')
      const lists = key.map((column) => keys.map((row) => keyValue(column, row)))
      return select(byKeyText(written, table), [...lists, ...bounds(keys)])
    },
    rowsAt: async (table, keys) =>
      keys.length === 0 || !access.has(table.name)
        ? []
        : await select(byTimeText(written, table), [keys.map(({ at }) => at), ...bounds(keys)]),
    quarantined: async (after, limit) => {
      const rows = await reading(link, begin, () => stream.quarantined(after, limit))
      return rows.map((row) => ({ ...row, ...readSetAside(row.event, codec) }))
    },
    discarded: async () => {
      const rows = await reading(link, begin, () => stream.discarded())
      return rows.map((row) => ({ ...row, ...readSetAside(row.event, codec) }))
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** The earliest and the latest time: they spare a hypertable from looking into chunks of other times. */
function bounds(keys: readonly MesRow[]): readonly (string | undefined)[] {
  const times = keys.map(({ at }) => String(at)).sort()
  return [times[0], times.at(-1)]
}
