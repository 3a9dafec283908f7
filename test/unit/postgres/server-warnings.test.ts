import { expect, it } from 'vitest'
import { createServerWarnings } from '../../../src/postgres/server-warnings.ts'
import { recordingLog } from '../../support/buffer.ts'

function warned() {
  const { log, lines } = recordingLog()
  const clock = { nowMs: 0 }
  return { warn: createServerWarnings('central', log, () => clock.nowMs), clock, lines }
}

// Bound: TEXTS_MAX
it('a warning that comes with each row is said once, and later how often it came', () => {
  const { warn, clock, lines } = warned()
  for (let row = 0; row < 10_000; row++) warn('the trigger is odd', 'db:5432')
  expect(lines).toMatchObject([{ msg: 'central warns: the trigger is odd', host: 'db:5432' }])
  clock.nowMs = 600_000
  warn('the trigger is odd', 'db:5432')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toMatchObject({ repeated: 9_999 })
})

it('warnings that name each row fill neither the log nor the memory', () => {
  const { warn, clock, lines } = warned()
  for (let row = 0; row < 10_000; row++) warn(`row ${row} is odd`, 'db:5432')
  expect(lines).toHaveLength(21)
  expect(lines.at(-1)).toMatchObject({ msg: 'central warns: other warnings, each different' })
  clock.nowMs = 600_000
  for (let row = 0; row < 10_000; row++) warn(`row ${row} is odd again`, 'db:5432')
  expect(lines.length).toBeLessThan(45)
})

it('a long warning is cut', () => {
  const { warn, lines } = warned()
  warn('x'.repeat(10_000), 'db:5432')
  expect(lines[0]?.msg?.length).toBeLessThan(600)
})
