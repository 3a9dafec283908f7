import { describe, expect, it } from 'vitest'
import { counted, followCount } from '../../../src/status/seeing/counters.ts'

const MINUTE = 60_000
const SECOND = 1_000

describe('a counter of a PLC', () => {
  const counter = { signal: 'good', rollover: 65_536, maxPerMinute: 60 }

  // Fault of the catalogue: [A10]
  it('counts on over its end', () => expect(counted(counter, 65_530, 4, MINUTE)).toBe(10))
  it('counts from zero after a reset', () => {
    expect(counted(counter, 1_200, 0, MINUTE)).toBe(0)
    expect(counted(counter, 0, 7, MINUTE)).toBe(7)
    expect(counted(counter, 1_200, 7, MINUTE)).toBe(7)
  })
  it('counts no more after a reset than the machine can make', () =>
    expect(counted(counter, 60_000, 30_000, MINUTE)).toBe(61))
  it('is not fooled by a wrap that would be too fast', () =>
    expect(counted(counter, 60_000, 30, MINUTE)).toBe(30))
  it('believes any rise where no rate is known', () =>
    expect(counted({ signal: 'good' }, 0, 5_000, 1)).toBe(5_000))
})

describe('a counter that shows a wild value', () => {
  const counter = { signal: 'good', rollover: 2 ** 32, maxPerMinute: 60 }

  /** What is counted in all, and what the counter is believed to show at the end. */
  function follow(...values: readonly number[]) {
    const [first = 0, ...others] = values
    let { count } = followCount(counter, undefined, first, SECOND)
    let parts = 0
    for (const value of others) {
      const next = followCount(counter, count, value, SECOND)
      count = next.count
      parts += next.parts
    }
    return { parts, at: count.value }
  }

  it('counts nothing for a glitch faster than the machine, and goes on from the value before it', () =>
    expect(follow(500, 60_000, 501)).toEqual({ parts: 1, at: 501 }))
  it('takes the high word that has rolled before the low word was read for a glitch', () =>
    expect(follow(65_535, 131_071, 65_536, 65_537)).toEqual({ parts: 2, at: 65_537 }))
  it('goes on from where it has leapt to, once it stays there', () =>
    expect(follow(500, 60_000, 60_001, 60_002)).toEqual({ parts: 2, at: 60_002 }))
  it('recovers from a zero that was none', () =>
    expect(follow(500, 0, 501, 502, 503)).toEqual({ parts: 2, at: 503 }))
  it('counts nothing with its first value', () => expect(follow(70_000)).toEqual({ parts: 0, at: 70_000 }))
})
