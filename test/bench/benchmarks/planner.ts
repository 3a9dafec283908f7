/** How many requests a device is read with, beside the fewest that would do. Nothing is timed. */

import type { SignalSpec } from '../../../src/domain/signal.ts'
import type { ModbusAddress } from '../../../src/drivers/modbus/address.ts'
import {
  type Block,
  type Cell,
  cellsOf,
  divide,
  planReads,
  type ReadLimits,
} from '../../../src/drivers/modbus/plan-reads.ts'
import { seededRandom } from '../../faults/faults.ts'
import { fewestReads, randomCells } from '../../support/optimal-reads.ts'
import { mapOf, shelf, signalsOf, variantsOf } from '../../support/profile-cases.ts'
import type { Benchmark, Figure } from '../benchmark.ts'

const RANDOM_MAPS = 1_000
const AIM = { atMost: 1.05 }
/** What the protocol allows, for a device of which the map says no limit. */
const PROTOCOL = { maxRegisters: 125, maxBits: 2_000 }

interface Plan {
  readonly cells: readonly Cell[]
  readonly limits: ReadLimits
}

export const planner: Benchmark = {
  name: 'planner',
  summary: 'requests that read each profile and 1,000 random maps, beside the fewest that would do',
  run: async () => {
    const random = seededRandom(1)
    const maps = Array.from({ length: RANDOM_MAPS }, () => randomCells(random))
    const profiles = profilePlans()
    return [
      ...figures(`${profiles.length} profiles and variants`, profiles, written),
      ...figures(`${RANDOM_MAPS} random maps`, maps, written),
      ...figures(`${RANDOM_MAPS} random maps, limit found out`, maps, foundOut),
    ]
  },
}

function figures(load: string, plans: readonly Plan[], count: (plan: Plan) => number): readonly Figure[] {
  const pairs = plans.map((plan) => ({ planned: count(plan), fewest: fewestReads(plan.cells, plan.limits) }))
  const sum = (key: 'planned' | 'fewest') => pairs.reduce((total, pair) => total + pair[key], 0)
  const worst = Math.max(...pairs.map(({ planned, fewest }) => planned / fewest))
  return [
    {
      load,
      measure: 'requests, planned / fewest',
      value: sum('planned') / sum('fewest'),
      unit: '×',
      aim: AIM,
    },
    { load, measure: 'requests, the worst of them', value: worst, unit: '×', aim: AIM },
  ]
}

function written({ cells, limits }: Plan): number {
  return planReads(cells, limits).length
}

/** The map says no limit, and the device refuses whatever is longer than its own: it is divided until it is taken. */
function foundOut({ cells, limits }: Plan): number {
  const isTaken = ({ area, count }: Block) =>
    count <= (area === 'coil' || area === 'discrete' ? limits.maxBits : limits.maxRegisters)
  const parts = (block: Block): readonly Block[] =>
    isTaken(block) ? [block] : (divide(block)?.flatMap(parts) ?? [block])
  return planReads(cells, { ...limits, ...PROTOCOL }).flatMap(parts).length
}

/** Every Modbus profile in each of its variants, with all of its signals. */
export function profilePlans(): readonly Plan[] {
  return shelf.names().flatMap((name) =>
    variantsOf(name).flatMap((variant) => {
      if (signalsOf(name, variant).length === 0) return []
      const [device] = modbusMapOf(name, variant)
      if (!device) return []
      return [
        {
          cells: cellsOf(device.signals as readonly SignalSpec<ModbusAddress>[]),
          limits: device.settings as ReadLimits,
        },
      ]
    }),
  )
}

function modbusMapOf(name: string, variant: string | undefined) {
  try {
    return mapOf(name, variant, { host: '10.20.3.40' }).devices.filter(
      ({ protocol }) => protocol === 'modbus-tcp',
    )
  } catch {
    return [] // A profile for OPC UA has no host.
  }
}
