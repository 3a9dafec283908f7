/** The example routes while the gateway is killed, as far as there is time for in each run. `npm run faults -- --routes 1000` plays more. */
import { expect, test } from 'vitest'
import { playRoutes } from './routes/campaign.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31

test('what was confirmed is in the tables of all three sites once, with what was scanned, over kills', async () => {
  const { findings, words, exitCode } = await playRoutes({ scans: 100, kills: 2, seed: SEED })
  expect(findings, `seed ${SEED}`).toEqual([])
  for (const [station, { good }] of Object.entries(words)) expect(good, station).toBeGreaterThan(20)
  expect(exitCode).toBe(0)
}, 240_000)
