import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { elapsedMs, type Instant } from '../../../src/domain/instant.ts'
import { type AnalogMemory, followAnalog } from '../../../src/status/seeing/perceived/analog.ts'
import type { CourseTurn } from '../../../src/status/seeing/perceived/glance.ts'

/** Many invented days take long on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const START: Instant = { boot: 'boot-1', wallMs: 1_000_000, monoMs: 0 }
const at = (ms: number): Instant => ({ boot: 'boot-1', wallMs: 1_000_000 + ms, monoMs: ms })
const LIMITS = { runningAbove: 4, stoppedBelow: 3, averageMs: 10_000 }

/** What a device showed, one value after the other, each for so long. */
type Shown = readonly (readonly [value: number, ms: number])[]

interface Followed {
  readonly turns: readonly CourseTurn[]
  /** How the end of what was settled went on. */
  readonly settled: readonly number[]
}

/** Polled every `pollMs`; a value is only handed on where it has changed. */
function follow(shown: Shown, { limits = LIMITS, pollMs = 1_000 } = {}): Followed {
  let memory: AnalogMemory | undefined
  let now = 0
  const turns: CourseTurn[] = []
  const settled: number[] = []
  const glance = (raw?: number) => {
    const followed = followAnalog(limits, memory, { at: at(now), ...(raw !== undefined && { raw }) })
    memory = followed.memory
    turns.push(...followed.turns)
    settled.push(elapsedMs(START, followed.knownTo ?? at(now)))
  }
  for (const [value, ms] of shown) {
    glance(value)
    for (const end = now + ms; now < end; ) {
      now = Math.min(end, now + pollMs)
      glance()
    }
  }
  return { turns, settled }
}

const told = ({ turns }: Followed) =>
  turns.map(({ value, since }) => `${value} ${elapsedMs(START, since) / 1_000}`)

describe('an analog value with two limits', () => {
  it('says since which reading the machine runs or stands, though its average says so later', () => {
    expect(
      told(
        follow([
          [0, 30_000],
          [10, 60_000],
          [0, 60_000],
        ]),
      ),
    ).toEqual(['stopped 0', 'running 30', 'stopped 90'])
  })

  it('between the limits is what it was', () => {
    expect(
      told(
        follow([
          [0, 30_000],
          [3.5, 300_000],
          [5, 60_000],
          [3.2, 600_000],
          [2.9, 60_000],
        ]),
      ),
    ).toEqual(['stopped 0', 'running 330', 'stopped 990'])
  })

  it('passes over a spike and a dip that the average does not follow', () => {
    expect(
      told(
        follow([
          [0, 30_000],
          [10, 3_000],
          [0, 60_000],
        ]),
      ),
    ).toEqual(['stopped 0'])
    expect(
      told(
        follow([
          [10, 30_000],
          [0, 6_000],
          [10, 60_000],
        ]),
      ),
    ).toEqual(['running 0'])
  })

  it('stands from the last reading on that belongs to the run, not from a dip before it', () => {
    expect(
      told(
        follow([
          [10, 60_000],
          [0, 2_000],
          [10, 5_000],
          [0, 60_000],
        ]),
      ),
    ).toEqual(['running 0', 'stopped 67'])
  })

  it('runs through the pauses of each cycle that its average spans', () => {
    const cycles = Array.from(
      { length: 60 },
      () =>
        [
          [20, 3_000],
          [0, 7_000],
        ] as const,
    ).flat()
    expect(told(follow([...cycles, [0, 60_000]]))).toEqual(['running 0', 'stopped 593'])
  })

  it('is not known before its first average is whole', () => {
    expect(told(follow([[10, 9_000]]))).toEqual([])
    expect(told(follow([[10, 10_000]]))).toEqual(['running 0'])
    expect(
      told(
        follow([
          [0, 4_000],
          [10, 8_000],
        ]),
      ),
    ).toEqual(['stopped 0', 'running 4'])
    expect(told(follow([[3.6, 20_000]]))).toEqual(['running 0'])
    expect(told(follow([[3.4, 20_000]]))).toEqual(['stopped 0'])
  })

  it('of which some is no number stays what it was', () => {
    const { memory } = followAnalog(LIMITS, undefined, { at: START, raw: 5 })
    expect(followAnalog(LIMITS, memory, { at: at(1_000), raw: Number.NaN }).memory.value).toBe(5)
  })
})

const level = fc.constantFrom(0, 1, 2.9, 3, 3.2, 3.5, 3.8, 4, 4.1, 6, 20)
const trace = fc.array(fc.tuple(level, fc.integer({ min: 200, max: 40_000 })), {
  minLength: 1,
  maxLength: 40,
})
const options = fc.record({
  limits: fc.constantFrom(5_000, 10_000, 60_000).map((averageMs) => ({ ...LIMITS, averageMs })),
  pollMs: fc.constantFrom(250, 1_000, 3_000),
})

describe('whatever an analog value does', () => {
  it('what was settled stays so, and words take turns', () => {
    fc.assert(
      fc.property(trace, options, (shown, how) => {
        const { turns, settled } = follow(shown, how)
        expect(settled).toEqual([...settled].sort((a, b) => a - b))
        const sinces = turns.map(({ since }) => elapsedMs(START, since))
        expect(sinces).toEqual([...sinces].sort((a, b) => a - b))
        expect(turns.every(({ value }, index) => value !== turns[index - 1]?.value)).toBe(true)
      }),
    )
  })

  it('no turn reaches back to before what was settled', () => {
    fc.assert(
      fc.property(trace, options, (shown, { limits, pollMs }) => {
        let memory: AnalogMemory | undefined
        let now = 0
        let settledTo = 0
        for (const [value, ms] of shown) {
          for (let left = ms, raw: number | undefined = value; left > 0; left -= pollMs) {
            const followed = followAnalog(limits, memory, { at: at(now), ...(raw !== undefined && { raw }) })
            for (const { since } of followed.turns)
              expect(elapsedMs(START, since)).toBeGreaterThanOrEqual(settledTo)
            memory = followed.memory
            settledTo = elapsedMs(START, followed.knownTo ?? at(now))
            expect(now - settledTo).toBeLessThanOrEqual(limits.averageMs + 1)
            raw = undefined
            now += Math.min(left, pollMs)
          }
        }
      }),
    )
  })

  it('its memory is bounded, and survives being saved', () => {
    fc.assert(
      fc.property(trace, options, (shown, { limits }) => {
        let memory: AnalogMemory | undefined
        shown.forEach(([value], index) => {
          const glance = { at: at(index * 50), raw: value }
          const followed = followAnalog(limits, memory, glance)
          expect(
            followAnalog(limits, JSON.parse(JSON.stringify(memory ?? null)) ?? undefined, glance),
          ).toEqual(followed)
          memory = followed.memory
        })
        expect(memory?.stretches.length ?? 0).toBeLessThanOrEqual(290)
      }),
    )
  })

  it('where it is clearly above or below for longer than its average, each second is what it was', () => {
    const clear = fc.tuple(fc.constantFrom(0, 1, 2), fc.integer({ min: 21, max: 300 }))
    const days = fc.array(fc.tuple(clear, fc.integer({ min: 21, max: 300 })), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(days, (parts) => {
        const shown = parts.flatMap(([[low, lowS], highS]) => [
          [low, lowS * 1_000] as const,
          [6, highS * 1_000] as const,
        ])
        let now = 0
        const truth = shown.map(([value, ms]) => {
          const since = now / 1_000
          now += ms
          return `${value > 4 ? 'running' : 'stopped'} ${since}`
        })
        expect(told(follow(shown))).toEqual(truth)
      }),
    )
  })
})
