/**
 * Keeps `machines` saying what each machine's latest row, and the latest scan of its work order, say. It is a convenience: it is
 * written once, at the end of a transaction, within a savepoint of its own. Where the MES refuses it, or holds the row for long, the
 * rows land all the same.
 */
import { DestinationError } from '../../domain/errors.ts'
import type { Trouble } from '../../domain/health.ts'
import { NO_DATA, SET_IN_MES } from '../../domain/status.ts'
import { answers } from '../../postgres/transaction.ts'
import type { Codes } from './codes.ts'
import type { FoldedTable } from './fold.ts'
import { type OrderScan, type SaidOrder, saidBy, type undoneOrders, updateOrders } from './machine-orders.ts'
import { type Places, placesOf } from './places.ts'
import { statusHistory } from './tables/status-history.ts'
import type { MesRow } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/** Behind the name of the route: `central-machines`. */
const TROUBLES = { machines: 'machines' } as const

/** So long may somebody's lock on a machine be waited for. Meanwhile other machines' rows are held, which people may be editing. */
const LOCK_MAX_MS = 500
/** Machines that are tried one by one after they were refused together; each is a round trip, and holds its row to the commit. */
const ALONE_MAX = 20
/** So long each of them may wait for a lock: all that while, those before it are held. */
const ALONE_LOCK_MAX_MS = 50

/** A machine of which something was written just now. */
export interface Touched {
  readonly id: number
  readonly machine: string
  /** Time of the earliest of its rows of status; undefined where there is none among them. */
  readonly firstAt: string | undefined
  /** Of those rows. */
  readonly workOrderIds: ReadonlySet<number>
  /** Whether one of those rows says maintenance. */
  readonly saysMaintenance: boolean
  /** What scans said of its work order, in their order. */
  readonly orders: readonly SaidOrder[]
}

/** What is known of orders besides rows of status. */
interface Orders {
  readonly scans: readonly OrderScan[]
  readonly undone: Awaited<ReturnType<typeof undoneOrders>>
}

/** The machines that a run of events is about. */
export function touchedMachines(
  folded: readonly FoldedTable[],
  { scans, undone }: Orders,
  codes: Codes,
  places: Places,
): readonly Touched[] {
  const touched = new Map<number, Touched>()
  const add = (one: Touched) => touched.set(one.id, both(touched.get(one.id), one))
  for (const place of folded.flatMap((one) => (one.table.name === statusHistory.name ? placesOf(one) : []))) {
    const id = places.idOf(place)
    if (id !== null) add(touchedBy(place.row, id, codes))
  }
  for (const scan of scans) {
    const id = codes.idOf('machine', scan.machine)
    const said = saidBy(scan, codes)
    if (id !== null && said) add({ ...untouched(id, scan.machine), orders: [said] })
  }
  for (const { id, machine, said } of undone) add({ ...untouched(id, machine), orders: [said] })
  return [...touched.values()]
}

function untouched(id: number, machine: string): Touched {
  return { id, machine, firstAt: undefined, workOrderIds: new Set(), saysMaintenance: false, orders: [] }
}

function touchedBy(row: MesRow, id: number, codes: Codes): Touched {
  const workOrderId = codes.idOf('work order', row.workOrder)
  return {
    ...untouched(id, String(row.machine)),
    firstAt: String(row.at),
    workOrderIds: new Set(workOrderId === null ? [] : [workOrderId]),
    saysMaintenance: row.status === 'maintenance',
  }
}

function both(before: Touched | undefined, after: Touched): Touched {
  if (!before) return after
  const times = [before.firstAt, after.firstAt].filter((time) => time !== undefined)
  return {
    ...after,
    firstAt: times.sort()[0],
    workOrderIds: new Set([...before.workOrderIds, ...after.workOrderIds]),
    saysMaintenance: before.saysMaintenance || after.saysMaintenance,
    orders: [...before.orders, ...after.orders],
  }
}

/** Brings `machines` up to date on one link; make one for each. */
export class MachineStatus {
  readonly #target: MesTarget
  readonly #now: () => { readonly wallMs: number }
  /** Of the transaction that is open. */
  #touched = new Map<number, Touched>()
  /** Machines that somebody held, or that were not tried yet, in the order in which the next transaction tries them. */
  readonly #owed = new Map<number, Touched>()
  readonly #refused = new Map<string, { readonly what: string; readonly sinceMs: number }>()

