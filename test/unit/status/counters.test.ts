import { describe, expect, it } from 'vitest'
import { counted } from '../../../src/status/seeing/counters.ts'

const MINUTE = 60_000

describe('a counter of a PLC', () => {
  const counter = { signal: 'good', rollover: 65_536, maxPerMinute: 60 }

  it('counts on over its end', () => expect(counted(counter, 65_530, 4, MINUTE)).toBe(10))
  it('counts from zero after a reset', () => expect(counted(counter, 1_200, 7, MINUTE)).toBe(7))
  it('counts nothing for a glitch faster than the machine', () =>
    expect(counted(counter, 500, 60_000, MINUTE)).toBe(0))
  it('is not fooled by a wrap that would be too fast', () =>
    expect(counted(counter, 60_000, 30, MINUTE)).toBe(30))
  it('believes any rise where no rate is known', () =>
    expect(counted({ signal: 'good' }, 0, 5_000, 1)).toBe(5_000))
})
