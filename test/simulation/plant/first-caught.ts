/** The first life in which a gateway with a bad habit does wrong. */
import type { Habits } from './habits.ts'
import { live } from './life.ts'

const LIVES_MAX = 100

/** @returns what it did wrong, or undefined where that was never found */
export async function firstCaught(habits: Habits): Promise<string | undefined> {
  for (let seed = 1; seed <= LIVES_MAX; seed += 1) {
    const { violation } = await live(seed, { habits })
    if (violation) return violation
  }
  return undefined
}
