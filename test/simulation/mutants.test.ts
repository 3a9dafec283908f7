/** The simulation must be able to fail: each planted mistake has to be found within 1,000 lives. */
import { expect, test } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { withoutStacks } from './stacks.ts'
import { live, type Mutant } from './world.ts'

const LIVES_MAX = 1_000

test.each(Object.entries(MUTANTS))(
  'an uploader that %s is caught',
  { timeout: 600_000 },
  async (_, mutant) => {
    expect(await firstCaught(mutant)).toMatch(/^seed \d+: /)
  },
)

async function firstCaught(mutant: Mutant): Promise<string | undefined> {
  for (let seed = 1; seed <= LIVES_MAX; seed += 1) {
    const { violation } = await withoutStacks(() => live(seed, mutant))
    if (violation) return violation
  }
  return undefined
}