  constructor(target: MesTarget, now: () => { readonly wallMs: number }) {
    this.#target = target
    this.#now = now
  }

  /** A transaction begins; what an earlier one that was rolled back had touched is forgotten. */
  begin(): void {
    this.#touched = new Map(this.#owed)
  }

  /** Rows of these machines were written. */
  touch(machines: readonly Touched[]): void {
    if (!this.#target.machineStatus) return
    for (const one of machines) this.#touched.set(one.id, both(this.#touched.get(one.id), one))
  }

  /** Writes what was touched. @throws DestinationError where the link is gone */
  async write(): Promise<void> {
    const touched = [...this.#touched.values()]
    if (touched.length === 0) return
    this.#touched.clear()
    if (await this.#attempt(touched, LOCK_MAX_MS)) return
    // One that is refused must not keep the others from being right.
    for (const one of touched.slice(ALONE_MAX)) this.#owe(one)
    for (const one of touched.slice(0, ALONE_MAX)) await this.#attempt([one], ALONE_LOCK_MAX_MS)
  }

  /** Puts it behind all others. */
  #owe(one: Touched): void {
    this.#owed.delete(one.id)
    this.#owed.set(one.id, one)
  }

  get troubles(): readonly Trouble[] {
    const [first] = this.#refused
    if (!first) return []
    const [machine, { what, sinceMs }] = first
    const more = this.#refused.size > 1 ? ` (and of ${this.#refused.size - 1} more machines)` : ''
    return [
      {
        code: `${this.#target.link.peer.name}-${TROUBLES.machines}`,
        what: `machines.status of ${machine}${more} is not kept current: ${what}`,
        hint: 'its rows land all the same; mend what refuses it, or say machine_status: false under central',
        sinceMs,
        machine,
      },
    ]
  }

  /** @returns whether all of it was written; where one is refused, none is */
  async #attempt(touched: readonly Touched[], lockMaxMs: number): Promise<boolean> {
    const { link } = this.#target
    try {
      await answers<unknown>([
        link.script(`SAVEPOINT machine_status; SET LOCAL lock_timeout = '${lockMaxMs}ms'`),
        updateMachines(this.#target, touched),
        link.script('RELEASE SAVEPOINT machine_status'),
      ])
    } catch (error) {
      if (!(error instanceof DestinationError) || error.sqlstate === null) throw error
      await link.script('ROLLBACK TO SAVEPOINT machine_status; RELEASE SAVEPOINT machine_status')
      if (touched.length === 1) for (const one of touched) this.#failed(one, error)
      return false
    }
    for (const { id, machine } of touched) {
      this.#owed.delete(id)
      this.#refused.delete(machine)
    }
    return true
  }

  #failed(one: Touched, error: DestinationError): void {
    if (error.refusal === 'locked') this.#owe(one)
    else this.#owed.delete(one.id)
    const sinceMs = this.#refused.get(one.machine)?.sinceMs ?? this.#now().wallMs
    this.#refused.set(one.machine, { what: error.message, sinceMs })
  }
}

/** Rows first: what a scan says holds unless a later row says another thing. */
export async function updateMachines(target: MesTarget, touched: readonly Touched[]): Promise<void> {
  const written = touched.filter(({ firstAt }) => firstAt !== undefined)
  await answers([updateByRows(target, written), updateOrders(target, touched)])
}

/**
 * Makes `machines` say what each machine's latest row says. A row that came late changes nothing, and a machine that
 * people took out of service stays so. A work order that the MES itself set stays while the gateway knows of none; one
 * that came from the gateway's own rows goes when they no longer carry it.
 *
 * What the gateway said last is written down beside it, so that anything else in `machines.status` is known to be somebody else's.
 * A maintenance of theirs stays until a row of the gateway says maintenance too; and where they have ended one that the gateway
 * goes on with, that stays as well. What a trigger of the MES makes of the gateway's word is nobody's.
 */
async function updateByRows(target: MesTarget, touched: readonly Touched[]): Promise<void> {
  if (touched.length === 0) return
  const { link, schema, organizationId, gateway } = target
  await link.query(
    `WITH said AS MATERIALIZED (${saidText(schema, statusHistory.name)}), changed AS (
       UPDATE ${schema.machines} AS m
       SET status = CASE WHEN said.is_theirs THEN m.status ELSE said.status END,
         current_work_order_id = said.work_order_id, updated_at = now()
       FROM said
       WHERE m.organization_id = $1 AND m.id = said.id
         AND m.status IS DISTINCT FROM 'decommissioned' AND m.status IS NOT DISTINCT FROM said.before
         AND (CASE WHEN said.is_theirs THEN m.status ELSE said.status END, said.work_order_id)
           IS DISTINCT FROM (m.status, m.current_work_order_id)
       RETURNING m.id, CASE WHEN said.is_theirs THEN said.status ELSE m.status END::text AS stands
     ), stood AS (
       SELECT said.*, coalesce(changed.stands, said.status::text) AS stands
       FROM said LEFT JOIN changed ON changed.id = said.id)
     UPDATE edge_gateway.machine AS known SET said_status = said.stands, said_for = said.changed_at
     FROM stood AS said
     WHERE known.organization_id = $1 AND known.gateway_id = $5 AND known.machine_id = said.id
       AND known.rows_from = said.rows_from
       AND (known.said_status, known.said_for) IS DISTINCT FROM (said.stands, said.changed_at)`,
    [
      organizationId,
      touched.map(({ id }) => id),
      touched.map(({ firstAt }) => firstAt),
      touched.map(({ workOrderIds }) => [...workOrderIds].join(' ')),
      gateway,
      touched.map(({ saysMaintenance }) => saysMaintenance),
    ],
  )
}

/**
 * What is to be said of each machine. What this gateway said last is nobody's word, nor is that of the newest row since: before the
 * gateway has said anything, or where another one has written rows of the machine meanwhile. That nothing is seen of a machine does
 * not end the maintenance that people have set; and one that they have ended is not set again by the row that it became.
 */
function saidText(schema: MesTarget['schema'], historyName: string): string {
  const history = schema.table(historyName)
  const rowBefore = (column: string, time = 'written.first_at', since = '') => `(
               SELECT ${column} FROM ${history}
               WHERE organization_id = $1 AND machine_id = written.machine_id AND changed_at < ${time}${since}
               ORDER BY changed_at DESC LIMIT 1)`
  const sinceSaid = ` AND changed_at > coalesce(known.said_for, '-infinity')`
  const isNotOurs = `m.status::text IS DISTINCT FROM known.said_status
           AND m.status::text IS DISTINCT FROM ${rowBefore('new_status::text', 'written.first_at', sinceSaid)}`
  return `SELECT m.id, m.status AS before, latest.new_status AS status, latest.changed_at, known.rows_from,
         CASE
           WHEN m.status::text IS DISTINCT FROM 'maintenance' THEN latest.new_status::text = 'maintenance'
             AND (latest.reason_code = '${SET_IN_MES}' OR known.said_status = 'maintenance' AND ${isNotOurs})
           WHEN latest.reason_code = '${NO_DATA}' THEN ${rowBefore('reason_code', 'latest.changed_at')} = '${SET_IN_MES}'
             OR (${isNotOurs})
           ELSE NOT written.says_maintenance AND ${isNotOurs}
         END IS TRUE AS is_theirs,
         CASE WHEN latest.work_order_id IS NULL
             AND m.current_work_order_id IS NOT NULL
             AND NOT coalesce(m.current_work_order_id = ANY (string_to_array(written.work_orders, ' ')::int[]), false)
             AND m.current_work_order_id IS DISTINCT FROM ${rowBefore('work_order_id')}
           THEN m.current_work_order_id ELSE latest.work_order_id END AS work_order_id
       FROM unnest($2::int[], $3::timestamptz[], $4::text[], $6::boolean[])
         AS written (machine_id, first_at, work_orders, says_maintenance)
       JOIN ${schema.machines} AS m ON m.organization_id = $1 AND m.id = written.machine_id
       CROSS JOIN LATERAL (
         SELECT new_status, reason_code, work_order_id, changed_at FROM ${history}
         WHERE organization_id = $1 AND machine_id = written.machine_id
         ORDER BY changed_at DESC LIMIT 1
       ) AS latest
       LEFT JOIN LATERAL (
         SELECT said_status, said_for, rows_from FROM edge_gateway.machine
         WHERE organization_id = $1 AND gateway_id = $5 AND machine_id = written.machine_id
         ORDER BY rows_from DESC LIMIT 1
       ) AS known ON true`
}
