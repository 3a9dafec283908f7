/** A Modbus device of which four answers in ten are faulty. `npm run faults -- --modbus-reads 1000000` reads it for longer. */
import { expect, test, vi } from 'vitest'
import { MEDIA } from '../support/virtual-line.ts'
import { rateOf, readFaulty } from './modbus/campaign.ts'

/** Hours of simulated time take long on a computer that does much else. */
vi.setConfig({ testTimeout: 300_000 })

const READS = 20_000

// Fault of the catalogue: [A8]
test.each(MEDIA)(
  '%s: no value belongs to another register, and the machine is read at half its rate',
  async (medium) => {
    const options = { medium, seed: 1, faulty: 0.4, readsMax: READS, untilMs: Number.POSITIVE_INFINITY }
    const { reads, wrong } = await readFaulty(options)
    expect(wrong).toEqual([])
    expect(reads).toBeGreaterThanOrEqual(READS)
    expect(await rateOf(medium, 1)).toBeGreaterThanOrEqual(0.5)
  },
)
