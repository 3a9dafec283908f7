/** Work orders that operators scan, and who ends a stop. */
import { describe, expect, it } from 'vitest'
import type { MachineMap } from '../../../../src/domain/machine-map.ts'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const ANNA = 7
const run = { state: 'run', fault: 0 }
const jammed = { state: 'fault', fault: 101 }
const start = (workOrder: string, operator = ANNA) => ({ operator, workOrder })

const orders = (play: Play) =>
  play.story.map((line, index) => `${line} ${play.history[index]?.workOrder ?? '-'}`)

describe('a work order that is scanned', () => {
  it('splits a run there, and is that of the rows behind it', () => {
    const play = new Play(press())
      .show(run, 60.5)
      .say(start('WO-1'))
      .show({}, 60)
      .show({ state: 'ready' }, 30)
    play.show(run, 30)
    expect(orders(play)).toEqual([
      '+0 running -',
      '+60.5 running WO-1',
      '+120.5 idle WO-1',
      '+150.5 running WO-1',
    ])
    expect(play.history[1]?.marks).toEqual(['cont'])
  })

  it('in a stop is that of the next row, and the downtime keeps the one that it began with', () => {
    const play = new Play(press()).say(start('WO-1')).show(run, 60).show(jammed, 200)
    play.say(start('WO-2')).show({}, 60).show(run, 60)
    expect(orders(play)).toEqual(['+0 running WO-1', '+60 down mechanical_failure WO-1', '+320 running WO-2'])
    expect(play.downtimes.map(({ workOrder }) => workOrder)).toEqual(['WO-1'])
  })

  it('ends with null', () => {
    const play = new Play(press()).say(start('WO-1')).show(run, 60).say({ workOrder: null }).show({}, 60)
    expect(orders(play)).toEqual(['+0 running WO-1', '+60 running -'])
    expect(play.standing.workOrder).toBeNull()
  })

  it('that is the same again changes nothing', () => {
    const play = new Play(press()).say(start('WO-1')).show(run, 60).say(start('WO-1')).show({}, 60)
    expect(orders(play)).toEqual(['+0 running WO-1'])
  })

  it('splits the run at its own moment where polls are rare, and several of them do', () => {
    const play = new Play(press()).every(25).show(run, 60)
    play.skip(5).say(start('WO-1')).skip(5).say(start('WO-2')).skip(5)
    expect(orders(play)).toEqual(['+0 running -'])
    play.watch(60).show({ state: 'ready' }, 60)
    expect(orders(play).slice(0, 3)).toEqual(['+0 running -', '+65 running WO-1', '+70 running WO-2'])
    expect(play.history.slice(0, 2).map(({ ended }) => ended?.durationMs)).toEqual([65_000, 5_000])
  })

  it('just before the machine stops is that of the end of the run', () => {
    const play = new Play(press()).show(run, 60).say(start('WO-1')).show({}, 0.5).show(jammed, 60)
    expect(orders(play)).toEqual(['+0 running -', '+60 running WO-1', '+60.5 down mechanical_failure WO-1'])
  })

  it('claims no running that was not seen', () => {
    const play = new Play(press()).show(run, 60).skip(10).say(start('WO-1')).skip(60).show(run, 60)
    expect(orders(play)).toEqual(['+0 running -', '+60 available NO_DATA -', '+130 running WO-1'])
  })

  it('as a run is only just seen is that of the whole run', () => {
    const play = new Play(press()).show({ state: 'ready' }, 60).show(run, 1).say(start('WO-1')).show({}, 60)
    expect(orders(play)).toEqual(['+0 idle -', '+60 running WO-1'])
  })

  it('survives a restart, a boot and another map', () => {
    const play = new Play(press()).show(run, 60).say(start('WO-1')).restart(10, run, { how: 'kill' })
    play.show({}, 60).restart(60, run, { reboot: true }).show({}, 60)
    play
      .reload(press({ version: 'v2' }))
      .show({ state: 'ready' }, 60)
      .show(run, 30)
    expect(orders(play)).toEqual(['+0 running -', '+60 running WO-1', '+250 idle WO-1', '+310 running WO-1'])
    expect(play.standing).toMatchObject({ status: 'running', workOrder: 'WO-1' })
  })

  it('is split at midnight like any other row', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 23, 59)).show(run, 30).every(20)
    play.say(start('WO-1')).watch(60)
    expect(orders(play)).toEqual(['+0 running -', '+30 running WO-1', '+60 running WO-1'])
  })
})

