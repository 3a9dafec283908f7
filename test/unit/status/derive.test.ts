import { describe, expect, it } from 'vitest'
import { Play, START_MS } from '../../support/play.ts'
import { press, rule } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const fault = (code: number) => ({ state: 'fault', fault: code })

// Fault of the catalogue: [A11]
describe('debounce', () => {
  it('dates a status back to the first sample of its condition', () => {
    const play = new Play(press()).show(ready, 10).show(run, 20)
    expect(play.story).toEqual(['+0 idle', '+10 running'])
  })

  it('writes nothing before a status has held', () => {
    expect(new Play(press()).show(ready, 1).story).toEqual([])
    expect(new Play(press()).show(ready, 2).story).toEqual(['+0 idle'])
  })

  it('swallows a stop that is shorter than ignore_stop_below', () => {
    const play = new Play(press()).show(run, 30).show(fault(101), 1).show(run, 30)
    expect(play.story).toEqual(['+0 running'])
  })

  it('does not end a stop for a blip of running', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(fault(101), 300)
      .show(run, 4)
      .show(fault(101), 300)
      .show(run, 30)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure', '+664 running'])
    expect(play.stops).toEqual(['+60..+664 mechanical_failure equipment 10 min'])
  })

  it('enters setup and maintenance with the first sample', () => {
    const play = new Play(press()).show(ready, 10).show({ state: 'service' }, 2).show({ state: 'setup' }, 1)
    expect(play.story).toEqual(['+0 idle', '+10 maintenance', '+12 setup changeover'])
  })
})

describe('stops', () => {
  it('calls a short stop without a reason a micro stop, and makes no event of it', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(fault(0), 119)
      .show(run, 60)
      .show(fault(0), 121)
      .show(run, 30)
    expect(play.story).toEqual([
      '+0 running',
      '+60 down MICRO_STOP',
      '+179 running',
      '+239 down',
      '+360 running',
    ])
    expect(play.stops).toEqual(['+239..+360 unassigned - 2 min'])
  })

  it('keeps a known reason on a short stop', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 60).show(run, 30)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure', '+120 running'])
    expect(play.stops).toEqual([])
  })

  it('takes the first code of a stop and notes later ones', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(fault(0), 3)
      .show(fault(101), 10)
      .show(fault(210), 200)
      .show(run, 30)
    expect(play.stops).toEqual(['+60..+273 mechanical_failure equipment 4 min'])
    expect(play.downtimes[0]).toMatchObject({ code: '101', laterCodes: ['210'] })
  })

  it('lets a code that comes late claim the whole stop', () => {
    const play = new Play(press()).show(run, 60).show(fault(0), 240)
    expect(play.stops).toEqual(['+60.. unassigned - open'])
    play.show(fault(220), 60).show(run, 30)
    expect(play.stops).toEqual(['+60..+360 material_shortage material 5 min'])
    expect(play.story).toContain('+60 down material_shortage')
  })

  it('does not blame the code that the stop before left behind', () => {
    const play = new Play(press()).show({ state: 'run', fault: 101 }, 600)
    play.show({ state: 'fault' }, 3).show({ fault: 210 }, 200).show(run, 30)
    expect(play.stops).toEqual(['+600..+803 material_shortage material 3 min'])
  })

  it('takes an old code when no other came in time', () => {
    const play = new Play(press())
      .show({ state: 'run', fault: 101 }, 600)
      .show({ state: 'fault' }, 200)
      .show(run, 30)
    expect(play.stops).toEqual(['+600..+800 mechanical_failure equipment 3 min'])
  })

  it('falls back on the line for all other codes, and on the bare code where there is none', () => {
    expect(new Play(press()).show(fault(999), 130).stops).toEqual(['+0.. unknown_fault equipment open'])
    const [table] = press().faults
    const strict = press({ faults: [{ ...table, reasons: [] } as never] })
    expect(new Play(strict).show(fault(999), 130).stops).toEqual(['+0.. code_999 - open'])
  })

  it('ends one event and begins the next from down to setup', () => {
    const play = new Play(press()).show(fault(101), 300).show({ state: 'setup', fault: 0 }, 300).show(run, 30)
    expect(play.stops).toEqual([
      '+0..+300 mechanical_failure equipment 5 min',
      '+300..+600 changeover setup 5 min',
    ])
  })

  it('opens no downtime for a stop whose end, delivered late, lies before the threshold', () => {
    const play = new Play(press()).late(0.1).show(run, 60).show(fault(0), 119.9).show(run, 30)
    expect(play.story).toEqual(['+0 running', '+60 down MICRO_STOP', '+179.9 running'])
    expect(play.stops).toEqual([])
  })

  it('opens the event while the stop lasts, with its onset', () => {
    const play = new Play(press()).show(fault(101), 119)
    expect(play.stops).toEqual([])
    play.show({}, 2)
    expect(play.stops).toEqual(['+0.. mechanical_failure equipment open'])
  })
})

