/**
 * A gateway that is back long after everything was healed: it has held a stop unseen, and is judged once it has had the time to see its
 * machines again, as any other.
 */
import { expect, test } from 'vitest'
import { live } from './life.ts'
import { timeoutOf } from './lives.ts'

/** Its power is cut shortly before the end, and it starts again one second before its record would have been judged. */
const SEED = 778_936
const HELD = 'LATHE-2'

test('a life ends only when its gateway has run for long enough to see what its machines do', {
  timeout: timeoutOf(1),
}, async () => {
  const { violation, rows } = await live(SEED)
  expect(violation).toBeUndefined()
  expect(rows.get(HELD)?.at(-1)).toMatch(/"status.opened".*"previousStatus":"setup","status":"idle"/)
  expect(rows.get(HELD)?.filter((row) => row.includes('"downtime.opened"'))).toHaveLength(1)
})
