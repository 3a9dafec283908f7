/** A few of the restarts of `npm run faults -- --restarts 50`. */
import { expect, test } from 'vitest'
import { seededRandom } from './faults.ts'
import { restartServer } from './restarts/campaign.ts'

const RESTARTS = 8
/** Of a machine that does much else; where nothing else runs it is a second. */
const READ_AGAIN_MAX_MS = 60_000
const GROWN_MAX_BYTES = 16 * 1024 * 1024

// Fault of the catalogue: [A2]
test(`an OPC UA server is killed ${RESTARTS} times, and read again each time without growth or disorder`, async () => {
  const { readAgainMs, grownBytes, disordered } = await restartServer(RESTARTS, seededRandom(1))
  expect(readAgainMs).toHaveLength(RESTARTS)
  expect(Math.max(...readAgainMs), readAgainMs.join(' ')).toBeLessThan(READ_AGAIN_MAX_MS)
  expect(grownBytes).toBeLessThan(GROWN_MAX_BYTES)
  expect(disordered).toBe(0)
}, 300_000)