describe('minutes', () => {
  it('carries the rest of the minute by status, so that eight hours of 20 s stops add up', () => {
    const play = new Play(
      press({ stops: { ignoreStopBelowMs: 0, ignoreRunBelowMs: 0, microStopBelowMs: 120_000 } }),
    )
    for (let stop = 0; stop < 240; stop += 1) play.show(run, 100).show(ready, 20)
    play.show(run, 10)
    const minutes = (status: string) =>
      play.history
        .filter((row) => row.status === status)
        .reduce((sum, row) => sum + (row.ended?.minutes ?? 0), 0)
    expect(Math.abs(minutes('running') - 400)).toBeLessThanOrEqual(1)
    expect(Math.abs(minutes('idle') - 80)).toBeLessThanOrEqual(1)
    expect(play.stops).toEqual([])
  })

  it('splits at UTC midnight with a continuation, one row a day', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 30, 23, 0)).show({ state: 'service' }, 4 * 86_400)
    const rows = play.history
    expect(rows.map(({ status, at }) => [status, at.slice(0, 16)])).toEqual([
      ['maintenance', '2026-01-30T23:00'],
      ['maintenance', '2026-01-31T00:00'],
      ['maintenance', '2026-02-01T00:00'],
      ['maintenance', '2026-02-02T00:00'],
      ['maintenance', '2026-02-03T00:00'],
    ])
    expect(rows.slice(0, 4).map(({ ended }) => ended?.minutes)).toEqual([60, 1440, 1440, 1440])
    expect(rows[1]).toMatchObject({ previousStatus: 'maintenance', marks: ['cont'] })
  })

  it('does not split an event at midnight', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 30, 23, 50)).show(fault(101), 1_200).show(run, 30)
    expect(play.history).toHaveLength(3)
    expect(play.downtimes).toHaveLength(1)
    expect(play.downtimes[0]).toMatchObject({ ended: { minutes: 20 } })
  })
})

