/** A feed in Sparkplug under kills, as far as there is time for in each run. `npm run faults -- --sparkplug 100000` plays more. */
import { expect, test } from 'vitest'
import { playSparkplug } from './sparkplug/campaign.ts'

/** Moments are chosen anew in each run; a failure names its seed. */
const SEED = Date.now() % 2 ** 31

test('a host gets every event in order, and no message breaks a rule, over kills of the gateway, the broker and the link', async () => {
  const found = await playSparkplug({ messages: 2_000, perSecond: 200, peaceMaxMs: 800, seed: SEED })
  expect(found.findings, `seed ${SEED}`).toEqual([])
  expect(found.counts.messages).toBeGreaterThanOrEqual(2_000)
  expect(found.counts.historical).toBeGreaterThan(0)
  expect(found.events, JSON.stringify(found)).toBeGreaterThan(500)
}, 240_000)
