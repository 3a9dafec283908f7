/** A log that came to its bound while central was away, as far as there is time for. `npm run faults -- --away 90` plays days. */
import { expect, test } from 'vitest'
import { playAway } from './away/campaign.ts'
import { awayFaults } from './away/findings.ts'

// Fault of the catalogue: [E1]
test('what waits in a full log is kept, lands once and in order, and what comes meanwhile lands behind it', async () => {
  const found = await playAway({ seconds: 86_400, size: '8MB', bareRows: 2_000 })
  expect(awayFaults(found)).toEqual([])
  expect(found.written.refusal).toContain('not acknowledged yet by central')
  expect(found.storedMs.after).toBeGreaterThan(0)
  expect(found.landedMs.after).toBeGreaterThan(0)
}, 240_000)
