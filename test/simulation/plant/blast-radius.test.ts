/** What happens to one machine changes nothing in the rows of the others. */
import { expect, test } from 'vitest'
import { live } from './life.ts'
import { timeoutOf } from './lives.ts'

const SEEDS = 12
const VICTIM = 'LATHE-2'
const DEVICE_FAULTS = new Set([
  'cut devices',
  'late devices',
  'frozen devices',
  'bad values',
  'rebooted devices',
  'chatter',
] as const)

test('the rows of other machines are the same, byte for byte, whatever befalls one', {
  timeout: timeoutOf(2 * SEEDS),
}, async () => {
  let different = 0
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const calm = await live(seed, { faults: new Set() })
    const struck = await live(seed, { faults: DEVICE_FAULTS, victim: VICTIM })
    expect([calm.violation, struck.violation]).toEqual([undefined, undefined])
    if (String(calm.rows.get(VICTIM)) !== String(struck.rows.get(VICTIM))) different += 1
    for (const [machine, rows] of calm.rows)
      if (machine !== VICTIM) expect(struck.rows.get(machine), `seed ${seed}, ${machine}`).toEqual(rows)
  }
  expect(different).toBe(SEEDS)
})
