import type { Event } from '../domain/event.ts'
import type { Link } from './link.ts'
import type { Tables } from './names.ts'
import { rowRefused } from './refusal.ts'

/** Ids of the codes that events carry, as central has them at this moment. */
export interface Codes {
  /** @throws CentralError `row` when central does not know the machine */
  machineId(code: string): number
  /** A work order that central does not know is no reason to refuse what the machine did. */
  workOrderId(number: string | null): number | null
}

interface CodeRow {
  readonly kind: 'machine' | 'work order'
  readonly code: string
  readonly id: number
}

/** Looked up anew in each transaction: the MES may rename a machine or give its code to another one. */
export async function lookUpCodes(
  link: Link,
  { machines, workOrders }: Tables,
  organizationId: number,
  events: readonly Event[],
): Promise<Codes> {
  const machineCodes = new Set(events.map(({ machine }) => machine))
  const orderNumbers = new Set(events.flatMap(({ workOrder }) => workOrder ?? []))
  const { rows } = await link.query<CodeRow>(
    `SELECT 'machine' AS kind, machine_code AS code, id FROM ${machines}
     WHERE organization_id = $1 AND machine_code = ANY ($2::text[])
     UNION ALL
     SELECT 'work order', work_order_number, id FROM ${workOrders}
     WHERE organization_id = $1 AND work_order_number = ANY ($3::text[])`,
    [organizationId, [...machineCodes], [...orderNumbers]],
  )
  const ids = new Map(rows.map(({ kind, code, id }) => [`${kind} ${code}`, id]))
  return {
    machineId: (code) => {
      const id = ids.get(`machine ${code}`)
      if (id !== undefined) return id
      throw rowRefused(
        `central knows no machine "${code}"`,
        'create it in the MES (machines.machine_code), or correct the code in its device map',
      )
    },
    workOrderId: (number) => (number === null ? null : (ids.get(`work order ${number}`) ?? null)),
  }
}
