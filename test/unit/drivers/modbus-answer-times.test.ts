/** How long a unit is waited for before it is asked again, by what it took before. */
import { expect, test } from 'vitest'
import { AnswerTimes } from '../../../src/drivers/modbus/answer-times.ts'

const times = (retries = 3) => new AnswerTimes({ timeoutMs: 1_000, retries, pauseMs: 0 })
const atOnce = (answerMs: number) => ({ sends: 1, answerMs, sinceLastMs: answerMs })
/** It was asked again after 1 s, and answered the first request soon after that. */
const HELD_BACK = { sends: 2, answerMs: 1_003, sinceLastMs: 3 }

test('a unit that answers quickly is asked again soon, and one that was never heard after its time limit', () => {
  const unit = times()
  expect(unit.patienceMs).toBe(1_000)
  unit.answered(atOnce(5))
  expect(unit.patienceMs).toBe(100)
})

test('a unit that is slower than its time limit is waited for as long as its tries would have taken', () => {
  const unit = times()
  unit.answered({ sends: 2, answerMs: 1_100, sinceLastMs: 100 })
  expect(unit.lateMs).toBe(1_100)
  expect(unit.patienceMs).toBe(4_000)
})

test('a unit of which the map says that it is not to be asked again is waited for no longer', () => {
  const unit = times(0)
  unit.cameLate(1_100)
  expect(unit.patienceMs).toBe(1_000)
})

test('a unit that answers in time again is no longer called late', () => {
  const unit = times()
  unit.cameLate(1_100)
  for (let n = 0; n < 3; n++) unit.answered(atOnce(5))
  expect(unit.lateMs).toBeUndefined()
})

test('an answer that is held back until the next request says how quick the unit is, if that happens twice', () => {
  const unit = times()
  unit.answered(HELD_BACK)
  expect(unit.patienceMs).toBe(1_000)
  unit.answered(HELD_BACK)
  expect(unit.patienceMs).toBe(100)
  expect(unit.lateMs).toBeUndefined()
})
