/** A work order that another device shows, and that cannot be read yet when a row begins. */
import { expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import { device, press } from '../../support/press.ts'

const HOUR = 3_600
const run = { state: 'run', fault: 0 }
const map = press({
  devices: [device('plc', ['state', 'fault']), device('terminal', ['order'])],
  workOrderSignal: 'order',
})

const orders = (play: Play) => play.history.map(({ status, workOrder }) => [status, workOrder])

it('a run that is seen before its order after a loss is booked on the order, in one row', () => {
  const play = new Play(map)
    .show({ ...run, order: 'WO-1' }, 60)
    .cut(100)
    .show({}, 60)
  expect(orders(play)).toEqual([
    ['running', 'WO-1'],
    ['available', null],
    ['running', 'WO-1'],
  ])
})

it('a stop that is seen before its order after a long absence is booked on the order, and so is its downtime', () => {
  const play = new Play(map).show({ state: 'fault', fault: 101, order: 'WO-1' }, 200).restart(13 * HOUR)
  play.show({}, 200)
  expect(orders(play).at(-1)).toEqual(['down', 'WO-1'])
  expect(play.downtimes.map(({ workOrder }) => workOrder)).toEqual(['WO-1', 'WO-1'])
})

it('an order that comes within seconds over midnight reaches the part before it', () => {
  const play = new Play(map, Date.UTC(2026, 0, 31, 23, 59, 50)).off('terminal').show(run, 20)
  play.cut(0, { order: 'WO-1' }, { device: 'terminal' }).show({}, 60)
  expect(orders(play)).toEqual([
    ['running', 'WO-1'],
    ['running', 'WO-1'],
  ])
})

it('an order that could not be read for long is only known from then on', () => {
  const play = new Play(map).off('terminal').show(run, 600)
  play.cut(0, { order: 'WO-1' }, { device: 'terminal' }).show({}, 60)
  expect(orders(play)).toEqual([
    ['running', null],
    ['running', 'WO-1'],
  ])
})

it('a machine without an order is left without one', () => {
  const play = new Play(map)
    .show({ ...run, order: '' }, 60)
    .cut(100)
    .show({}, 60)
    .show({ order: 'WO-2' }, 60)
  expect(orders(play).slice(2)).toEqual([
    ['running', null],
    ['running', 'WO-2'],
  ])
})
