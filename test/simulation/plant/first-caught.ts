/** The first life in which a gateway with a bad habit does wrong. */
import { withoutStacks } from '../stacks.ts'
import type { Habits } from './habits.ts'
import { live } from './life.ts'

const LIVES_MAX = 100
/**
 * They are lived first: what is found in none of the first lives was found in one of these. It is a matter of time only, since the
 * others follow; whatever changes the lives may make other seeds better ones.
 */
const KEEN = [4, 15, 31, 23, 28, 13, 11, 8, 9, 55]

/** @returns what it did wrong, or undefined where that was never found */
export async function firstCaught(habits: Habits): Promise<string | undefined> {
  const seeds = new Set([...KEEN, ...Array.from({ length: LIVES_MAX }, (_, nth) => nth + 1)])
  for (const seed of seeds) {
    const { violation } = await withoutStacks(() => live(seed, { habits }))
    if (violation) return violation
  }
  return undefined
}
