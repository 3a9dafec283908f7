import type { Target } from './apply-events.ts'

/**
 * Makes `machines` say what each machine's latest row says. A row that came late changes nothing, and a machine that
 * people took out of service stays so. A work order that the MES itself set stays while the gateway knows of none; one
 * that came from the gateway's own rows goes when they no longer carry it.
 *
 * @param rowsByMachine how many rows of each machine were written just now
 */
export async function updateMachines(
  { link, tables, organizationId }: Target,
  rowsByMachine: ReadonlyMap<number, number>,
): Promise<void> {
  if (rowsByMachine.size === 0) return
  await link.query(
    `UPDATE ${tables.machines} AS m
     SET status = latest.new_status, current_work_order_id = latest.work_order_id, updated_at = now()
     FROM (
       SELECT m.id, h.new_status,
         CASE WHEN h.work_order_id IS NULL AND NOT m.current_work_order_id = ANY (h.recent_orders)
           THEN m.current_work_order_id ELSE h.work_order_id END AS work_order_id
       FROM unnest($2::int[], $3::int[]) AS written (machine_id, rows)
       JOIN ${tables.machines} AS m ON m.organization_id = $1 AND m.id = written.machine_id
       CROSS JOIN LATERAL (
         SELECT (array_agg(new_status))[1] AS new_status, (array_agg(work_order_id))[1] AS work_order_id,
           array_remove(array_agg(work_order_id), NULL) AS recent_orders
         FROM (
           SELECT new_status, work_order_id FROM ${tables.statusHistory}
           WHERE organization_id = $1 AND machine_id = written.machine_id
           ORDER BY changed_at DESC LIMIT written.rows + 1
         ) AS recent
       ) AS h
     ) AS latest
     WHERE m.organization_id = $1 AND m.id = latest.id
       AND m.status IS DISTINCT FROM 'decommissioned'
       AND (m.status, m.current_work_order_id) IS DISTINCT FROM (latest.new_status, latest.work_order_id)`,
    [organizationId, [...rowsByMachine.keys()], [...rowsByMachine.values()]],
  )
}
