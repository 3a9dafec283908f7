/** What a failed request means: that the device is gone, that it does not take the whole of it, or that one address is bad. */
import { type DevicePlan, requestOf } from './device-plan.ts'
import type { LineFault } from './line-faults.ts'
import type { Failure, UnitLink } from './link.ts'
import { type Block, type Cell, divide, wiresOf } from './plan-reads.ts'

/** So many single values of a block are tried, before all of it counts as bad: dividing it to the last one costs far more. */
const SAMPLES_MAX = 3

/** Asks further, on one link, where a request has failed. */
export class Inquiry {
  readonly #link: UnitLink
  readonly #plan: DevicePlan

  constructor(link: UnitLink, plan: DevicePlan) {
    this.#link = link
    this.#plan = plan
  }

  /**
   * Undefined if the device answers anything: what it answered last, or single values where it has not answered yet.
   * Otherwise the fault that says most about its absence.
   * @throws LinkLost
   */
  async absence(failure: Failure, failed: Block): Promise<LineFault | undefined> {
    const known = this.#link.lastAnswered
    if (known) {
      const isGone = isSame(known, failed) || (await this.#link.ask(known)).kind === 'failed'
      return isGone ? failure.fault : undefined
    }
    let last = failure
    do {
      const probe = this.#plan.nextProbe()
      const end = probe && (await this.#link.ask(probe, { triesMax: 1 }))
      if (end?.kind !== 'failed') return undefined
      if (end.isExplained || !last.isExplained) last = end
    } while (last.isSilence && this.#link.mayBeDeaf)
    return last.isExplained && !failure.isExplained ? last.fault : failure.fault
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
      const { kind } = await this.#link.ask(requestOf(cell))
      if (kind === 'data') return parts
    }
    return undefined
  }
}

function isSame(one: Pick<Block, 'area' | 'start' | 'count'>, other: Block): boolean {
  return one.area === other.area && one.start === other.start && one.count === other.count
}

/** The first, the last and the middle one. */
function samplesOf({ cells }: Block): readonly Cell[] {
  return [cells[0], cells.at(-1), cells[cells.length >> 1]].flatMap((cell) => (cell ? [cell] : []))
}
