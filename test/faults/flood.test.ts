/** Scanners that send without end, as far as there is time for in each run. `npm run faults -- --flood 10000` plays more. */
import { expect, test } from 'vitest'
import { playFlood } from './flood/campaign.ts'

const SCANS = 2_000
const GROWN_MAX_BYTES = 256 * 1_048_576
const LOG_MAX_BYTES = 64 * 1_024

// Fault of the catalogue: [B4]
test('bytes without end, thousands of scans at once and a server that ends each connection harm no other scanner', async () => {
  const found = await playFlood(SCANS, 10_000)
  expect(found.flooded).toEqual({ rows: SCANS, beeps: SCANS })
  expect(found.usual.beeps).toBe(found.usual.sent)
  expect(found.usual.rows).toBe(found.usual.sent)
  expect(found.usual.sent).toBeGreaterThan(5)
  expect(found.endlessBytes).toBeGreaterThan(1_048_576)
  expect(found.reconnects).toBeGreaterThan(5)
  expect(found.grownBytes).toBeLessThan(GROWN_MAX_BYTES)
  expect(found.logBytes).toBeLessThan(LOG_MAX_BYTES)
  expect(found.logFaults).toEqual([])
  expect(found.exitCode).toBe(0)
}, 240_000)