describe('communication loss', () => {
  const counters = [{ signal: 'good', rollover: 65_536 }]

  it('closes a running interval at the last good sample, marks the gap, and begins another at the first good sample', () => {
    const play = new Play(press({ counters }))
      .show({ ...run, good: 100 }, 600)
      .cut(1_500, { good: 412 })
      .show({}, 60)
    expect(play.story).toEqual(['+0 running', '+600 available NO_DATA', '+2100 running'])
    expect(play.history[0]?.ended?.minutes).toBe(10)
    expect(play.history[1]?.ended ?? null).toBeNull()
    expect(play.history[2]?.countedUnseen).toBe(312)
  })

  it('says nothing of parts where the counter went beyond where its map lets it roll over', () => {
    const play = new Play(press({ counters: [{ signal: 'good', rollover: 65_536 }] }))
    play
      .show({ ...run, good: 70_000 }, 600)
      .cut(1_500, { good: 10 })
      .show({}, 5)
    expect(play.story.at(-1)).toBe('+2100 running')
    expect(play.history[2]?.countedUnseen).toBeNull()
  })

  it('sees the same in a PLC that answers with frozen registers', () => {
    const map = press({ heartbeats: [{ signal: 'alive', staleAfterMs: 10_000 }] })
    const play = new Play(map)
    for (let beat = 0; beat <= 60; beat += 1) play.show({ ...run, alive: beat }, 1)
    play.show({}, 300)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA'])
    play.show({ alive: 61 }, 5)
    expect(play.story.at(-1)).toBe('+361 running')
  })

  it('does not notice a loss shorter than on_comm_loss.after', () => {
    expect(new Play(press()).show(run, 60).cut(29).show({}, 60).story).toEqual(['+0 running'])
    expect(new Play(press()).show(run, 60).cut(20, ready).show({}, 60).story).toEqual([
      '+0 running',
      '+80 idle',
    ])
  })

  it('holds a stop while the machine is off for repair', () => {
    const play = new Play(press()).show(fault(101), 600).cut(7_200, ready).show({}, 60)
    expect(play.story).toEqual(['+0 down mechanical_failure', '+7800 idle'])
    expect(play.stops).toEqual(['+0..+7800 mechanical_failure equipment 130 min'])
  })

  it('knows only with the next contact that a stop which it held unseen has lasted long enough for a downtime', () => {
    const play = new Play(press()).show(fault(101), 60).cut(7_200)
    const unseen = new Play(press()).show(fault(101), 60).skip(7_200)
    expect(unseen.story).toEqual(['+0 down mechanical_failure'])
    expect(unseen.stops).toEqual([])
    expect(play.stops).toEqual(['+0.. mechanical_failure equipment open'])
    play.show(ready, 60)
    expect(play.stops).toEqual(['+0..+7260 mechanical_failure equipment 121 min'])
  })

  it('holds for twelve hours at most', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 0))
      .show({ state: 'service' }, 60)
      .cut(13 * 3_600)
      .show({}, 5)
    expect(play.history.map(({ status, ended }) => [status, ended?.minutes ?? null])).toEqual([
      ['maintenance', 721],
      ['available', null],
      ['maintenance', null],
    ])
  })

  it('sets a marker 1 ms behind a row that had only one sample', () => {
    const map = press({
      rules: [rule('running', { state: 'run' }, 0), { ...rule('idle', {}, 0), when: { kind: 'else' } }],
    })
    const play = new Play(map).read(run).cut(60)
    expect(play.history.slice(0, 2).map(({ at }) => Date.parse(at) - START_MS)).toEqual([0, 1])
  })

  it('decides nothing on values that are not good', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 20, 'bad').show(run, 60)
    expect(play.story).toEqual(['+0 running'])
  })

  it('decides without a value that an earlier rule makes needless', () => {
    const play = new Play(press()).show({ state: 'service' }, 10)
    expect(play.story).toEqual(['+0 maintenance'])
  })
})

describe('restart', () => {
  it('goes on with the same stop after a short one', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 120).restart(90).show({}, 60).show(run, 30)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure', '+330 running'])
    expect(play.stops).toEqual(['+60..+330 mechanical_failure equipment 5 min'])
  })

  it('bridges up to five minutes of the same status, and no more', () => {
    expect(new Play(press()).show(run, 60).restart(290).show({}, 60).story).toEqual(['+0 running'])
    expect(new Play(press()).show(run, 60).restart(310).show({}, 60).story).toEqual([
      '+0 running',
      '+60 available NO_DATA',
      '+370 running',
    ])
  })

  it('does not bridge a standstill in which parts were counted', () => {
    const play = new Play(press({ counters: [{ signal: 'good' }] })).show({ ...ready, good: 5 }, 60)
    expect(play.restart(120, { good: 9 }).show({}, 10).story).toEqual([
      '+0 idle',
      '+60 available NO_DATA',
      '+180 idle',
    ])
  })

  it('remembers a change that it had seen but not yet believed', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 1).restart(2).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 down mechanical_failure'])
  })

  it('takes a change during the restart from the first good sample on', () => {
    expect(new Play(press()).show(run, 60).restart(10, ready).show({}, 60).story).toEqual([
      '+0 running',
      '+70 idle',
    ])
  })

  it('counts durations over a reboot by the wall clock', () => {
    const play = new Play(press())
      .show(fault(101), 600)
      .restart(120, {}, { reboot: true })
      .show({}, 60)
      .show(run, 30)
    expect(play.stops).toEqual(['+0..+780 mechanical_failure equipment 13 min'])
  })

  it('gives the devices their time to answer before silence means anything', () => {
    const answeredSoon = new Play(press()).show(run, 60).restart(120, {}, { silent: 29 }).show({}, 60)
    expect(answeredSoon.story).toEqual(['+0 running'])
  })

  it('takes a machine that does not answer within that time for one that is not seen', () => {
    const answeredLate = new Play(press()).show(run, 60).restart(120, {}, { silent: 40 }).show({}, 60)
    expect(answeredLate.story).toEqual(['+0 running', '+60 available NO_DATA', '+220 running'])
  })
})

