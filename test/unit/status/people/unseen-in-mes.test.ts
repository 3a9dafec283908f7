import { describe, expect, it } from 'vitest'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const ready = { state: 'ready', fault: 0 }
const HOUR = 3_600
const SHIFTS: readonly (readonly [number, string])[] = [
  [0, 'Early'],
  [4 * HOUR, 'NO_SHIFT'],
  [16 * HOUR, 'Early'],
]

describe('a maintenance that people set in the MES, of a machine whose power is off', () => {
  it('goes on over the end of the shift', () => {
    const play = new Play(press()).plan(SHIFTS).show(ready, 60).mes('maintenance', 'idle').show(ready, 60)
    play.cut(6 * HOUR).show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance SET_IN_MES'])
  })

  it('goes on once it is seen again, and is not begun anew each minute until then', () => {
    const play = new Play(press()).show(ready, 60).mes('maintenance', 'idle').show(ready, 60)
    play.cut(1).skip(13 * HOUR)
    for (let minute = 0; minute < 5; minute += 1) play.mes('maintenance', 'available').skip(60)
    expect(play.story.at(-1)).toBe('+43321 available NO_DATA')
    play.show(ready, 60)
    expect(play.story.at(-1)).toMatch('maintenance SET_IN_MES')
  })

  it('is ended in the MES also while nothing is seen', () => {
    const play = new Play(press()).show(ready, 60).mes('maintenance', 'idle').show(ready, 60)
    play
      .cut(1)
      .skip(13 * HOUR)
      .mes('idle', 'available')
      .show(ready, 60)
    expect(play.story.slice(-2)).toEqual(['+43321 available NO_DATA', '+46921 idle'])
    expect(play.health.summary).toMatchObject({ declared: null })
  })
})

describe('planned time of a machine that is off for weeks', () => {
  it('is not remembered from the day on which it was last seen', () => {
    const play = new Play(press()).plan(SHIFTS).show(ready, 60)
    for (let day = 1; day < 60; day += 1) {
      const at = day * 24 * HOUR
      play.skip(24 * HOUR).plan([
        [at - 24 * HOUR, 'NO_SHIFT'],
        [at, 'Early'],
        [at + 8 * HOUR, 'NO_SHIFT'],
      ])
    }
    expect(play.state.planned.length).toBeLessThan(12)
  })
})
