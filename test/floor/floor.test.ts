import { describe, expect, it } from 'vitest'
import { tryDays } from './try-days.ts'

/** Less than half a minute of work where nothing else runs. */
const DAYS = 800
const SEED = 20_260_131
const TIMEOUT_MS = 600_000

describe('on random days at a press with two stations, and at a table without a machine', {
  timeout: TIMEOUT_MS,
}, () => {
  it('each scan is answered, stored and understood at the machine as the documents say', async () => {
    expect(await tryDays(DAYS, SEED)).toBeUndefined()
  })
})
