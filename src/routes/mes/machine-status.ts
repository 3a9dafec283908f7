/** Keeps `machines` saying what each machine's latest row says. */
import type { Codes } from './codes.ts'
import type { FoldedTable } from './fold.ts'
import { statusHistory } from './tables/status-history.ts'
import type { MesRow } from './tables/table.ts'
import type { MesTarget } from './target.ts'

/**
 * Makes `machines` say what each machine's latest row says. A row that came late changes nothing, and a machine that
 * people took out of service stays so. A work order that the MES itself set stays while the gateway knows of none; one
 * that came from the gateway's own rows goes when they no longer carry it.
 */
export async function updateMachines(
  { link, schema, organizationId }: MesTarget,
  folded: readonly FoldedTable[],
  codes: Codes,
): Promise<void> {
  const written = folded.find(({ table }) => table.name === statusHistory.name)
  const touched = touchedMachines([...(written?.rows ?? []), ...(written?.amendments ?? [])], codes)
  if (touched.size === 0) return
  const history = schema.table(statusHistory.name)
  await link.query(
    `UPDATE ${schema.machines} AS m
     SET status = said.status, current_work_order_id = said.work_order_id, updated_at = now()
     FROM (
       SELECT m.id, latest.new_status AS status,
         CASE WHEN latest.work_order_id IS NULL
             AND m.current_work_order_id IS NOT NULL
             AND NOT coalesce(m.current_work_order_id = ANY (string_to_array(written.work_orders, ' ')::int[]), false)
             AND m.current_work_order_id IS DISTINCT FROM (
               SELECT work_order_id FROM ${history}
               WHERE organization_id = $1 AND machine_id = written.machine_id AND changed_at < written.first_at
               ORDER BY changed_at DESC LIMIT 1)
           THEN m.current_work_order_id ELSE latest.work_order_id END AS work_order_id
       FROM unnest($2::int[], $3::timestamptz[], $4::text[]) AS written (machine_id, first_at, work_orders)
       JOIN ${schema.machines} AS m ON m.organization_id = $1 AND m.id = written.machine_id
       CROSS JOIN LATERAL (
         SELECT new_status, work_order_id FROM ${history}
         WHERE organization_id = $1 AND machine_id = written.machine_id
         ORDER BY changed_at DESC LIMIT 1
       ) AS latest
     ) AS said
     WHERE m.organization_id = $1 AND m.id = said.id
       AND m.status IS DISTINCT FROM 'decommissioned'
       AND (m.status, m.current_work_order_id) IS DISTINCT FROM (said.status, said.work_order_id)`,
    [
      organizationId,
      [...touched.keys()],
      [...touched.values()].map(({ firstAt }) => firstAt),
      [...touched.values()].map(({ workOrderIds }) => [...workOrderIds].join(' ')),
    ],
  )
}

interface Touched {
  /** Time of the earliest of its rows that was written just now. */
  readonly firstAt: string
  readonly workOrderIds: Set<number>
}

function touchedMachines(rows: readonly MesRow[], codes: Codes): ReadonlyMap<number, Touched> {
  const touched = new Map<number, Touched>()
  for (const row of rows) {
    const id = codes.idOf('machine', row.machine)
    if (id === null) continue
    const at = String(row.at)
    const { firstAt, workOrderIds } = touched.get(id) ?? { firstAt: at, workOrderIds: new Set<number>() }
    const workOrderId = codes.idOf('work order', row.workOrder)
    if (workOrderId !== null) workOrderIds.add(workOrderId)
    touched.set(id, { firstAt: at < firstAt ? at : firstAt, workOrderIds })
  }
  return touched
}
