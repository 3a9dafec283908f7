import { expect, test } from 'vitest'
import { playScans } from './scans/campaign.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31

test('what was confirmed by a beep is in central exactly once, though the gateway is killed and central away', async () => {
  const outcome = await playScans({ scans: 800, kills: 3, awayMs: 5_000, seed: SEED })
  const { lost, doubled, refusedAndStored, confirmed, sent, log } = outcome
  expect({ lost, doubled, refusedAndStored }, `seed ${SEED}\n${log}`).toEqual({
    lost: [],
    doubled: [],
    refusedAndStored: [],
  })
  expect(sent).toBe(800)
  expect(confirmed).toBeGreaterThan(sent / 2)
}, 300_000)
