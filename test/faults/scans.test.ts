/** Scans while the gateway is killed and central is away, as far as there is time for in each run. `npm run faults -- --scans 10000` plays more. */
import { expect, test } from 'vitest'
import { playScans } from './scans/campaign.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31

test('what was confirmed is in central once, what was refused never, and nothing twice, over kills and a central that is away', async () => {
  const { findings, words, exitCode } = await playScans({
    scans: 400,
    perSecond: 50,
    kills: 2,
    awayMs: 4_000,
    seed: SEED,
  })
  expect(findings, `seed ${SEED}`).toEqual([])
  expect(words.good, JSON.stringify(words)).toBeGreaterThan(100)
  expect(words.bad).toBeGreaterThan(0)
  expect(exitCode).toBe(0)
}, 240_000)
