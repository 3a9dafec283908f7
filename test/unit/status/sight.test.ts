/** Which devices say whether a machine is seen, and what becomes of it when they do not. */
import { describe, expect, it } from 'vitest'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { device, press, rule } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const fault = (code: number) => ({ state: 'fault', fault: code })
const PLC = 'PRESS-07/plc'
const METER = 'PRESS-07/meter'
const HOUR = 3_600

/** A press with a power meter that no rule reads. */
function metered(changes: Partial<MachineMap> = {}): MachineMap {
  const plc = device(PLC, ['state', 'fault', 'good', 'alive', 'order'])
  return press({ devices: [plc, device(METER, ['power', 'gate'])], ...changes })
}

describe('a power meter that no rule reads', () => {
  it('that is cut off takes no machine out of sight whose heart beats seldom', () => {
    const map = metered({ heartbeats: [{ signal: 'alive', staleAfterMs: 10_000 }] })
    const play = new Play(map).show({ ...run, power: 5, alive: 1 }, 5).show({ alive: 2 }, 5)
    play.cut(0, {}, { device: METER }).show({}, 3)
    expect(play.health.summary).toMatchObject({ lastSeenMs: play.now.wallMs })
  })

  it('loses its link for two seconds: the machine runs on', () => {
    const play = new Play(metered()).show({ ...run, power: 5 }, 60).cut(2, {}, { device: METER })
    expect(play.show({}, HOUR).story).toEqual(['+0 running'])
  })

  it('is switched off for good: the machine is recorded as before', () => {
    const play = new Play(metered()).show({ ...run, power: 5 }, 60).cut(600, {}, { device: METER })
    expect(play.story).toEqual(['+0 running'])
    play.cut(0, fault(101), { device: METER }).show({}, 200).show(run, 600)
    expect(play.story).toEqual(['+0 running', '+660 down mechanical_failure', '+860 running'])
    expect(play.stops).toEqual(['+660..+860 mechanical_failure equipment 3 min'])
  })

  it('is off while the machine stops and runs again: both are recorded, with the downtime', () => {
    const play = new Play(metered()).off(METER).show(run, 60).show(fault(101), 200).show(run, 600)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure', '+260 running'])
    expect(play.stops).toEqual(['+60..+260 mechanical_failure equipment 3 min'])
  })

  it('has never answered: the machine is not seen while the cable of its PLC is out', () => {
    const play = new Play(metered())
      .off(METER)
      .show(run, 60)
      .cut(10 * HOUR, {}, { device: PLC })
    expect(play.show({}, 60).story).toEqual(['+0 running', '+60 available NO_DATA', '+36060 running'])
  })

  it('has never answered: days are still split at midnight', () => {
    const play = new Play(metered(), Date.UTC(2026, 0, 30, 23, 50)).off(METER).show(run, 1_200)
    expect(play.story).toEqual(['+0 running', '+600 running'])
  })

  it('is in contact while the PLC is not: a change that the PLC showed once has not held', () => {
    const play = new Play(metered()).show({ ...run, power: 5 }, 60).read(fault(101))
    play.cut(600, run, { device: PLC, isTold: false }).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA', '+660 running'])
  })

  it('is in contact while the PLC is silent: the machine is not seen', () => {
    const play = new Play(metered()).show({ ...run, power: 5 }, 60)
    play.cut(600, {}, { device: PLC, isTold: false }).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA', '+660 running'])
  })

  it('leaves no junk rows where the gateway was away for half a day', () => {
    const play = new Play(metered()).show({ state: 'setup', fault: 0, power: 5 }, 60)
    play.restart(13 * HOUR).show({}, 60)
    expect(play.story).toEqual([
      '+0 setup changeover',
      `+${60 + 12 * HOUR} available NO_DATA`,
      `+${60 + 13 * HOUR} setup changeover`,
    ])
  })
})

