/**
 * What central's view makes of a day: `SUM(running) / SUM(all)` over the whole minutes of the rows that began on that day. Held
 * against the truth, for machines with short and long cycles, with the defaults of the map.
 */
import { describe, expect, it } from 'vitest'
import { createRandom, type Random } from '../../simulation/random.ts'
import { Play } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const DAY_S = 86_400
const MIDNIGHT = Date.UTC(2026, 0, 31)

type State = 'run' | 'ready' | 'fault' | 'setup'
/** A state and how many seconds it lasts. */
type Stretch = readonly [State, number]

/** The availability of a whole day by the rows, and in truth, in percent. */
function dayOf(
  next: () => readonly Stretch[],
  map = press(),
): { readonly shown: number; readonly truth: number } {
  const play = new Play(map, MIDNIGHT).read({ state: 'run', fault: 0 })
  let lived = 0
  let ran = 0
  while (lived < DAY_S) {
    for (const [state, wanted] of next()) {
      const seconds = Math.min(wanted, DAY_S - lived)
      if (seconds <= 0) continue
      play.live({ state }, seconds)
      lived += seconds
      if (state === 'run') ran += seconds
    }
  }
  // The row that is open at midnight ends there, as in central once anything follows.
  play.live({ state: 'service' }, 60)
  const rows = play.history.filter(({ at }) => at < '2026-02-01')
  const minutes = (of: typeof rows) => of.reduce((sum, row) => sum + (row.ended?.minutes ?? 0), 0)
  const running = rows.filter(({ status }) => status === 'running')
  return { shown: (100 * minutes(running)) / minutes(rows), truth: (100 * ran) / DAY_S }
}

const run = (seconds: number): Stretch => ['run', seconds]
const wait = (seconds: number): Stretch => ['ready', seconds]
const stop = (seconds: number): Stretch => ['fault', seconds]

const CHATTER = Array.from({ length: 10 }, () => [wait(1), stop(1)]).flat()

const CYCLES: readonly (readonly [string, readonly Stretch[]])[] = [
  ['100 s of running, 20 s of waiting', [run(100), wait(20)]],
  ['45 s, 15 s', [run(45), wait(15)]],
  ['25 s, 35 s', [run(25), wait(35)]],
  ['30 s, 30 s', [run(30), wait(30)]],
  ['29.7 s, 30.4 s', [run(29.7), wait(30.4)]],
  ['40 s, 10 s and a fault of 10 s', [run(40), wait(10), stop(10)]],
  ['12 s, 3 s', [run(12), wait(3)]],
  ['11 s, 5 s', [run(11), wait(5)]],
  ['8 s, 4 s', [run(8), wait(4)]],
  ['9 s, 2 s', [run(9), wait(2)]],
  ['57 s, then a second each of ready, fault and ready', [run(57), wait(1), stop(1), wait(1)]],
  ['40 s, then 20 s in which ready and fault alternate', [run(40), ...CHATTER]],
]

const RANDOM: readonly (readonly [string, (random: Random) => readonly Stretch[]])[] = [
  ['a minute, a quarter of one', (random) => [run(lasting(random, 60)), wait(lasting(random, 15))]],
  ['a quarter of a minute each', (random) => [run(lasting(random, 15)), wait(lasting(random, 15))]],
  [
    'five minutes, faults of 40 s, setups of 8 s',
    (random) => [run(lasting(random, 300)), stop(lasting(random, 40)), ['setup', lasting(random, 8)]],
  ],
]

/** As long as things last that may end at any moment. */
function lasting(random: Random, meanSeconds: number): number {
  return Math.round(-Math.log(1 - random.next()) * meanSeconds * 1_000) / 1_000
}

function expectRight({ shown, truth }: ReturnType<typeof dayOf>): void {
  expect(Math.abs(shown - truth), `${shown.toFixed(2)} for ${truth.toFixed(2)}`).toBeLessThanOrEqual(0.5)
}

function randomDay(cycle: (random: Random) => readonly Stretch[]) {
  const random = createRandom(7)
  return dayOf(() => cycle(random))
}

describe('the availability of a day is within half a point of the truth', () => {
  it.for(CYCLES)('%s', ([, cycle]) => expectRight(dayOf(() => cycle)))
  it.for(RANDOM)('on average %s', ([, cycle]) => expectRight(randomDay(cycle)))
})

describe('waits that are shorter than what the map ignores', () => {
  const cycle = [run(20), wait(1.5)]

  it('count as running, as far as one poll sees them', () => {
    const { shown, truth } = dayOf(() => cycle)
    expect(shown - truth).toBeGreaterThan(2)
  })

  it('count as waits where the map ignores nothing', () => {
    const stops = { ...press().stops, ignoreStopBelowMs: 0 }
    const rules = press().rules.map((rule) => ({ ...rule, forMs: 0, releaseMs: 0 }))
    expectRight(dayOf(() => cycle, press({ stops, rules })))
  })
})
