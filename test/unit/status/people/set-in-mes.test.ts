import { describe, expect, it } from 'vitest'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const service = { state: 'service', fault: 0 }

describe('a maintenance that people set in the MES', () => {
  it('is kept while the machine shows another thing, until they end it there', () => {
    const play = new Play(press()).show(ready, 60).mes('maintenance', 'idle').show(ready, 600)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance SET_IN_MES'])
    play.mes('maintenance', 'maintenance').show(ready, 60)
    play.mes('available', 'maintenance').show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance SET_IN_MES', '+720 idle'])
  })

  it('names nobody as the one who declared it', () => {
    const play = new Play(press()).show(ready, 60).mes('maintenance', 'idle').show(ready, 60)
    expect(play.history[1]).not.toHaveProperty('declaredBy')
    expect(play.health.summary).toMatchObject({ declared: 'maintenance', operator: null })
  })

  it('outlives a trial run, and ends with a production that lasts, back to its beginning', () => {
    const play = new Play(press()).show(ready, 60).mes('maintenance', 'idle').show(ready, 60)
    play.show(run, 60).show(ready, 200).show(run, 121)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance SET_IN_MES', '+380 running'])
  })

  it('does not come back once production has ended it, before the rows of that have landed', () => {
    const play = new Play(press()).show(ready, 60)
    const landed = play.state.lastStampMs
    play.mes('maintenance', 'idle').show(run, 130)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance SET_IN_MES', '+60.001 running'])
    play.mes('maintenance', 'idle', landed).show(run, 60)
    play.mes('maintenance', 'maintenance', landed + 60_000).show(run, 60)
    expect(play.story).toHaveLength(3)
  })

  it('goes on where there is no shift, and outlives a restart', () => {
    const play = new Play(press()).plan([
      [0, 'Early'],
      [600, 'NO_SHIFT'],
      [1_200, 'Early'],
    ])
    play.show(ready, 60).mes('maintenance', 'idle').show(ready, 300).restart(60, ready).show(ready, 1_000)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance SET_IN_MES'])
    play.mes('idle', 'maintenance').show(ready, 60)
    expect(play.story.at(-1)).toBe('+1420 idle')
  })

  it('is not made of what the gateway itself wrote, whatever stands there', () => {
    const play = new Play(press()).show(service, 60).show(ready, 60)
    const landed = play.state.lastStampMs
    play.mes('maintenance', 'maintenance', landed - 60_000).show(ready, 10)
    play.mes('maintenance', 'idle', landed - 60_000).show(ready, 10)
    play.mes('idle', 'idle').show(ready, 10)
    expect(play.story).toEqual(['+0 maintenance', '+60 idle'])
  })

  it('is not ended by what the MES says where nobody had set it there', () => {
    const play = new Play(press()).show(ready, 60)
    const reason = { code: 'pm', category: null, operator: 7, isNewStop: false }
    play.say({ operator: 7, reason, declared: { status: 'maintenance', reason: 'pm', operator: 7 } })
    play.show(ready, 60).mes('idle', 'maintenance').show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance pm'])
  })

  it('writes nothing new while it is read again and again', () => {
    const play = new Play(press()).show(ready, 60).mes('maintenance', 'idle').show(ready, 5)
    const before = play.events.length
    for (let count = 0; count < 100; count += 1) play.mes('maintenance', 'maintenance').watch(1)
    expect(play.events).toHaveLength(before)
  })
})
