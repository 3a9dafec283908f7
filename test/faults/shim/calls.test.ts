/** The process is killed at, or gets an error from, the very calls that reach the disk. `npm run faults -- --calls 10000` plays each. */
import { describe, expect, test } from 'vitest'
import { type CallFaults, callFaults } from './campaign.ts'
import { SHORT_LIFE } from './lives.ts'
import { canShim } from './shim.ts'

/** Calls are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31
const PATIENCE_MS = 10 * 60_000

async function expectNone(what: CallFaults, lives: number): Promise<void> {
  const outcome = await callFaults(what, lives, { seed: SEED, size: SHORT_LIFE })
  expect(outcome.findings, `seed ${SEED}`).toEqual([])
  expect(outcome.lives).toBe(lives)
}

describe.skipIf(!canShim)('at calls that change the disk (where a C compiler is installed)', () => {
  test(
    '[B2] a killed process leaves everything that it had answered, also where a write was torn',
    () => expectNone('kills', 8),
    PATIENCE_MS,
  )

  test(
    '[C2] [C4] [C8] a disk that is full, fails or takes no writes for a while loses nothing and wants nobody’s help',
    () => expectNone('errors', 4),
    PATIENCE_MS,
  )

  test(
    '[C5] a disk that cannot be read for a while loses nothing',
    () => expectNone('read errors', 2),
    PATIENCE_MS,
  )
})
