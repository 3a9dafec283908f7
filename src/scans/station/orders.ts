/** The work orders that people work on at a station, and which command may be given to which of them. */
import { type MachineStanding, OWN_SCAN_TYPES } from '../../domain/scan.ts'
import type { ScanCommand } from '../../domain/station-map.ts'
import type { Turn } from './outcome.ts'
import type { ScanRefusal } from './refusals.ts'
import type { BegunOrder, NamedOrder, TakenScan } from './station-state.ts'
import type { Effects } from './store-rows.ts'

/** Commands that are for a work order, with what a row of each is called. */
export const ORDER_SCAN_TYPES = {
  START: OWN_SCAN_TYPES.start,
  PAUSE: OWN_SCAN_TYPES.pause,
  RESUME: OWN_SCAN_TYPES.resume,
  COMPLETE: OWN_SCAN_TYPES.complete,
  ISSUE: OWN_SCAN_TYPES.issue,
} as const satisfies Partial<Record<ScanCommand, string>>
/** Such a command. */
export type OrderCommand = keyof typeof ORDER_SCAN_TYPES

/** Orders that were begun and never completed; beyond this the oldest are forgotten. */
const ORDERS_MAX = 100
/** What central calls an order that nobody works on any more. */
const CLOSED: readonly (string | null)[] = ['completed', 'cancelled', 'canceled', 'closed']

/** Whether a command is for a work order. */
export function isOrderCommand(command: ScanCommand): command is OrderCommand {
  return command in ORDER_SCAN_TYPES
}

/** The work order that a scan names. */
export function namedOrder(scan: TakenScan, scanned: string): NamedOrder {
  const { found } = scan
  const isKnown = found?.kind === 'one' && found.reference.type === 'work_order'
  return { number: (isKnown && found.reference.code) || scanned, scanned, scan }
}

/** Why a command may not be given to a work order; undefined: it may. */
export function whyNot(turn: Turn, command: OrderCommand, order: NamedOrder): ScanRefusal | undefined {
  switch (command) {
    case 'START':
      return isClosed(order) ? 'order_closed' : undefined
    case 'PAUSE':
      return isRunning(turn, order) ? undefined : 'not_at_work'
    case 'RESUME':
      return begunAs(turn, order)?.standing === 'paused' ? undefined : 'not_paused'
    case 'COMPLETE':
      return begunAs(turn, order) || isInForce(turn.machine, order) ? undefined : 'not_begun'
    case 'ISSUE':
      return undefined
  }
}

/** Whether work on an order goes on, here or at the machine. */
export function isRunning(turn: Turn, order: NamedOrder): boolean {
  return begunAs(turn, order)?.standing === 'started' || isInForce(turn.machine, order)
}

/** What a command does to the orders of the station, and to the machine. */
export function effectsOf(turn: Turn, command: OrderCommand, order: NamedOrder): Effects {
  switch (command) {
    case 'START':
    case 'RESUME':
      return { orders: moved(turn, order, 'started'), ...machineTakes(turn, order.number) }
    case 'PAUSE':
      return { orders: moved(turn, order, 'paused'), ...machineLeaves(turn, order) }
    case 'COMPLETE':
      return { orders: moved(turn, order, undefined), ...machineLeaves(turn, order) }
    case 'ISSUE':
      return {}
  }
}

function machineTakes({ operator, machine }: Turn, after: string): Effects {
  return {
    said: [{ operator, workOrder: after }],
    machineOrder: { before: machine?.workOrder ?? null, after },
  }
}

/** An order that is completed while the machine works on another leaves that one alone. */
function machineLeaves({ operator, machine }: Turn, order: NamedOrder): Effects {
  if (!machine || !isInForce(machine, order)) return {}
  return {
    said: [{ operator, workOrder: null }],
    machineOrder: { before: machine.workOrder, after: null },
  }
}

function moved(turn: Turn, order: NamedOrder, standing: BegunOrder['standing'] | undefined) {
  const before = begunAs(turn, order) ?? null
  const others = turn.state.orders.filter((one) => one !== before)
  const { number, scanned } = order
  const all = standing ? [...others, { number, scanned, standing }].slice(-ORDERS_MAX) : others
  return { all, moved: { number, before } }
}

/** The same code may have been unknown to the master data when it was begun. */
function begunAs({ state }: Turn, { number, scanned }: NamedOrder): BegunOrder | undefined {
  return state.orders.find((one) => one.number === number || one.scanned === scanned)
}

function isInForce(machine: MachineStanding | null, { number, scanned }: NamedOrder): boolean {
  const inForce = machine?.workOrder ?? null
  return inForce !== null && (inForce === number || inForce === scanned)
}

function isClosed({ scan: { found } }: NamedOrder): boolean {
  return found?.kind === 'one' && CLOSED.includes(found.reference.state)
}
