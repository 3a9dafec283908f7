/** The planner beside the fewest requests that would do. `npm run bench -- --only planner` compares 1,000 random maps. */
import { expect, test } from 'vitest'
import { planReads } from '../../../src/drivers/modbus/plan-reads.ts'
import { profilePlans } from '../../bench/benchmarks/planner.ts'
import { seededRandom } from '../../faults/faults.ts'
import { fewestReads, randomCells } from '../../support/optimal-reads.ts'

const MAPS = 200

test('random maps are read with the fewest requests that their limits allow, or 5 % more', () => {
  const random = seededRandom(7)
  for (let nth = 0; nth < MAPS; nth++) {
    const { cells, limits } = randomCells(random)
    expect(planReads(cells, limits).length).toBeLessThanOrEqual(1.05 * fewestReads(cells, limits))
  }
})

test('so is every profile, in each of its variants', () => {
  const plans = profilePlans()
  expect(plans.length).toBeGreaterThan(20)
  for (const { cells, limits } of plans)
    expect(planReads(cells, limits).length).toBeLessThanOrEqual(1.05 * fewestReads(cells, limits))
})
