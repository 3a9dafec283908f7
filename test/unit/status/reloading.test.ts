/** What becomes of a machine's rows when its map is saved again, renamed or changed while the gateway runs. */
import { describe, expect, it, test } from 'vitest'
import type { MachineMap, StatusRule } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { device, press, rule } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const fault = { state: 'fault', fault: 101 }

/** A map in which a state named `x` means what is given; it is waited for as long as the rules of the press say. */
function mapWithX(is: StatusRule['is'], changes: Partial<MachineMap> = {}): MachineMap {
  return press({
    version: `x-${is}`,
    rules: [rule(is, { state: 'x' }, 10_000), ...press().rules],
    ...changes,
  })
}

describe('a map that is saved again every few seconds', () => {
  test('under other names: a run that it begins to see is recorded from its first save', () => {
    const play = new Play(mapWithX('setup')).show({ ...run, state: 'x' }, 200)
    for (let save = 0; save < 6; save += 1)
      play.reload(mapWithX('running', { file: `devices/press-${save}.yaml` })).watch(5)
    expect(play.watch(60).story).toEqual(['+0 setup', '+201 running'])
  })

  test('with another change each time: a run that all of them see is recorded from the first one', () => {
    const play = new Play(mapWithX('setup')).show({ ...run, state: 'x' }, 200)
    for (let save = 0; save < 6; save += 1)
      play.reload(mapWithX('running', { version: `x-${save}` })).watch(5)
    expect(play.watch(60).story).toEqual(['+0 setup', '+201 running'])
  })
})

describe('a stop that began just before the map was changed', () => {
  const slow = (version: string) =>
    press({
      version,
      rules: press().rules.map((one) => (one.is === 'down' ? { ...one, forMs: 10_000 } : one)),
    })

  it('is dated to its beginning', () => {
    const play = new Play(slow('v1')).show(run, 60).show(fault, 5).reload(slow('v2')).watch(60)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure'])
  })

  it('has the code that came with it', () => {
    const play = new Play(slow('v1')).show(run, 60).show(fault, 8).reload(slow('v2')).watch(200).show(run, 60)
    expect(play.stops).toEqual(['+60..+268 mechanical_failure equipment 3 min'])
  })

  it('begins with the new map where the signal is another one there', () => {
    const [{ signals, ...rest }] = slow('v2').devices as [MachineMap['devices'][number]]
    const moved = { ...rest, signals: signals.map((one) => ({ ...one, address: 'elsewhere' })) }
    const play = new Play(slow('v1')).show(run, 60).show(fault, 5)
    play.reload({ ...slow('v2'), devices: [moved] }).watch(60)
    expect(play.story).toEqual(['+0 running', '+66 down mechanical_failure'])
  })
})

describe('what only the map before took for possible', () => {
  it('is not recorded where the new one says that nothing has changed', () => {
    const play = new Play(mapWithX('idle')).show(run, 60).show({ state: 'x' }, 8)
    expect(play.reload(mapWithX('running')).watch(60).story).toEqual(['+0 running'])
  })

  it('is recorded as what the new one says, from its first sample', () => {
    const play = new Play(mapWithX('idle')).show(run, 60).show({ state: 'x' }, 8)
    expect(play.reload(mapWithX('maintenance')).watch(60).story).toEqual(['+0 running', '+60 maintenance'])
  })

  it('is no hole in the history, however long it has waited', () => {
    const slow = (is: StatusRule['is']) => {
      const rules = [rule(is, { state: 'x' }, 300_000), ...press().rules]
      return press({ version: `slow-${is}`, rules, stops: { ...press().stops, ignoreStopBelowMs: 300_000 } })
    }
    const play = new Play(slow('idle')).show(run, 60).show({ state: 'x' }, 200)
    expect(play.reload(slow('maintenance')).watch(200).story).toEqual(['+0 running', '+60 maintenance'])
  })

  it('ends the row before where it was last seen, if the machine is lost with the change', () => {
    const play = new Play(mapWithX('idle')).show(run, 60).show({ state: 'x' }, 8)
    play.reload(mapWithX('maintenance')).off('PRESS-07').skip(60)
    expect(play.story).toEqual(['+0 running', '+60 idle', '+68 available NO_DATA'])
  })
})

it('a stop that began before the map was changed is dated to its beginning, though the heartbeat has to beat again', () => {
  const alive = (version: string) =>
    press({
      version,
      heartbeats: [{ signal: 'alive', staleAfterMs: 60_000 }],
      devices: [device('PRESS-07', ['state', 'fault', 'alive'])],
    })
  const play = new Play(alive('v1')).show({ ...run, alive: 1 }, 5).show({ alive: 2 }, 20)
  play
    .show({ ...fault, alive: 3 }, 0)
    .reload(alive('v2'))
    .watch(5)
    .show({ alive: 4 }, 5)
  expect(play.story).toEqual(['+0 running', '+25 down mechanical_failure'])
})
