import { escapeLiteral } from 'pg'
import type { Event } from '../../domain/event.ts'
import type { Link } from '../../postgres/link.ts'
import { rowRefused } from '../../postgres/refusal.ts'
import type { Tables } from './names.ts'

/** Ids of the codes that events carry, as central has them in this transaction. */
export interface Codes {
  /** @throws DestinationError `row` when central does not know the machine */
  machineId(code: string): number
  /** A work order that central does not know is no reason to refuse what the machine did. */
  workOrderId(number: string | null): number | null
}

interface CodeRow {
  readonly kind: 'machine' | 'work order'
  readonly code: string
  readonly id: number
}

interface Wanted {
  readonly machines: ReadonlySet<string>
  readonly orders: ReadonlySet<string>
}

const NOTHING: Wanted = { machines: new Set(), orders: new Set() }

/**
 * Looks codes up anew in each transaction: the MES may rename a machine or give its code to another one. Most batches carry
 * the codes of the one before, so those are asked for again together with the beginning of the transaction.
 */
export type CodeBook = ReturnType<typeof createCodeBook>

export function createCodeBook(link: Link, { machines, workOrders }: Tables, organizationId: number) {
  /** What {@link codes} answer, known or not. Central has taken each as text before it stands in a statement. */
  let asked = NOTHING
  let codes = codesOf([])
  const select = (machineCodes: string, orderNumbers: string) =>
    `SELECT 'machine' AS kind, machine_code AS code, id FROM ${machines}
     WHERE organization_id = ${organizationId} AND machine_code = ANY (${machineCodes}::text[])
     UNION ALL
     SELECT 'work order', work_order_number, id FROM ${workOrders}
     WHERE organization_id = ${organizationId} AND work_order_number = ANY (${orderNumbers}::text[])`
  return {
    /** A whole statement without parameters: its rows are to be taken before the transaction asks for any code. */
    againText: () => select(arrayText(asked.machines), arrayText(asked.orders)),
    take: (rows: readonly unknown[] = []): void => {
      codes = codesOf(rows as readonly CodeRow[])
    },
    /** The next look-up asks, whatever is known. */
    forget: (): void => {
      asked = NOTHING
    },
    lookUp: async (events: readonly Event[]): Promise<Codes> => {
      const wanted = codesIn(events)
      if (isWithin(wanted.machines, asked.machines) && isWithin(wanted.orders, asked.orders)) return codes
      const { rows } = await link.query<CodeRow>(select('$1', '$2'), [
        [...wanted.machines],
        [...wanted.orders],
      ])
      codes = codesOf(rows)
      asked = wanted
      return codes
    },
  }
}

function codesIn(events: readonly Event[]): Wanted {
  const machines = new Set<string>()
  const orders = new Set<string>()
  for (const { machine, workOrder } of events) {
    machines.add(machine)
    if (workOrder !== null) orders.add(workOrder)
  }
  return { machines, orders }
}

function isWithin(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return [...part].every((code) => whole.has(code))
}

function codesOf(rows: readonly CodeRow[]): Codes {
  const idsOf = (wanted: CodeRow['kind']) =>
    new Map(rows.filter(({ kind }) => kind === wanted).map(({ code, id }) => [code, id]))
  const machineIds = idsOf('machine')
  const workOrderIds = idsOf('work order')
  return {
    machineId: (code) => {
      const id = machineIds.get(code)
      if (id !== undefined) return id
      throw rowRefused(
        `central knows no machine "${code}"`,
        'create it in the MES (machines.machine_code), or correct the code in its device map',
      )
    },
    workOrderId: (number) => (number === null ? null : (workOrderIds.get(number) ?? null)),
  }
}

function arrayText(codes: ReadonlySet<string>): string {
  return `ARRAY[${[...codes].map((code) => escapeLiteral(code)).join(', ')}]`
}