describe('a second device that a rule reads', () => {
  const running = rule('running', { state: 'run' }, 2_000)
  const gate = { ...rule('idle', { gate: 'open' }, 0), reason: { kind: 'fixed', code: 'gate_open' } } as const
  const other = { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 } as const
  const closed = { gate: 'closed' }

  it('decides as well whether the machine is seen', () => {
    const play = new Play(metered({ rules: [gate, running, other] })).show({ ...run, ...closed }, 60)
    play.cut(600, {}, { device: METER }).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA', '+660 running'])
  })

  it('is not asked where an earlier rule needs only the first', () => {
    const play = new Play(metered({ rules: [running, gate, other] })).show({ ...run, ...closed }, 60)
    play.cut(600, {}, { device: METER }).show({}, 60)
    expect(play.story).toEqual(['+0 running'])
  })

  it('settles it alone while the first is away, where its rule matches', () => {
    const play = new Play(metered({ rules: [gate, running, other] })).show({ ...run, gate: 'open' }, 60)
    play.cut(600, run, { device: PLC }).show(closed, 60)
    expect(play.story).toEqual(['+0 idle gate_open', '+660 running'])
  })
})

describe('a process that stands still', () => {
  it('for forty seconds sees its machines again at once', () => {
    const play = new Play(press()).show(run, 60).stall(40).show({}, HOUR)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA', '+100 running'])
  })

  it('for forty seconds sees them again though nothing changes, whatever they were doing', () => {
    const play = new Play(press()).show(ready, 60).stall(40).show({}, 60).stall(400).show({}, 60)
    expect(play.story.map((row) => row.split(' ').slice(1).join(' '))).toEqual([
      'idle',
      'available NO_DATA',
      'idle',
      'available NO_DATA',
      'idle',
    ])
  })

  it('for less than a loss takes, misses nothing', () => {
    expect(new Play(press()).show(run, 60).stall(25).show({}, 60).story).toEqual(['+0 running'])
  })

  it('while a stop lasts keeps the stop', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 60).stall(400).show({}, 60).show(run, 60)
    expect(play.stops).toEqual(['+60..+580 mechanical_failure equipment 9 min'])
  })
})

describe('a PLC whose heartbeat stands still', () => {
  const heart = press({ heartbeats: [{ signal: 'alive', staleAfterMs: 10_000 }] })
  const beating = (seconds: number, play = new Play(heart)) => {
    for (let beat = 0; beat < seconds; beat += 1) play.show({ ...run, alive: beat }, 1)
    return play
  }

  it('is not taken for running because the gateway starts again', () => {
    const play = beating(60).show({}, 120)
    for (let start = 0; start < 3; start += 1) play.restart(5).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+59 available NO_DATA'])
  })

  it('is not taken for running because its link is made anew again and again', () => {
    const play = beating(60)
    for (let link = 0; link < 60; link += 1) play.cut(1).show({}, 7)
    expect(play.story).toEqual(['+0 running', '+59 available NO_DATA'])
  })

  it('is not given a row for each link that is made anew', () => {
    const play = beating(60).show({}, 120)
    for (let link = 0; link < 5; link += 1) play.cut(2).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+59 available NO_DATA'])
  })

  it('was last seen when its state was, where that became bad before', () => {
    const play = beating(60).show({ state: 'run' }, 0, 'bad')
    for (let beat = 60; beat < 63; beat += 1) play.show({ alive: beat }, 1)
    expect(play.show({}, 120).story).toEqual(['+0 running', '+60 available NO_DATA'])
  })

  it('leaves no row of nothing where only its last beats showed another state', () => {
    const play = beating(60)
      .show({ ...ready, alive: 60 }, 30)
      .show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA'])
  })
})

describe('a link that is made anew', () => {
  it('does not make the code of the stop before a new one', () => {
    const play = new Play(press()).show({ state: 'run', fault: 101 }, 600).cut(1).show({}, 2)
    play.show({ state: 'fault' }, 1.5).show({ fault: 210 }, 200).show(run, 30)
    expect(play.stops).toEqual(['+603..+804.5 material_shortage material 3 min'])
  })

  it('starts the age of a value again where it came back with another one', () => {
    const play = new Play(press()).show({ state: 'run', fault: 0 }, 600).cut(1, { fault: 101 }).show({}, 2)
    play.show({ state: 'fault' }, 200).show(run, 30)
    expect(play.stops).toEqual(['+603..+803 mechanical_failure equipment 3 min'])
  })
})
