/** The simulation must be able to fail: each planted mistake has to be found within a hundred lives. */
import { expect, test } from 'vitest'
import { firstCaught } from './first-caught.ts'
import { timeoutOf } from './lives.ts'
import { LOG_MUTANTS, RECORDING_MUTANTS } from './mutants-log.ts'

const MUTANTS = { ...LOG_MUTANTS, ...RECORDING_MUTANTS }

test.each(Object.entries(MUTANTS))('a gateway that %s is caught', { timeout: timeoutOf(100) }, async (_, habits) => {
  expect(await firstCaught(habits)).toMatch(/^seed \d+: /)
})
