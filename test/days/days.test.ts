import { describe, expect, it } from 'vitest'
import { KINDS } from './day.ts'
import { tryDays } from './try-days.ts'

/** Together 20,000 days. */
const DAYS = { calm: 14_000, stepped: 6_000 } as const
const SEED = 20_260_131
/** A minute of work where nothing else runs. */
const TIMEOUT_MS = 600_000

describe('the rows of a machine keep the laws on random days', () => {
  it.fails('whatever happens to the machine, its devices, the gateway and its computer', {
    timeout: TIMEOUT_MS,
  }, () => {
    expect(tryDays('calm', KINDS.calm, { days: DAYS.calm, seed: SEED })).toBeUndefined()
  })

  it.fails('and while the clock is set again and again', { timeout: TIMEOUT_MS }, () => {
    expect(tryDays('stepped', KINDS.stepped, { days: DAYS.stepped, seed: SEED })).toBeUndefined()
  })
})
