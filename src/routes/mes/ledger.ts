/**
 * What central's tables say, for those who compare: the rows of machines, and what is set aside.
 *
 * A connection of its own that only ever reads, in transactions that the server keeps from writing; it takes no lock, so it
 * is safe beside a running gateway.
 */
import type { QuarantinedEvent, QuarantineKey, StreamHead } from '../../domain/destination.ts'
import type { Link } from '../../postgres/link.ts'
import { createStream, headOf } from '../../postgres/stream.ts'
import type { DowntimeRow, StatusRow } from './fold.ts'
import { type Tables, tablesIn } from './names.ts'
import { onPrimary } from './route.ts'
import type { CentralSettings } from './settings.ts'
import { beginText, findTenant } from './tenant.ts'

/** The newest rows of a machine, of whoever wrote them. */
export interface LatestRows {
  readonly status?: StatusRow
  readonly downtime?: DowntimeRow
}

/** Names a row of either table: a machine's code, and `changed_at` or `started_at` as events carry it. */
export interface RowKey {
  readonly machine: string
  readonly at: string
}

export interface Ledger extends AsyncDisposable {
  /** Where central stands in this gateway's stream; undefined when it has never heard of it. */
  head(): Promise<StreamHead | undefined>
  /** By machine; one that central does not know, or has no row of, is not in it. */
  latestRows(machines: readonly string[]): Promise<ReadonlyMap<string, LatestRows>>
  /** Every row that has one of these keys; a key comes twice where central has the row twice. */
  statusRows(keys: readonly RowKey[]): Promise<readonly StatusRow[]>
  downtimeRows(keys: readonly RowKey[]): Promise<readonly DowntimeRow[]>
  /** Rows set aside and not released, after a key, in key order. */
  quarantined(after: QuarantineKey | undefined, limit: number): Promise<readonly QuarantinedEvent[]>
}

/** @throws DestinationError `wait` */
export function openLedger(settings: CentralSettings, signal: AbortSignal): Promise<Ledger> {
  return onPrimary(settings, signal, async ({ link }) => ledgerOn(link, settings))
}

async function ledgerOn(link: Link, settings: CentralSettings): Promise<Ledger> {
  const tenant = await findTenant(link, settings)
  const { organizationId } = tenant
  const stream = createStream(link, organizationId, settings.gateway)
  const sql = selections(tablesIn(settings.schema))
  const begin = `${beginText(tenant)} SET TRANSACTION READ ONLY`
  const reading = async <T>(read: () => Promise<T>): Promise<T> => {
    await link.script(begin)
    const found = await read()
    await link.script('ROLLBACK')
    return found
  }
  const rows = async <Row extends object>(text: string, values: readonly unknown[]) =>
    (await reading(() => link.query<Row>(text, [organizationId, ...values]))).rows
  const byKeys = async <Row extends object>(text: string, keys: readonly RowKey[]) =>
    keys.length === 0
      ? []
      : rows<Row>(text, [keys.map(({ machine }) => machine), keys.map(({ at }) => at), ...bounds(keys)])

  return {
    head: async () => headOf((await reading(() => link.query(stream.headText))).rows[0]),
    latestRows: async (machines) => {
      const status = await rows<StatusRow>(sql.latestStatus, [machines])
      const downtime = await rows<DowntimeRow>(sql.latestDowntime, [machines])
      const latest = new Map<string, LatestRows>(status.map((row) => [row.machine, { status: row }]))
      for (const row of downtime) latest.set(row.machine, { ...latest.get(row.machine), downtime: row })
      return latest
    },
    statusRows: (keys) => byKeys<StatusRow>(sql.statusByKey, keys),
    downtimeRows: (keys) => byKeys<DowntimeRow>(sql.downtimeByKey, keys),
    quarantined: (after, limit) => reading(() => stream.quarantined(after, limit)),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  }
}

/** The earliest and the latest time: they spare a hypertable from looking into chunks of other times. */
function bounds(keys: readonly RowKey[]): readonly (string | undefined)[] {
  const times = keys.map(({ at }) => at).sort()
  return [times[0], times.at(-1)]
}

const STATUS = { time: 'changed_at', columns: 'previous_status, new_status, duration_minutes, reason_code' }
const DOWNTIME = {
  time: 'started_at',
  columns: 'ended_at, duration_minutes, downtime_reason_code, downtime_category',
}

/** Each as one statement; $1 is the organization. Rows come in the words of events. */
function selections(tables: Tables) {
  const { machines, workOrders } = tables
  const status = `m.machine_code AS machine, ${utc('t.changed_at')} AS "changedAt", t.previous_status AS "previousStatus",
    t.new_status AS status, t.duration_minutes AS "durationMinutes", t.reason_code AS reason,
    w.work_order_number AS "workOrder", coalesce(t.notes, '') AS notes`
  const downtime = `m.machine_code AS machine, ${utc('t.started_at')} AS "startedAt", ${utc('t.ended_at')} AS "endedAt",
    t.duration_minutes AS "durationMinutes", t.downtime_reason_code AS reason, t.downtime_category AS category,
    w.work_order_number AS "workOrder", coalesce(t.notes, '') AS notes`
  const order = `LEFT JOIN ${workOrders} w ON w.organization_id = $1 AND w.id = t.work_order_id`
  const latest = (shown: string, table: string, { time, columns }: typeof STATUS) =>
    `SELECT ${shown} FROM ${machines} m
     CROSS JOIN LATERAL (
       SELECT ${time}, ${columns}, work_order_id, notes FROM ${table}
       WHERE organization_id = $1 AND machine_id = m.id ORDER BY ${time} DESC LIMIT 1) t
     ${order}
     WHERE m.organization_id = $1 AND m.machine_code = ANY ($2::text[])`
  const byKey = (shown: string, table: string, time: string) =>
    `SELECT ${shown} FROM unnest($2::text[], $3::timestamptz[]) AS k (code, at)
     JOIN ${machines} m ON m.organization_id = $1 AND m.machine_code = k.code
     JOIN ${table} t ON t.organization_id = $1 AND t.machine_id = m.id AND t.${time} = k.at
       AND t.${time} BETWEEN $4::timestamptz AND $5::timestamptz
     ${order}`
  return {
    latestStatus: latest(status, tables.statusHistory, STATUS),
    latestDowntime: latest(downtime, tables.downtimeEvents, DOWNTIME),
    statusByKey: byKey(status, tables.statusHistory, STATUS.time),
    downtimeByKey: byKey(downtime, tables.downtimeEvents, DOWNTIME.time),
  }
}

/** As events carry a time. */
function utc(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
