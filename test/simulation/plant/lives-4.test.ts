/** A quarter of the lives; they are apart so that two workers share them. `npm run faults -- --seeds 1000000` lives more. */
import { expect, test } from 'vitest'
import { liveAll, timeoutOf, unmet } from './lives.ts'

const COUNT = 500
const FROM = 1501

test(`whatever fails, each of the lives ${FROM} to ${FROM + COUNT - 1} keeps what was promised`, {
  timeout: timeoutOf(COUNT),
}, async () => {
  const { violations, met } = await liveAll({ from: FROM, count: COUNT })
  expect(violations).toEqual([])
  expect(unmet(met)).toEqual([])
})
