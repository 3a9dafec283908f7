import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startSteps } from '../../../src/demo/steps.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }))
afterEach(() => void vi.useRealTimers())

function begun(redraws: boolean, columns?: number) {
  const printed: string[] = []
  return { printed, steps: startSteps({ out: (text) => void printed.push(text), redraws, columns }, 2) }
}

test('on a terminal the line of a step counts the seconds, and ends with what it took', () => {
  const { printed, steps } = begun(true)
  steps.begin('PostgreSQL')
  vi.advanceTimersByTime(1_250)
  expect(printed.at(-1)).toBe('\r  1 of 2  PostgreSQL ... 1 s\u001b[K')
  vi.advanceTimersByTime(800)
  steps.begin('the gateway')
  expect(printed.slice(-2)).toEqual([
    '\r  1 of 2  PostgreSQL ... 2 s\u001b[K\n',
    '\r  2 of 2  the gateway ... 0 s\u001b[K',
  ])
  steps.end()
  vi.advanceTimersByTime(5_000)
  expect(printed.at(-1)).toBe('\r  2 of 2  the gateway ... 0 s\u001b[K\n')
})

test('on a narrow terminal the line is cut, so that it can be redrawn', () => {
  const { printed, steps } = begun(true, 40)
  steps.begin('the tables of the MES, and a role for the gateway')
  expect(printed).toEqual(['\r  1 of 2  the tables of the MES... 0 s\u001b[K'])
})

test('elsewhere each step is one line, without cursor movements', () => {
  const { printed, steps } = begun(false)
  steps.begin('PostgreSQL')
  vi.advanceTimersByTime(3_000)
  steps.begin('the gateway')
  steps.end()
  expect(printed).toEqual(['  1 of 2  PostgreSQL ...\n', '  2 of 2  the gateway ...\n'])
})

test('a start that is given up says nothing more', () => {
  const { printed, steps } = begun(true)
  steps.begin('PostgreSQL')
  steps[Symbol.dispose]()
  const said = printed.length
  vi.advanceTimersByTime(3_000)
  expect(printed).toHaveLength(said)
})