describe('transient states', () => {
  const rules = [
    rule('down', { state: 'held' }, 0),
    rule('running', { state: 'execute' }, 0),
    { ...rule('idle', {}, 0), when: { kind: 'else' } as const },
  ]
  const map = press({
    rules,
    transient: { signal: 'state', values: ['holding', 'starting'], maxMs: 60_000 },
    stops: { ignoreStopBelowMs: 0, ignoreRunBelowMs: 0, microStopBelowMs: 120_000 },
  })

  it('keeps the status before them until a state that lasts', () => {
    const play = new Play(map)
      .show({ state: 'execute' }, 30)
      .show({ state: 'holding' }, 5)
      .show({ state: 'held' }, 30)
    expect(play.story).toEqual(['+0 running', '+35 down'])
  })

  it('keeps it for a minute at most', () => {
    const play = new Play(map).show({ state: 'execute' }, 30).show({ state: 'holding' }, 90)
    expect(play.story[1]).toMatch(/^\+9\d idle$/)
  })
})

describe('the cause of an interval', () => {
  const big = 9_007_199_254_740_993n
  const when = {
    kind: 'all',
    of: [
      { kind: 'value', signal: 'state', test: { kind: 'mask', mask: 1, equals: 1 } },
      { kind: 'value', signal: 'fault', test: { kind: 'one-of', values: [101] } },
      {
        kind: 'not',
        of: { kind: 'value', signal: 'good', test: { kind: 'range', above: { value: 5, inclusive: true } } },
      },
    ],
  } as const
  const rules = [
    { ...rule('down', {}, 0), when },
    { ...rule('idle', {}, 0), when: { kind: 'else' } as const },
  ]

  it('names the signals that made its rule match, with values that survive being written as JSON', () => {
    const [opened] = new Play(press({ rules })).read({
      state: big,
      fault: 101,
      good: Number.NEGATIVE_INFINITY,
      order: 'WO-1',
    }).history
    expect(opened?.cause).toEqual([
      { signal: 'state', value: String(big) },
      { signal: 'fault', value: 101 },
      { signal: 'good', value: '-Infinity' },
    ])
    expect(JSON.parse(JSON.stringify(opened))).toEqual(opened)
  })
})

describe('work orders', () => {
  it('begins another row when the order changes while running', () => {
    const play = new Play(press({ workOrderSignal: 'order' }))
      .show({ ...run, order: 'WO-1' }, 60)
      .show({ order: 'WO-2' }, 60)
    expect(play.history.map(({ status, workOrder }) => [status, workOrder])).toEqual([
      ['running', 'WO-1'],
      ['running', 'WO-2'],
    ])
    expect(play.history[1]?.marks).toEqual(['cont'])
  })
})

describe('a stepped clock', () => {
  it('never makes stamps fall or durations negative', () => {
    const play = new Play(press()).show(run, 100).stepWallClock(-90).show(ready, 60).show(run, 60)
    const stamps = play.history.map(({ at }) => Date.parse(at))
    expect(stamps).toEqual([...stamps].sort((a, b) => a - b))
    expect(new Set(stamps).size).toBe(stamps.length)
    expect(play.history[0]).toMatchObject({
      ended: { durationMs: 100_000, minutes: 2, marks: ['clock_stepped'] },
    })
  })
})
