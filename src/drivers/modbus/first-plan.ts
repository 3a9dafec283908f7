/**
 * The requests with which a device begins. They follow from its map alone, so devices whose maps ask the same of them share one plan:
 * with 200 machines of one kind, what a poll looks at is then near the processor, and not another 20 KB for each machine.
 */
import type { SignalSpec, WordOrder } from '../../domain/signal.ts'
import type { ModbusAddress } from './address.ts'
import { type Block, type Cell, cellsOf, planReads, type ReadLimits } from './plan-reads.ts'

/** What the requests of a device follow from. */
interface PlannedDevice {
  readonly signals: readonly SignalSpec<ModbusAddress>[]
  readonly pollMs: number
  readonly settings: ReadLimits & { readonly wordOrder: WordOrder }
}

/** Never changes: what is found out of one device is kept apart from it. */
interface FirstPlan {
  readonly cells: readonly Cell[]
  readonly classes: readonly { readonly intervalMs: number; readonly blocks: readonly Block[] }[]
}

const known = new WeakMap<PlannedDevice['signals'], Map<string, FirstPlan>>()

/** The plan of a device. Its blocks belong to devices of one word order, so that what reads their answers can be kept with them. */
export function firstPlanOf(device: PlannedDevice): FirstPlan {
  const { signals, pollMs, settings } = device
  const { maxRegisters, maxBits, gap, wordOrder } = settings
  const plans = known.get(signals) ?? new Map<string, FirstPlan>()
  known.set(signals, plans)
  const key = [pollMs, maxRegisters, maxBits, gap, wordOrder].join(' ')
  const plan = plans.get(key) ?? planFor(device)
  plans.set(key, plan)
  return plan
}

function planFor({ signals, pollMs, settings }: PlannedDevice): FirstPlan {
  const cells = cellsOf(signals)
  const byInterval = Map.groupBy(cells, ({ index }) => signals[index]?.pollMs ?? pollMs)
  const classes = [...byInterval].map(([intervalMs, own]) => ({
    intervalMs,
    blocks: planReads(own, settings),
  }))
  return { cells, classes }
}
