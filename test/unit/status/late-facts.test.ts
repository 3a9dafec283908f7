/** Work orders, codes and categories that come after the state that they belong to. */
import { describe, expect, it } from 'vitest'
import type { MachineMap, StatusRule } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { press, rule } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const ELSE = { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 } as const
const ordered = press({ workOrderSignal: 'order' })

const orders = (play: Play) => play.history.map(({ status, workOrder }) => `${status} ${workOrder}`)

describe('a work order', () => {
  it('that the PLC shows a second after the start belongs to the whole run', () => {
    const play = new Play(ordered).show({ ...ready, order: 'WO-1' }, 60).show(run, 1)
    play.show({ order: 'WO-2' }, 600).show(ready, 60)
    expect(orders(play)).toEqual(['idle WO-1', 'running WO-2', 'idle WO-2'])
    expect(play.story[1]).toBe('+60 running')
  })

  it('that is read just after the first state is taken', () => {
    const play = new Play(ordered).show(run, 0.02).show({ order: 'WO-1' }, 60)
    expect(orders(play)).toEqual(['running WO-1'])
  })

  it('that comes while a counter moves is in one row with its run', () => {
    const play = new Play({ ...ordered, counters: [{ signal: 'good' }] })
    play
      .show({ ...ready, good: 1, order: 'WO-1' }, 60)
      .show(run, 1)
      .show({ order: 'WO-2' }, 1)
    for (let part = 2; part < 60; part += 1) play.show({ good: part }, 1)
    expect(orders(play)).toEqual(['idle WO-1', 'running WO-2'])
  })

  it('that changes while running begins another row', () => {
    const play = new Play(ordered).show({ ...run, order: 'WO-1' }, 60).show({ order: 'WO-2' }, 60)
    expect(play.story).toEqual(['+0 running', '+60 running'])
    expect(orders(play)).toEqual(['running WO-1', 'running WO-2'])
  })
})

describe('a code that an earlier stop left behind', () => {
  const jam = {
    ...rule('down', { state: 'fault' }, 1_000),
    reason: { kind: 'from', signals: ['fault'] },
  } as const
  const rules: MachineMap['rules'] = [
    rule('setup', { state: 'setup' }, 0),
    rule('down', { state: 'stopped' }, 0),
    jam,
    rule('running', { state: 'run' }, 2_000),
    ELSE,
  ]
  const jammed = () =>
    new Play(press({ rules })).show({ state: 'fault', fault: 101 }, 60).show({ state: 'run' }, 600)

  it('is not the reason of a setup whose rule names none', () => {
    const play = jammed().show({ state: 'setup' }, 200).show(run, 60)
    expect(play.stops).toEqual(['+660..+860 unassigned - 3 min'])
  })

  it('is not the reason of an emergency stop whose rule names none', () => {
    const play = jammed().show({ state: 'stopped' }, 200).show(run, 60)
    expect(play.stops).toEqual(['+660..+860 unassigned - 3 min'])
  })
})

describe('the code of a waiting machine', () => {
  const waiting: StatusRule = {
    ...rule('idle', { state: 'ready' }, 2_000),
    reason: { kind: 'from', signals: ['fault'] },
  }
  const map = press({ rules: [rule('running', { state: 'run' }, 2_000), waiting, ELSE] })

  it('that comes three seconds after the state is the reason of its row', () => {
    const play = new Play(map).show(run, 60).show(ready, 3).show({ fault: 210 }, 60).show(run, 60)
    expect(play.story).toEqual(['+0 running', '+60 idle material_shortage', '+123 running'])
  })

  it('that was there before is its reason where no other comes', () => {
    const play = new Play(map).show({ state: 'run', fault: 210 }, 600).show({ state: 'ready' }, 60)
    expect(play.show(run, 60).story).toEqual(['+0 running', '+600 idle material_shortage', '+660 running'])
  })
})

describe('a code that comes after midnight', () => {
  const lateInTheEvening = Date.UTC(2026, 0, 30, 23, 40)

  it('is the reason of the whole stop, in the row before midnight as well', () => {
    const play = new Play(press(), lateInTheEvening).show(run, 600).show({ state: 'fault', fault: 0 }, 1_200)
    play.show({ fault: 101 }, 600).show(run, 60)
    expect(play.story).toEqual([
      '+0 running',
      '+600 down mechanical_failure',
      '+1200 down mechanical_failure',
      '+2400 running',
    ])
  })

  it('and is the last one is the reason of both rows where the last one counts', () => {
    const faults = press().faults.map((fault) => ({ ...fault, latch: 'last' as const }))
    const play = new Play(press({ faults }), lateInTheEvening).show(run, 600)
    play.show({ state: 'fault', fault: 101 }, 1_200).show({ fault: 210 }, 600).show(run, 60)
    expect(play.story.slice(1, 3)).toEqual(['+600 down material_shortage', '+1200 down material_shortage'])
  })
})

describe('what a rule says of a stop', () => {
  it('its category counts where the code has none', () => {
    const down: StatusRule = {
      ...rule('down', { state: 'fault' }, 1_000),
      reason: { kind: 'from', signals: ['fault'] },
      category: 'process',
    }
    const [faults] = press().faults
    const map = press({ rules: [down, ELSE], faults: [{ ...faults, reasons: [] } as never] })
    expect(new Play(map).show({ state: 'fault', fault: 7 }, 300).stops).toEqual(['+0.. code_7 process open'])
  })

  it('the rule that names the fault counts, though a vaguer one matched a moment before', () => {
    const down = (signal: string, code: string): StatusRule => ({
      ...rule('down', { [signal]: 1 }, 1_000),
      reason: { kind: 'fixed', code },
    })
    const map = press({ rules: [down('good', 'discharge_temperature'), down('fault', 'some_fault'), ELSE] })
    const play = new Play(map).show({ good: 0, fault: 0 }, 60).show({ fault: 1 }, 0.02).show({ good: 1 }, 300)
    expect(play.stops).toEqual(['+60.. discharge_temperature - open'])
  })
})
