import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { readState } from '../../../../src/status/saved/read-state.ts'
import { Play, START_MS } from '../../../support/play.ts'
import type { HistoryRow } from '../../../support/play-rows.ts'
import { press } from '../../../support/press.ts'

/** Many invented days take long on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const shown = fc.record({
  kind: fc.constant('show' as const),
  state: fc.constantFrom('run', 'ready', 'fault', 'setup', 'service'),
  code: fc.constantFrom(0, 101, 210),
  seconds: fc.integer({ min: 1, max: 900 }),
})
const cut = fc.record({ kind: fc.constant('cut' as const), seconds: fc.integer({ min: 1, max: 400 }) })
const restart = fc.record({
  kind: fc.constant('restart' as const),
  seconds: fc.integer({ min: 1, max: 700 }),
})
type Step =
  | (typeof shown extends fc.Arbitrary<infer Kind> ? Kind : never)
  | { readonly kind: 'cut' | 'restart'; readonly seconds: number }

/** Shifts and breaks of all lengths, one behind the other. Turns lie between the polls. */
const plan = fc
  .array(
    fc.tuple(fc.integer({ min: 1, max: 1_500 }), fc.constantFrom('Early', 'Late', 'NO_SHIFT', 'BREAK')),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => {
    let at = 0.25
    return parts.map(([seconds, what]) => {
      at += seconds
      return [at, what] as const
    })
  })
type Plan = readonly (readonly [number, string])[]

function live(steps: readonly Step[], turns: Plan, changes: Parameters<typeof press>[0] = {}): Play {
  const play = new Play(press(changes)).plan(turns)
  for (const step of steps) {
    if (step.kind === 'show') play.show({ state: step.state, fault: step.code }, step.seconds)
    else if (step.kind === 'cut') play.cut(step.seconds)
    else play.restart(step.seconds)
  }
  return play.show({ state: 'run', fault: 0 }, 60)
}

/** What the plan says at a moment; undefined where time is planned. */
function unplannedAt(turns: Plan, atMs: number): string | undefined {
  const what = turns.findLast(([seconds]) => START_MS + seconds * 1_000 <= atMs)?.[1]
  return what === 'NO_SHIFT' || what === 'BREAK' ? what : undefined
}

/** The rows of a machine without any plan, as they are to be with it. */
function replanned(rows: readonly HistoryRow[], turns: Plan): readonly string[] {
  const said: string[] = []
  let before: string | undefined
  for (const [index, row] of rows.entries()) {
    const from = Date.parse(row.at)
    const next = rows[index + 1]
    const to = next ? Date.parse(next.at) : Number.POSITIVE_INFINITY
    const inside = turns.map(([seconds]) => START_MS + seconds * 1_000).filter((at) => at > from && at < to)
    for (const at of [from, ...inside]) {
      const unplanned = row.status === 'running' ? undefined : unplannedAt(turns, at)
      const now = unplanned === undefined ? row.status : `available ${unplanned}`
      const isNew = at === from && unplanned === undefined
      if (isNew || now !== before) said.push(`+${(at - START_MS) / 1_000} ${now}`)
      before = now
    }
  }
  return said
}

const steps = fc.array(shown, { minLength: 1, maxLength: 12 })
const roughSteps = fc.array(
  fc.oneof({ weight: 6, arbitrary: shown }, { weight: 1, arbitrary: cut }, { weight: 1, arbitrary: restart }),
  { minLength: 1, maxLength: 15 },
)

/** Each plays days of a machine, second by second; a busy computer takes its time. */
describe('whatever a machine does, and whatever its plant has planned', { timeout: 120_000 }, () => {
  it('its rows are those that it would have without a plan, cut where time is planned or not', () => {
    fc.assert(
      fc.property(steps, plan, (steps, turns) => {
        const withPlan = live(steps, turns).history.map(({ at, status, reason }) =>
          [`+${(Date.parse(at) - START_MS) / 1_000}`, status, status === 'available' ? reason : null]
            .filter((part) => part !== null)
            .join(' '),
        )
        expect(withPlan).toEqual(replanned(live(steps, []).history, turns))
      }),
      { numRuns: 60 },
    )
  })

  it('its rows tile the time, and its minutes stay within half a minute of the truth', () => {
    fc.assert(
      fc.property(roughSteps, plan, (steps, turns) => {
        const rows = live(steps, turns).history
        const sums = new Map<string, number>()
        rows.forEach(({ at, reason, status, ended }, index) => {
          const next = rows[index + 1]
          if (!next || reason === 'NO_DATA') return
          const durationMs = ended?.durationMs ?? Number.NaN
          expect(Math.abs(Date.parse(next.at) - Date.parse(at) - durationMs)).toBeLessThanOrEqual(1)
          expect(next.previousStatus).toBe(status)
          const off = (sums.get(status) ?? 0) + (ended?.minutes ?? 0) - durationMs / 60_000
          expect(Math.abs(off)).toBeLessThanOrEqual(0.51)
          sums.set(status, off)
        })
      }),
      { numRuns: 60 },
    )
  })

  it('no downtime reaches into time that is not planned, and never two are open', () => {
    fc.assert(
      fc.property(roughSteps, plan, (steps, turns) => {
        const play = live(steps, turns)
        const unplanned = play.history.filter(({ reason }) => reason === 'NO_SHIFT' || reason === 'BREAK')
        play.downtimes.forEach(({ at, ended }, index) => {
          const next = play.downtimes[index + 1]
          const from = Date.parse(at)
          const to = ended ? Date.parse(ended.at) : Number.POSITIVE_INFINITY
          if (next) expect(to).toBeLessThanOrEqual(Date.parse(next.at))
          for (const row of unplanned) {
            const begins = Date.parse(row.at)
            const ends = begins + (row.ended?.durationMs ?? 0)
            expect(Math.min(to, ends) - Math.max(from, begins)).toBeLessThanOrEqual(1)
          }
        })
      }),
      { numRuns: 60 },
    )
  })

  it('its saved state is read again as it was, and the same day gives the same events', () => {
    fc.assert(
      fc.property(roughSteps, plan, (steps, turns) => {
        const play = live(steps, turns)
        expect(readState(JSON.parse(JSON.stringify(play.state)))).toEqual({ kind: 'read', state: play.state })
        expect(JSON.stringify(live(steps, turns).events)).toBe(JSON.stringify(play.events))
      }),
      { numRuns: 60 },
    )
  })

  it('a restart in its midst changes no row, where nothing was about to change', () => {
    fc.assert(
      fc.property(steps, plan, fc.nat(11), (steps, turns, at) => {
        const long = steps.map((step) => ({ ...step, seconds: step.seconds + 30 }))
        const index = at % long.length
        const away = { kind: 'restart', seconds: 1 } as const
        const waits = { ...(long[index] as Step), kind: 'show', seconds: 1 } as Step
        const before = [...long.slice(0, index + 1), waits, ...long.slice(index + 1)]
        const restarted = [...long.slice(0, index + 1), away, ...long.slice(index + 1)]
        const [once, again] = [live(before, turns), live(restarted, turns)]
        expect(again.story).toEqual(once.story)
        expect(again.stops).toEqual(once.stops)
      }),
      { numRuns: 40 },
    )
  })
})
