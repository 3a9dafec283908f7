/** All that is kept of one Modbus device over its links: its plans, how long it takes, and where to look whether it is there. */
import type { Device } from '../../domain/device.ts'
import type { ModbusAddress } from './address.ts'
import { AnswerTimes } from './answer-times.ts'
import { firstPlanOf } from './first-plan.ts'
import type { Cell } from './plan-reads.ts'
import { ReadPlan } from './read-plan.ts'
import type { ReadRequest } from './request.ts'
import type { ModbusSettings } from './settings.ts'

/** A device of the map, as this driver understands it. */
export type ModbusDevice = Device<ModbusSettings, ModbusAddress>

/** The signals that share a polling interval. */
interface PlannedClass {
  readonly intervalMs: number
  readonly plan: ReadPlan
}

/** The golden section: steps of this part of a whole come to every place in it, and soon near to each. */
const PROBE_STEP = 0.618_034

/** Lives as long as its device in the map. */
export class DevicePlan {
  readonly classes: readonly PlannedClass[]
  readonly times: AnswerTimes
  readonly #cells: readonly Cell[]
  #nthProbe = 0
  /** Whether it was said already that this device takes less than was asked of it. */
  isDivisionTold = false
  /** Whether it was said already that its answers come later than its time limit. */
  isLatenessTold = false

  constructor(device: ModbusDevice) {
    const { settings } = device
    const { cells, classes } = firstPlanOf(device)
    this.times = new AnswerTimes(settings)
    this.#cells = cells
    this.classes = classes.map(({ intervalMs, blocks }) => {
      return { intervalMs, plan: new ReadPlan(blocks, settings) }
    })
  }

  /**
   * One value alone, to see whether the device is there at all: another one each time, because any of them may be an address
   * that it does not have, and from all over the map, because those that it does not have mostly lie together.
   */
  nextProbe(): ReadRequest | undefined {
    const place = (this.#nthProbe++ * PROBE_STEP) % 1
    const cell = this.#cells[Math.floor(place * this.#cells.length)]
    return cell && requestOf(cell)
  }
}

/** The request for one value alone. */
export function requestOf({ address, size }: Cell): ReadRequest {
  return { area: address.area, start: address.wire, count: size }
}
