/** Work order and command come together, in any order, within the time of the map. */
import {
  effectsOf,
  isOrderCommand,
  isRunning,
  namedOrder,
  ORDER_SCAN_TYPES,
  type OrderCommand,
  whyNot,
} from './orders.ts'
import { countRefused, held, type Outcome, refused, type Turn } from './outcome.ts'
import { sinceMs } from './since.ts'
import type { NamedOrder, TakenScan } from './station-state.ts'
import { plainRow, type Row, storeRows } from './store-rows.ts'

/** A command for a work order: at once for the one that was scanned just before, else it waits for one. */
export function takeOrderCommand(turn: Turn, command: OrderCommand): Outcome {
  const { state, scan, now } = turn
  if (state.order && isInTime(turn, state.order.scan)) {
    const row = commandRow(scan, command, state.order)
    return carryOut(turn, { command, order: state.order, rows: [row] })
  }
  const replaced = state.command && commandOf(state.command) !== command ? 1 : 0
  const counted = countRefused(state, 'replaced', now, replaced)
  return held({ ...counted, command: scan }, `${command} waits for its work order`)
}

/** A work order: for the command that waits, or for the one that the map gives it, or for one that may follow. */
export function takeWorkOrder(turn: Turn, scanned: string): Outcome {
  const { state, scan, map } = turn
  const order = namedOrder(scan, scanned)
  const row = { ...plainRow(turn), workOrder: order.number }
  const waiting = state.command && isInTime(turn, state.command) ? state.command : null
  const command = waiting && commandOf(waiting)
  if (waiting && command) {
    return carryOut(turn, { command, order, rows: [commandRow(waiting, command, order), row] })
  }
  const { defaultCommand } = map.steps
  if (defaultCommand && isOrderCommand(defaultCommand) && !isRunning(turn, order)) {
    return carryOut(turn, {
      command: defaultCommand,
      order,
      rows: [commandRow(scan, defaultCommand, order)],
    })
  }
  const stored = storeRows(turn, [row])
  return { ...stored, state: { ...stored.state, order } }
}

interface Step {
  readonly command: OrderCommand
  readonly order: NamedOrder
  readonly rows: readonly Row[]
}

/** After a refusal a work order that was stored before still stands for the command that was meant. */
function carryOut(turn: Turn, { command, order, rows }: Step): Outcome {
  const { state, now } = turn
  const refusal = whyNot(turn, command, order)
  if (refusal) {
    const others = countRefused({ ...state, command: null }, refusal, now, rows.length - 1)
    return refused(others, refusal, now)
  }
  const stored = storeRows(turn, rows, effectsOf(turn, command, order))
  return { ...stored, state: { ...stored.state, command: null, order: null } }
}

function commandRow(scan: TakenScan, command: OrderCommand, order: NamedOrder): Row {
  return { scan, scanType: ORDER_SCAN_TYPES[command], workOrder: order.number, refersTo: order.scan }
}

function commandOf({ code: { meaning } }: TakenScan): OrderCommand | undefined {
  return meaning.kind === 'command' && isOrderCommand(meaning.command) ? meaning.command : undefined
}

function isInTime({ map, scan }: Turn, before: TakenScan): boolean {
  return sinceMs(before.at, scan.at) < map.steps.withinMs
}
