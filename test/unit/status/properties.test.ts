import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import { press } from '../../support/press.ts'

/** A day in the life of a machine and its cable. */
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('show' as const),
      state: fc.constantFrom('run', 'ready', 'fault', 'setup', 'service'),
      code: fc.constantFrom(0, 101, 210, 999),
      seconds: fc.integer({ min: 0, max: 400 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), seconds: fc.integer({ min: 1, max: 90 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('restart' as const),
      seconds: fc.integer({ min: 1, max: 700 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('bad' as const), seconds: fc.integer({ min: 1, max: 60 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('reload' as const), version: fc.constantFrom('v1', 'v2') }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer Kind> ? Kind : never

function live(steps: readonly Step[], startMs?: number): Play {
  const play = new Play(press(), startMs)
  for (const next of steps) {
    if (next.kind === 'show') play.show({ state: next.state, fault: next.code }, next.seconds)
    else if (next.kind === 'cut') play.cut(next.seconds)
    else if (next.kind === 'restart') play.restart(next.seconds)
    else if (next.kind === 'reload') play.reload(press({ version: next.version }))
    else play.show({ state: 'run' }, next.seconds, 'bad').show({ state: 'run' }, 1)
  }
  return play
}

describe('whatever happens to a machine', () => {
  it('its rows tile the time: each ends where the next begins, and only markers have no length', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const rows = live(steps).history
        rows.forEach((row, index) => {
          const next = rows[index + 1]
          if (!next) return
          expect(Date.parse(next.at)).toBeGreaterThan(Date.parse(row.at))
          if (row.reason === 'NO_DATA') {
            expect(row.ended ?? null).toBeNull()
            return
          }
          const durationMs = row.ended?.durationMs ?? Number.NaN
          expect(Math.abs(Date.parse(next.at) - Date.parse(row.at) - durationMs)).toBeLessThanOrEqual(1)
          expect(next.previousStatus).toBe(row.status)
        })
      }),
      { numRuns: 300 },
    )
  })

  it('its minutes stay within half a minute of the truth, by status', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const sums = new Map<string, { minutes: number; seconds: number }>()
        for (const row of live(steps).history) {
          if (!row.ended) continue
          const sum = sums.get(row.status) ?? { minutes: 0, seconds: 0 }
          sum.minutes += row.ended.minutes
          sum.seconds += row.ended.durationMs / 1_000
          sums.set(row.status, sum)
          expect(Math.abs(sum.minutes - sum.seconds / 60)).toBeLessThanOrEqual(0.51)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('its downtimes never overlap, and never two are open', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const rows = live(steps).downtimes
        rows.forEach((row, index) => {
          const next = rows[index + 1]
          if (!next) return
          expect(row.ended?.at).toBeTruthy()
          expect(Date.parse(row.ended?.at as string)).toBeLessThanOrEqual(Date.parse(next.at))
        })
      }),
      { numRuns: 300 },
    )
  })

  it('the same inputs give the same events, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        expect(JSON.stringify(live(steps).events)).toBe(JSON.stringify(live(steps).events))
      }),
      { numRuns: 50 },
    )
  })

  it('crosses midnight without a hole', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 25 }), (steps) => {
        for (const row of live(steps, Date.UTC(2026, 0, 30, 23, 50)).history) {
          const start = Date.parse(row.at)
          const durationMs = row.ended?.durationMs ?? 0
          const midnight = Date.UTC(2026, 0, 31)
          expect(start < midnight && start + durationMs > midnight).toBe(false)
        }
      }),
      { numRuns: 200 },
    )
  })
})
