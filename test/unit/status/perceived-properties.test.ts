import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Play } from '../../support/play.ts'
import type { HistoryRow } from '../../support/play-rows.ts'
import { pulseMachine } from '../../support/pulse-machine.ts'
import { stackLight } from '../../support/stack-light.ts'

/** Many invented days take long on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

/** A stretch of a machine's day, and what it is in truth. */
interface Stretch {
  readonly status: 'running' | 'idle' | 'down'
  readonly seconds: number
}

/** One that plays itself, reading by reading. */
interface Played extends Stretch {
  readonly play: (played: Play) => void
}

/** Each ends where the next begins. */
function expectTiling(rows: readonly HistoryRow[]): void {
  rows.slice(1).forEach((next, index) => {
    const row = rows[index]
    const lastedMs = Date.parse(next.at) - Date.parse(row?.at ?? '')
    expect(Math.abs(lastedMs - (row?.ended?.durationMs ?? Number.NaN))).toBeLessThanOrEqual(1)
    expect(lastedMs).toBeGreaterThan(0)
  })
}

/** How many seconds, and how many whole minutes, rows that have ended say of a status. */
function sumsOf(rows: readonly HistoryRow[], status: string) {
  const ended = rows.flatMap((row) => (row.status === status && row.ended ? [row.ended] : []))
  return {
    seconds: ended.reduce((sum, { durationMs }) => sum + durationMs / 1_000, 0),
    minutes: ended.reduce((sum, { minutes }) => sum + minutes, 0),
  }
}

function expectTruth(rows: readonly HistoryRow[], truth: readonly Stretch[], withinSeconds: number): void {
  for (const status of ['running', 'idle', 'down'] as const) {
    const lasted = truth.filter((one) => one.status === status).reduce((sum, one) => sum + one.seconds, 0)
    const { seconds, minutes } = sumsOf(rows, status)
    expect(Math.abs(seconds - lasted)).toBeLessThanOrEqual(withinSeconds)
    expect(Math.abs(minutes - seconds / 60)).toBeLessThanOrEqual(0.51)
  }
}

/** What a reader sees of a row. */
function outlineOf({ at, status, reason, ended }: HistoryRow) {
  return { at, status, reason, ended: ended && { ms: ended.durationMs, minutes: ended.minutes } }
}

