import { describe, expect, it } from 'vitest'
import { tryDays } from './try-days.ts'

/** Together 26,000 days: little more than a minute of work where nothing else runs. */
const DAYS = { calm: 12_000, staffed: 4_000, declared: 2_000, unset: 2_000, stepped: 6_000 } as const
const SEED = 20_260_131
const TIMEOUT_MS = 900_000

describe('the rows of a machine keep the laws on random days', { timeout: TIMEOUT_MS }, () => {
  it('whatever happens to the machine, its devices, the gateway and its computer', async () => {
    expect(await tryDays('calm', { days: DAYS.calm, seed: SEED })).toBeUndefined()
  })

  it('whatever orders and reasons people scan', async () => {
    expect(await tryDays('staffed', { days: DAYS.staffed, seed: SEED })).toBeUndefined()
  })

  it('whatever people declare the machine to be doing', async () => {
    expect(await tryDays('declared', { days: DAYS.declared, seed: SEED })).toBeUndefined()
  })

  it('and while the computer has no time after a boot', async () => {
    expect(await tryDays('unset', { days: DAYS.unset, seed: SEED })).toBeUndefined()
  })

  // Fault of the catalogue: [D1]
  it('and while the clock is set again and again', async () => {
    expect(await tryDays('stepped', { days: DAYS.stepped, seed: SEED })).toBeUndefined()
  })
})
