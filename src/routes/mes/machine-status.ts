/**
 * Keeps `machines` saying what each machine's latest row, and the latest scan of its work order, say. It is a convenience: it is
 * written once, at the end of a transaction, within a savepoint of its own. Where the MES refuses it, or holds the row for long, the
 * rows land all the same.
 */
import { DestinationError } from '../../domain/errors.ts'
import type { Trouble } from '../../domain/health.ts'
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
  /** The work orders of those rows. */
  readonly workOrderIds: ReadonlySet<number>
  /** Whether one of those rows says maintenance. */
  readonly saysMaintenance: boolean
  /** What scans said of its work order, in their order. */
  readonly orders: readonly SaidOrder[]
}

/** A {@link Touched} that is being put together. */
interface Gathered extends Touched {
  firstAt: string | undefined
  readonly workOrderIds: Set<number>
  saysMaintenance: boolean
  readonly orders: SaidOrder[]
}

/** The machines that a run of events is about. */
export function touchedMachines(
  folded: readonly FoldedTable[],
  scans: readonly OrderScan[],
  codes: Codes,
  places: Places,
): readonly Touched[] {
  const touched = new Map<number, Gathered>()
  const machineOf = (id: number, machine: string): Gathered => {
    const known = touched.get(id)
    if (known) return known
    const one = {
      id,
      machine,
      firstAt: undefined,
      workOrderIds: new Set<number>(),
      saysMaintenance: false,
      orders: [],
    }
    touched.set(id, one)
    return one
  }
  for (const place of folded.flatMap((one) => (one.table.name === statusHistory.name ? placesOf(one) : []))) {
    const id = places.idOf(place)
    if (id !== null) addRow(machineOf(id, String(place.row.machine)), place.row, codes)
  }
  for (const scan of scans) {
    const id = codes.idOf('machine', scan.machine)
    const said = saidBy(scan, codes)
    if (id !== null && said) machineOf(id, scan.machine).orders.push(said)
  }
  return [...touched.values()]
}

function addRow(one: Gathered, row: MesRow, codes: Codes): void {
  const at = String(row.at)
  if (one.firstAt === undefined || at < one.firstAt) one.firstAt = at
  const workOrderId = codes.idOf('work order', row.workOrder)
  if (workOrderId !== null) one.workOrderIds.add(workOrderId)
  if (row.status === 'maintenance') one.saysMaintenance = true
}

/** The same machines, and those that have an order no longer because the scan that began it was taken back. */
export function withUndone(
  touched: readonly Touched[],
  undone: Awaited<ReturnType<typeof undoneOrders>>,
): readonly Touched[] {
  if (undone.length === 0) return touched
  const all = new Map(touched.map((one) => [one.id, one]))
  for (const { id, machine, said } of undone) {
    const one = {
      id,
      machine,
      firstAt: undefined,
      workOrderIds: new Set<number>(),
      saysMaintenance: false,
      orders: [said],
    }
    all.set(id, both(all.get(id), one))
  }
  return [...all.values()]
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
  /** What the open transaction has touched and not written yet. */
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

  /** Leaves a machine to the next transaction, behind all others. */
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

/** By the rows that were written; `machine-statement.ts` has the rules. */
async function updateByRows(target: MesTarget, touched: readonly Touched[]): Promise<void> {
  if (touched.length === 0) return
  const { link, organizationId, gateway, machineStatement } = target
  await link.query(machineStatement, [
    organizationId,
    touched.map(({ id }) => id),
    touched.map(({ firstAt }) => firstAt),
    touched.map(({ workOrderIds }) => [...workOrderIds].join(' ')),
    gateway,
    touched.map(({ saysMaintenance }) => saysMaintenance),
  ])
}
