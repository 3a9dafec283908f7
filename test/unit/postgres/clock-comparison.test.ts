import { describe, expect, it } from 'vitest'
import { createClockComparison } from '../../../src/postgres/clock-comparison.ts'

/** A server whose clock is off, and that reads it at some moment of a round trip. */
function site(offsetMs: number) {
  let trueMs = 1_700_000_000_000
  const server = { offsetMs }
  const clock = createClockComparison(() => ({ wallMs: trueMs, monoMs: trueMs - 1_000_000 }))
  return {
    clock,
    server,
    /** One question: how long it takes to the moment at which the server reads its clock, and then back. */
    ask: (thereMs: number, backMs: number) => {
      const answered = clock.ask()
      trueMs += thereMs
      const seconds = ((trueMs + server.offsetMs) / 1_000).toFixed(6)
      trueMs += backMs
      answered(seconds)
    },
    pass: (ms: number) => {
      trueMs += ms
    },
  }
}

describe('how far the clock of the server is off', () => {
  it('is nothing before the first answer', () => {
    expect(site(9_000).clock.offsetMs).toBe(0)
  })

  it('is what a fast answer says', () => {
    const { clock, ask } = site(-6_500)
    ask(1, 1)
    expect(clock.offsetMs).toBeGreaterThanOrEqual(-6_502)
    expect(clock.offsetMs).toBeLessThanOrEqual(-6_498)
  })

  it('is nothing where a slow answer leaves room for clocks that agree', () => {
    for (const [there, back] of [
      [14_000, 0],
      [0, 14_000],
      [7_000, 7_000],
    ] as const) {
      const { clock, ask } = site(0)
      ask(there, back)
      expect(Math.abs(clock.offsetMs)).toBe(0)
    }
  })

  it('is known after one fast answer among slow ones, whichever comes first', () => {
    for (const first of [0, 1]) {
      const { clock, ask } = site(7_000)
      for (const turn of [0, 1]) ask(...((turn === first ? [1, 1] : [3_000, 9_000]) as [number, number]))
      expect(clock.offsetMs).toBeGreaterThan(6_990)
    }
  })

  it('ends with the next answer once a clock was set', () => {
    const { clock, server, ask } = site(7_000)
    ask(1, 1)
    server.offsetMs = 0
    ask(1, 1)
    expect(Math.abs(clock.offsetMs)).toBe(0)
  })

  it('never claims more than there is, however the ways are', () => {
    for (let seed = 1; seed < 500; seed++) {
      const { clock, server, ask, pass } = site(((seed * 37) % 12_000) - 6_000)
      for (let turn = 0; turn < 5; turn++) {
        ask((seed * 7 + turn * 131) % 3_000, (seed * 13 + turn * 17) % 3_000)
        expect(Math.abs(clock.offsetMs)).toBeLessThanOrEqual(Math.abs(server.offsetMs) + 1)
        pass(20_000)
      }
    }
  })

  it('is not changed by an answer that is no time', () => {
    const { clock, ask } = site(6_000)
    ask(1, 1)
    clock.ask()('nonsense')
    clock.ask()(undefined)
    expect(clock.offsetMs).toBeGreaterThan(5_990)
  })
})
