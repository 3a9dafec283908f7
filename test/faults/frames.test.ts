/** Scans among noise, as far as there is time for in each run. `npm run faults -- --frames 10000000` plays more. */
import { expect, test } from 'vitest'
import { playFrames } from './frames/campaign.ts'

const FRAMES = 50_000
/** The framer holds 4 KiB for each scanner; the rest is what the language has not cleaned up yet. */
const GROWN_MAX_BYTES = 256 * 1_048_576

// Fault of the catalogue: [A13]
// Bound: SCAN_MAX_BYTES
test('every scan among noise, halves and bytes without end is read, and memory stays bounded', () => {
  const { findings, grownBytes } = playFrames(FRAMES, 1)
  expect(findings).toEqual([])
  expect(grownBytes).toBeLessThan(GROWN_MAX_BYTES)
})
