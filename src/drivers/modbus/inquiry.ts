/** What a failed request means: that the device is gone, that it does not take the whole of it, or that one address is bad. */
import { type DevicePlan, requestOf } from './device-plan.ts'
import type { Failure, UnitLink } from './link.ts'
import { type Block, type Cell, divide, wiresOf } from './plan-reads.ts'
import type { ModbusAnswer } from './request.ts'

/** So many single values of a block are tried, before all of it counts as bad: dividing it to the last one costs far more. */
const SAMPLES_MAX = 3

/** Of one link. */
export class Inquiry {
  readonly #link: UnitLink
  readonly #plan: DevicePlan

  constructor(link: UnitLink, plan: DevicePlan) {
    this.#link = link
    this.#plan = plan
  }

  /**
   * Whether the device answers anything: what it answered last, or single values where it has not answered yet.
   * @throws LinkLost
   */
  async isThere(failure: Failure, failed: Block): Promise<boolean> {
    const known = this.#link.lastAnswered
    if (known) return !isSame(known, failed) && isAnswer(await this.#link.ask(known))
    let isSilent = failure.isSilence
    do {
      const probe = this.#plan.nextProbe()
      const end = probe && (await this.#link.ask(probe, 1))
      if (end && isAnswer(end)) return true
      isSilent = end?.kind === 'failed' && end.isSilence
    } while (isSilent && this.#link.mayBeDeaf)
    return false
  }

  /**
   * The parts in which a block that failed is to be asked; undefined where it cannot be divided, or where none of its values
   * answers alone either.
   * @throws LinkLost
   */
  async partsOf(block: Block): Promise<readonly Block[] | undefined> {
    const parts = divide(block)
    if (!parts || block.hasGaps || wiresOf(block).length <= SAMPLES_MAX) return parts
    for (const cell of samplesOf(block)) {
      const { kind } = await this.#link.ask(requestOf(cell), 2)
      if (kind === 'data') return parts
    }
    return undefined
  }
}

function isAnswer({ kind }: ModbusAnswer | Failure): boolean {
  return kind !== 'failed'
}

function isSame(one: Pick<Block, 'area' | 'start' | 'count'>, other: Block): boolean {
  return one.area === other.area && one.start === other.start && one.count === other.count
}

/** The first, the last and the middle one. */
function samplesOf({ cells }: Block): readonly Cell[] {
  return [cells[0], cells.at(-1), cells[cells.length >> 1]].flatMap((cell) => (cell ? [cell] : []))
}