describe('whatever a stack light shows', () => {
  const DARK = { green: false, amber: false, red: false }

  /** Lamps that are steady for so long, or one that blinks once a second. */
  const lamps = fc.record({
    shows: fc.constantFrom('green', 'green blinks', 'amber', 'red', 'red blinks', 'dark'),
    seconds: fc.integer({ min: 12, max: 90 }),
  })

  function stretchOf({ shows, seconds }: { readonly shows: string; readonly seconds: number }): Played {
    const [lamp = '', blinks] = shows.split(' ')
    const status = lamp === 'red' ? 'down' : shows === 'green' ? 'running' : 'idle'
    const lit = lamp === 'dark' ? DARK : { ...DARK, [lamp]: true }
    return {
      status,
      seconds,
      play: (played) => {
        if (!blinks) played.show(lit, seconds)
        else for (let second = 0; second < seconds; second++) played.show(lit, 0.5).show(DARK, 0.5)
      },
    }
  }

  function live(stretches: readonly Played[]): Play {
    const played = new Play(stackLight()).every(0.2).show({ ...DARK, green: true }, 20)
    for (const stretch of stretches) stretch.play(played)
    // What is open ends, so that it has its minutes.
    return played.show({ ...DARK, green: true }, 60).show({ ...DARK, red: true }, 20)
  }

  it('its rows tile the time and say the truth, to half a minute for each status', () => {
    // A machine that is switched on is believed after a minute, as it is believed to be switched off.
    const RELEASE_S = 60
    fc.assert(
      fc.property(fc.array(lamps, { minLength: 1, maxLength: 8 }), (shown) => {
        const stretches = shown.map((one) => stretchOf({ ...one, seconds: one.seconds + RELEASE_S }))
        const { history } = live(stretches)
        expectTiling(history)
        expectTruth(history, [...stretches, { status: 'running', seconds: 80 }], 30)
      }),
      { numRuns: 60 },
    )
  })

  it('a gateway that starts again at once goes on with the same rows', () => {
    fc.assert(
      fc.property(
        fc.array(lamps, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 0, max: 60 }),
        (shown, cutAt) => {
          const stretches = shown.map(stretchOf)
          const cut = stretches.map((stretch, index) => {
            if (index !== cutAt % stretches.length) return stretch
            return { ...stretch, play: (played: Play) => stretch.play(played.restart(0)) }
          })
          expect(live(cut).history.map(outlineOf)).toEqual(live(stretches).history.map(outlineOf))
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('whatever pulses a machine has', () => {
  const IDEAL_S = 12
  const STOP_AFTER_S = 36
  const MICRO_STOP_S = 120

  /** A run of cycles of one length, and a stop behind it. */
  const run = fc.record({
    cycles: fc.integer({ min: 1, max: 12 }),
    cycleS: fc.integer({ min: 5, max: STOP_AFTER_S }),
    stopS: fc.integer({ min: STOP_AFTER_S + 1, max: 400 }),
  })
  type Run = typeof run extends fc.Arbitrary<infer Kind> ? Kind : never

  /** From the first pulse on, the machine runs until an ideal cycle after the last one. */
  function truthOf({ cycles, cycleS, stopS }: Run): readonly Stretch[] {
    const stoodS = stopS - IDEAL_S
    return [
      { status: 'running', seconds: (cycles - 1) * cycleS + IDEAL_S },
      { status: stoodS >= MICRO_STOP_S ? 'down' : 'idle', seconds: stoodS },
    ]
  }

  function live(runs: readonly Run[], cutAtS?: number): Play {
    const played = new Play(pulseMachine()).read({ cycles: 0, alarm: false })
    let count = 0
    let livedS = 0
    const pass = (seconds: number) => {
      const untilCutS = cutAtS === undefined ? -1 : cutAtS - livedS
      if (untilCutS >= 0 && untilCutS < seconds)
        played
          .watch(untilCutS)
          .restart(0)
          .watch(seconds - untilCutS)
      else played.watch(seconds)
      livedS += seconds
    }
    const pulse = () => {
      count += 1
      played.read({ cycles: count })
    }
    for (const { cycles, cycleS, stopS } of runs) {
      pulse()
      for (let cycle = 1; cycle < cycles; cycle++) {
        pass(cycleS)
        pulse()
      }
      pass(stopS)
    }
    pulse()
    pass(IDEAL_S)
    return played
  }

  it('its rows tile the time and are the truth', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 12 }), (runs) => {
        const { history } = live(runs)
        expectTiling(history)
        expectTruth(history, runs.flatMap(truthOf), 0.01)
      }),
      { numRuns: 100 },
    )
  })

  it('has one downtime for each long stop, from its beginning to its end', () => {
    fc.assert(
      fc.property(fc.array(run, { minLength: 1, maxLength: 12 }), (runs) => {
        const { downtimes } = live(runs)
        const long = runs.flatMap(truthOf).filter(({ status }) => status === 'down')
        expect(downtimes.map(({ ended }) => (ended?.durationMs ?? 0) / 1_000)).toEqual(
          long.map(({ seconds }) => seconds),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('a gateway that starts again at once goes on with the same rows', () => {
    fc.assert(
      fc.property(
        fc.array(run, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 1_500 }),
        (runs, cutAtS) => {
          expect(live(runs, cutAtS).history.map(outlineOf)).toEqual(live(runs).history.map(outlineOf))
        },
      ),
      { numRuns: 100 },
    )
  })
})
