import { describe, expect, it } from 'vitest'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const jam = { state: 'fault', fault: 101 }

function withBreak(): Play {
  return new Play(press()).plan([
    [0, 'Early'],
    [600, 'BREAK'],
    [2_400, 'Early'],
  ])
}

describe('a break', () => {
  it('makes a machine that does not run available for BREAK', () => {
    expect(withBreak().show(ready, 3_000).story).toEqual(['+0 idle', '+600 available BREAK', '+2400 idle'])
  })

  it('leaves a machine alone that runs through it', () => {
    expect(withBreak().show(run, 3_000).story).toEqual(['+0 running'])
  })

  it('interrupts the downtime of a stop', () => {
    const play = withBreak().show(jam, 3_000).show(run, 60)
    expect(play.stops).toEqual([
      '+0..+600 mechanical_failure equipment 10 min',
      '+2400..+3000 mechanical_failure equipment 10 min',
    ])
    expect(play.story).toEqual([
      '+0 down mechanical_failure',
      '+600 available BREAK',
      '+2400 down mechanical_failure',
      '+3000 running',
    ])
  })

  it('is told by the station and by status', () => {
    const play = withBreak().show(jam, 1_000)
    expect(play.standing.status).toBe('available')
    expect(play.health.summary).toMatchObject({ status: 'available', reason: 'BREAK' })
  })
})
