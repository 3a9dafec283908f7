import { expect, test } from 'vitest'
import { PollTimer, phaseOf } from '../../../src/drivers/shared/poll-timer.ts'

test('the first poll is due at once, the others at fixed places', () => {
  const timer = new PollTimer(100, 0.25, 1_010)
  expect(timer.take(1_010)).toBe(true)
  expect(timer.dueMs).toBe(1_020)
  expect(timer.take(1_019)).toBe(false)
  expect(timer.take(1_026)).toBe(true)
  expect(timer.dueMs).toBe(1_120)
  expect(timer.skipped).toBe(0)
})

test('a late poll skips what it missed and does not shift the next one', () => {
  const timer = new PollTimer(100, 0, 1_000)
  timer.take(1_000)
  expect(timer.take(1_350)).toBe(true)
  expect(timer.skipped).toBe(2)
  expect(timer.dueMs).toBe(1_400)
})

test('a thousand polls, each a little late, do not drift', () => {
  const timer = new PollTimer(50, 0.5, 20)
  for (let n = 0; n < 1_000; n++) expect(timer.take(n * 50 + 20 + (n % 7))).toBe(true)
  expect(timer.dueMs).toBe(1_000 * 50 + 20)
  expect(timer.skipped).toBe(0)
})

test('devices of one line are spread over the interval', () => {
  const phases = Array.from({ length: 200 }, (_, n) => phaseOf(`PRESS-${n}`))
  const tenths = Map.groupBy(phases, (phase) => Math.floor(phase * 10))
  expect(tenths.size).toBe(10)
  for (const inTenth of tenths.values()) expect(inTenth.length).toBeLessThan(45)
})