describe('beside a signal that shows the order', () => {
  const map: MachineMap = press({ workOrderSignal: 'order' })

  it('what is scanned counts only while the signal cannot be read', () => {
    const play = new Play(map)
      .show({ ...run, order: 'WO-1' }, 60)
      .say(start('WO-2'))
      .show({}, 60)
    expect(play.standing.workOrder).toBe('WO-1')
    play.show({ order: 'WO-1' }, 60, 'bad').say(start('WO-3')).show({ state: 'run' }, 60)
    expect(orders(play)).toEqual(['+0 running WO-1', '+180 running WO-3'])
    play.show({ order: 'WO-1' }, 60)
    expect(orders(play).at(-1)).toBe('+240 running WO-1')
    play.show({ order: 'WO-1' }, 60, 'bad').show({ state: 'run' }, 60)
    expect(orders(play)).toHaveLength(3)
  })

  it('the machine that shows no order has none', () => {
    const play = new Play(map)
      .show({ ...run, order: '' }, 60)
      .say(start('WO-2'))
      .show({}, 60)
    expect(orders(play)).toEqual(['+0 running -'])
  })
})

describe('who ends a stop', () => {
  const resolved = (play: Play) => play.downtimes.map(({ resolvedBy }) => resolvedBy)

  it('is who starts an order or releases the machine in it', () => {
    for (const said of [start('WO-1'), { operator: ANNA, declared: null }]) {
      const play = new Play(press()).show(run, 60).show(jammed, 200).say(said).show({}, 20).show(run, 60)
      expect(resolved(play)).toEqual([ANNA])
    }
  })

  it('may scan that as the machine has just started', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(jammed, 200)
      .show(run, 5)
      .say(start('WO-1'))
      .show({}, 60)
    expect(resolved(play)).toEqual([ANNA])
    expect(orders(play)[2]).toBe('+260 running WO-1')
  })

  it('is nobody where the machine starts by itself, or is only seen no more', () => {
    const play = new Play(press()).say(start('WO-1')).show(run, 60).show(jammed, 200).say({ operator: 8 })
    play.show(run, 60).show(jammed, 200).say(start('WO-2')).withdraw(60).show({}, 10)
    expect(resolved(play)).toEqual([undefined, undefined])
  })

  it('is not who takes back that an order was started, so that the one before is in force again', () => {
    const play = new Play(press()).say(start('WO-1')).show(run, 60).show(jammed, 200).say(start('WO-2'))
    play.show({}, 20).say({ operator: ANNA, workOrder: 'WO-1', isTakenBack: true }).show({}, 20).show(run, 60)
    expect(resolved(play)).toEqual([undefined])
    expect(orders(play).at(-1)).toBe('+300 running WO-1')
  })

  it('is still known where the stop gets its reason later, and after a restart', () => {
    const play = new Play(press()).show(run, 60).show({ state: 'fault', fault: 0 }, 200).say(start('WO-1'))
    play.restart(5, { state: 'fault', fault: 0 }, { how: 'kill' }).show({}, 10).show(run, 60)
    play.restart(5, run, { how: 'kill' }).show({}, 10)
    play.say({ reason: { code: 'no_tool', category: null, operator: 8, isNewStop: false } })
    expect(play.downtimes).toMatchObject([{ reason: 'no_tool', reportedBy: 8, resolvedBy: ANNA }])
  })
})

it('pages show who works at the machine, and on which order', () => {
  const play = new Play(press()).show(run, 60).say(start('WO-1')).show({}, 10)
  expect(play.health.summary).toMatchObject({ operator: ANNA, workOrder: 'WO-1', declared: null })
  play.say({ operator: null }).show({}, 10)
  expect(play.health.summary).toMatchObject({ operator: null, workOrder: 'WO-1' })
})

it('a scan that changes nothing is stored nowhere', () => {
  const play = new Play(press()).show(run, 60).say({ operator: ANNA })
  const before = play.state
  play.say({ operator: ANNA })
  expect(play.state).toBe(before)
})
