import { describe, expect, it } from 'vitest'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const byScan = press({ needsOrder: true })
const bySignal = press({ needsOrder: true, workOrderSignal: 'order' })
const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const jam = { state: 'fault', fault: 101 }

describe('a machine that needs a work order and has none', () => {
  it('is available for NO_ORDER while it does not run', () => {
    const play = new Play(byScan).show(ready, 60).show(run, 60).show(jam, 600)
    expect(play.story).toEqual(['+0 available NO_ORDER', '+60 running', '+120 available NO_ORDER'])
    expect(play.stops).toEqual([])
  })

  it('is what it shows from the scan of an order on, and until the order is ended', () => {
    const play = new Play(byScan).show(jam, 60).say({ workOrder: 'WO-1' }).show(jam, 600)
    play.say({ workOrder: null }).show(jam, 600)
    expect(play.story).toEqual([
      '+0 available NO_ORDER',
      '+60 down mechanical_failure',
      '+660 available NO_ORDER',
    ])
    expect(play.stops).toEqual(['+60..+660 mechanical_failure equipment 10 min'])
    expect(play.history.map(({ workOrder }) => workOrder)).toEqual([null, 'WO-1', null])
  })

  it('is judged by the signal that shows the order', () => {
    const play = new Play(bySignal)
      .show({ ...ready, order: '' }, 60)
      .show({ ...ready, order: 'WO-1' }, 60)
      .show({ ...ready, order: '' }, 60)
    expect(play.story).toEqual(['+0 available NO_ORDER', '+60 idle', '+120 available NO_ORDER'])
  })

  it('is not said to have none while the order cannot be read', () => {
    const play = new Play(bySignal).show(ready, 60)
    expect(play.story).toEqual(['+0 idle'])
  })

  it('stays what it shows where the signal cannot be read for a while', () => {
    const play = new Play(bySignal).show({ ...ready, order: 'WO-1' }, 60)
    play.show({ order: '' }, 10, 'bad').show({ order: 'WO-1' }, 60)
    expect(play.story).toEqual(['+0 idle'])
  })

  it('has an order at once where it came while there was no shift', () => {
    const play = new Play(byScan).plan([
      [0, 'NO_SHIFT'],
      [600, 'Early'],
      [1_200, 'NO_SHIFT'],
    ])
    play.show(ready, 300).say({ workOrder: 'WO-1' }).show(ready, 600)
    expect(play.story).toEqual(['+0 available NO_SHIFT', '+600 idle'])
  })
})
