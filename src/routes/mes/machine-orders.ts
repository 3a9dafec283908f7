/**
 * What scans say of the work order at a machine. A scan may say it before the machine has a row of status that carries it, and it is
 * all that is known of a machine that has no map.
 */
import type { Event } from '../../domain/events/event.ts'
import type { Scan, ScanUndone } from '../../domain/events/scan.ts'
import { OWN_SCAN_TYPES } from '../../domain/scan.ts'
import type { Codes } from './codes.ts'
import { isScan, isScanUndone, qrCodeScans } from './tables/qr-code-scans.ts'
import { statusHistory } from './tables/status-history.ts'
import type { MesTarget } from './target.ts'

/** Whether the machine has the order from such a scan on, or has it no longer. A pause changes nothing. */
const BEGINS: Readonly<Record<string, boolean>> = {
  [OWN_SCAN_TYPES.start]: true,
  [OWN_SCAN_TYPES.resume]: true,
  [OWN_SCAN_TYPES.complete]: false,
}

/** A scan that says something of a machine's work order. */
export interface OrderScan extends Scan {
  readonly machine: string
  readonly workOrder: string
}

/** What one scan said. */
export interface SaidOrder {
  readonly at: string
  readonly orderId: number
  readonly begins: boolean
}

/** The scans that say something of a machine's work order, and are not taken back among these events. */
export function orderScans(events: readonly Event[]): readonly OrderScan[] {
  const scans = events.filter(isOrderScan)
  if (scans.length === 0) return scans
  const undone = new Set(events.filter(isScanUndone).map(momentOf))
  return scans.filter((scan) => !undone.has(momentOf(scan)))
}

function momentOf({ subject, at }: Event): string {
  return `${at} ${subject}`
}

function isOrderScan(event: Event): event is OrderScan {
  return (
    isScan(event) &&
    event.machine !== null &&
    event.workOrder !== null &&
    Object.hasOwn(BEGINS, event.scanType)
  )
}

/** An order that a machine has no longer, because the scan that began it was taken back. */
interface UndoneOrder {
  readonly id: number
  readonly machine: string
  readonly said: SaidOrder
}

/**
 * What the scans said that these events take back. Their rows know it: such a scan may have come long before.
 * @throws DestinationError
 */
export async function undoneOrders(
  target: MesTarget,
  events: readonly Event[],
): Promise<readonly UndoneOrder[]> {
  const { access, machineStatus } = target
  const undone = events.filter(isScanUndone)
  const isKept = machineStatus && access.reads(qrCodeScans.name, 'reference_type', 'reference_id')
  if (undone.length === 0 || !isKept) return []
  const { rows } = await target.link.query<{ id: number; machine: string; orderId: number; at: string }>(
    undoneText(target),
    undoneValues(target, undone),
  )
  return rows.map(({ id, machine, orderId, at }) => ({ id, machine, said: { at, orderId, begins: false } }))
}

function undoneText({ schema }: MesTarget): string {
  const begun = Object.keys(BEGINS).filter((scanType) => BEGINS[scanType])
  return `SELECT m.id, m.machine_code AS machine, t.reference_id AS "orderId", e.undone_at AS at
    FROM unnest($2::text[], $3::timestamptz[], $4::text[]) AS e (station, at, undone_at)
    JOIN ${schema.table(qrCodeScans.name)} t ON t.organization_id = $1 AND t.scanned_at = e.at
      AND t.scanned_at BETWEEN $5::timestamptz AND $6::timestamptz AND split_part(t.notes, '; ', 1) = e.station
    JOIN ${schema.machines} m ON m.organization_id = $1 AND m.machine_code = substring(t.notes FROM '; machine=([^;]*)')
    WHERE t.reference_type = 'work_order' AND t.scan_type IN (${begun.map((word) => `'${word}'`).join(', ')})`
}

function undoneValues({ organizationId }: MesTarget, undone: readonly ScanUndone[]): readonly unknown[] {
  const times = undone.map(({ at }) => at)
  const sorted = times.toSorted()
  const stations = undone.map((event) => qrCodeScans.row(event).station)
  return [organizationId, stations, times, undone.map(({ undoneAt }) => undoneAt), sorted[0], sorted.at(-1)]
}

/** Undefined of an order that central does not know. */
export function saidBy({ at, workOrder, scanType }: OrderScan, codes: Codes): SaidOrder | undefined {
  const orderId = codes.idOf('work order', workOrder)
  return orderId === null ? undefined : { at, orderId, begins: BEGINS[scanType] ?? false }
}

/** A machine, and what scans said of its work order, in their order. */
interface OrderedMachine {
  readonly id: number
  readonly orders: readonly SaidOrder[]
}

/** What a run of scans comes to for one machine. */
interface Outcome {
  readonly id: number
  readonly at: string
  /** The order that it has now; null: none, where it had one of those that ended. */
  readonly begun: number | null
  readonly ended: readonly number[]
}

/** An order that ended is taken away only where the machine has it. What a later row of status says of its order holds. */
export async function updateOrders(
  { link, schema, organizationId }: MesTarget,
  machines: readonly OrderedMachine[],
): Promise<void> {
  const outcomes = machines.flatMap(({ id, orders }) => outcomeOf(id, orders) ?? [])
  if (outcomes.length === 0) return
  await link.query(
    `UPDATE ${schema.machines} AS m SET current_work_order_id = said.begun, updated_at = now()
     FROM unnest($2::int[], $3::timestamptz[], $4::int[], $5::text[]) AS said (machine_id, at, begun, ended)
     WHERE m.organization_id = $1 AND m.id = said.machine_id
       AND m.current_work_order_id IS DISTINCT FROM said.begun
       AND (said.begun IS NOT NULL OR m.current_work_order_id = ANY (string_to_array(said.ended, ' ')::int[]))
       AND NOT EXISTS (SELECT FROM ${schema.table(statusHistory.name)} h
         WHERE h.organization_id = $1 AND h.machine_id = said.machine_id AND h.changed_at > said.at
           AND h.work_order_id IS NOT NULL)`,
    [
      organizationId,
      outcomes.map(({ id }) => id),
      outcomes.map(({ at }) => at),
      outcomes.map(({ begun }) => begun),
      outcomes.map(({ ended }) => ended.join(' ')),
    ],
  )
}

function outcomeOf(id: number, orders: readonly SaidOrder[]): Outcome | undefined {
  let outcome: Outcome | undefined
  for (const { at, orderId, begins } of orders) {
    if (begins) outcome = { id, at, begun: orderId, ended: [] }
    // That some other order is complete says nothing of the one that was begun meanwhile.
    else if (outcome?.begun == null || outcome.begun === orderId)
      outcome = { id, at, begun: null, ended: [...(outcome?.ended ?? []), orderId] }
  }
  return outcome
}
