/** Damage on the wires, as far as there is time for in each run. `npm run faults -- --fuzz 10000` tries more. */
import { expect, test } from 'vitest'
import { fuzzWire, WIRES } from './wire/campaign.ts'

/** A test runner also counts errors that nobody caught. */
const SEED = 1
const SEEDS: Readonly<Record<string, number>> = { postgres: 200, modbus: 120, opcua: 16 }

// Faults of the catalogue: [A9] [A15]
test.for(Object.entries(WIRES))(
  'whatever happens to messages between the gateway and %s, it recovers, and believes nothing that is not so',
  { timeout: 400_000 },
  async ([name, prepare]) => {
    expect(await fuzzWire(prepare, SEED, SEEDS[name] ?? 0)).toEqual([])
  },
)
