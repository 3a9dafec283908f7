/** Short lives with a kill at each of their calls, singly: before the call, and after it. */
import { expect, test } from 'vitest'
import { stacksWhereWrong } from '../stacks.ts'
import { live } from './life.ts'
import { timeoutOf } from './lives.ts'

const SHORT_MS = 6_000
const CALLS_MAX = 250
const NO_FAULTS = new Set<never>()

test.each([11, 12])(
  'killed at any one call of the short life %i, the gateway keeps what was promised',
  {
    timeout: timeoutOf(400),
  },
  async (seed) => {
    const short = { faults: NO_FAULTS, chaosMs: SHORT_MS }
    const { points, violation } = await live(seed, short)
    expect(violation).toBeUndefined()
    const found: string[] = []
    const last = Math.min(points, CALLS_MAX)
    for (let crashAt = 1; crashAt <= last; crashAt += 1) {
      const killed = await stacksWhereWrong(() => live(seed, { ...short, crashAt }))
      if (killed.violation) found.push(`call ${crashAt}: ${killed.violation}`)
    }
    expect(last).toBeGreaterThan(150)
    expect(found).toEqual([])
  },
)
