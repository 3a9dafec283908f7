import { describe, expect, it } from 'vitest'
import { plannedTurns } from '../../../../src/masterdata/shifts/planned-turns.ts'
import { Play, START_MS } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const jam = { state: 'fault', fault: 101 }
const setup = { state: 'setup', fault: 0 }
const HOUR = 3_600

/** A shift of an hour, sixteen hours without one, and so on. */
const shifts = [
  [0, 'Early'],
  [HOUR, 'NO_SHIFT'],
  [3 * HOUR, 'Early'],
  [4 * HOUR, 'NO_SHIFT'],
] as const

function planned(startMs?: number): Play {
  return new Play(press(), startMs).plan(shifts)
}

describe('a machine that does not run outside of the shifts', () => {
  it('is available for NO_SHIFT, from the very moment at which the shift ends', () => {
    // The polls come at +0.7, +1.7 and so on: none of them at the shift's end.
    const play = planned().skip(0.7).show(run, 1_000).show(ready, 4_000)
    expect(play.story).toEqual(['+0.7 running', '+1000.7 idle', '+3600 available NO_SHIFT'])
  })

  it('is what it shows again from the beginning of the next shift on', () => {
    const play = planned()
      .skip(0.7)
      .show(ready, 3.2 * HOUR)
    expect(play.story).toEqual(['+0.7 idle', '+3600 available NO_SHIFT', '+10800 idle'])
    expect(play.history.map(({ ended }) => ended?.durationMs)).toEqual([3_599_300, 7_200_000, undefined])
  })

  it('has its true minutes there', () => {
    const play = planned().show(ready, 3.2 * HOUR)
    expect(play.history[1]?.ended).toMatchObject({ durationMs: 7_200_000, minutes: 120 })
  })

  it('is running where it runs, whatever the shifts say', () => {
    const play = planned()
      .show(ready, 1.5 * HOUR)
      .show(run, HOUR)
      .show(ready, HOUR / 4)
    expect(play.story).toEqual([
      '+0 idle',
      '+3600 available NO_SHIFT',
      '+5400 running',
      '+9000 available NO_SHIFT',
    ])
  })

  it('goes on running over the end of a shift in one row', () => {
    expect(planned().show(run, 2 * HOUR).story).toEqual(['+0 running'])
  })

  it('has one row there, whatever it shows', () => {
    const play = planned()
      .show(ready, HOUR + 60)
      .show(jam, 300)
      .show(setup, 300)
      .show(ready, 300)
      .show(jam, 2 * HOUR)
    expect(play.story).toEqual(['+0 idle', '+3600 available NO_SHIFT', '+10800 down mechanical_failure'])
  })

  it('is dated back beyond the end of the shift where it had stopped just before', () => {
    const play = planned()
      .show(run, HOUR - 0.5)
      .show(jam, 600)
    expect(play.story).toEqual(['+0 running', '+3599.5 down mechanical_failure', '+3600 available NO_SHIFT'])
  })

  it('counts setup and maintenance that it shows itself as unplanned too', () => {
    const play = planned()
      .show(setup, HOUR + 60)
      .show({ state: 'service' }, 2 * HOUR)
    expect(play.story).toEqual(['+0 setup changeover', '+3600 available NO_SHIFT', '+10800 maintenance'])
  })

  it('is lost where it is lost, also outside of the shifts', () => {
    const play = planned()
      .show(ready, HOUR + 60)
      .cut(600, ready)
      .show(ready, 60)
    expect(play.story).toEqual([
      '+0 idle',
      '+3600 available NO_SHIFT',
      '+3660 available NO_DATA',
      '+4260 available NO_SHIFT',
    ])
  })
})

describe('a stop that goes on over the end of a shift', () => {
  it('has its downtime closed there and another one opened when the next shift begins', () => {
    const play = planned()
      .show(run, 1_800)
      .show(jam, 2.7 * HOUR)
    expect(play.stops).toEqual([
      '+1800..+3600 mechanical_failure equipment 30 min',
      '+10800.. mechanical_failure equipment open',
    ])
    expect(play.downtimes.map(({ continues, ended }) => [continues, ended?.marks])).toEqual([
      [undefined, ['unplanned']],
      [true, undefined],
    ])
    play.show(run, 60)
    expect(play.stops[1]).toMatch(/^\+10800\.\.\+11520 mechanical_failure equipment 12 min$/)
    expect(play.downtimes[1]).toMatchObject({ continues: true })
  })

  it('is opened again at once, and also where it is over soon', () => {
    const play = planned()
      .show(run, 1_800)
      .show(jam, 2.5 * HOUR + 30)
      .show(run, 60)
    expect(play.stops[1]).toMatch(/^\+10800\.\.\+10830 mechanical_failure/)
  })

  it('is none outside of the shifts, and none before it was long enough within them', () => {
    const play = planned()
      .show(run, HOUR - 60)
      .show(jam, 2 * HOUR)
    expect(play.stops).toEqual([])
    expect(play.story).toEqual(['+0 running', '+3540 down mechanical_failure', '+3600 available NO_SHIFT'])
  })

  it('is not called a micro stop where the end of the shift cut it short', () => {
    const play = planned()
      .show(run, HOUR - 60)
      .show({ state: 'fault', fault: 0 }, 2 * HOUR)
    expect(play.story).toEqual(['+0 running', '+3540 down', '+3600 available NO_SHIFT'])
  })

  it('gets the reason that somebody gives after the end of the shift, on both of its parts', () => {
    const play = planned().show(run, 1_800).show({ state: 'fault', fault: 0 }, 1_900)
    const reason = { code: 'material_shortage', category: 'material', operator: 7, isNewStop: false } as const
    play.say({ reason }).watch(2 * HOUR)
    expect(play.stops).toEqual([
      '+1800..+3600 material_shortage material 30 min',
      '+10800.. material_shortage material open',
    ])
    expect(play.story).toContain('+3600 available NO_SHIFT')
  })

  it('gets the code that the PLC shows only after the end of the shift', () => {
    const play = planned().show(run, 1_800).show({ state: 'fault', fault: 0 }, 1_802)
    play.show(jam, 2 * HOUR)
    expect(play.stops).toEqual([
      '+1800..+3600 mechanical_failure equipment 30 min',
      '+10800.. mechanical_failure equipment open',
    ])
  })

  it('never has two downtimes open where it is held unseen at the end of the shift', () => {
    const play = planned().show(run, 1_800).show(jam, 900)
    play.cut(HOUR, jam).watch(2 * HOUR)
    expect(play.story).toEqual([
      '+0 running',
      '+1800 down mechanical_failure',
      '+3600 available NO_DATA',
      '+6300 available NO_SHIFT',
      '+10800 down mechanical_failure',
    ])
    expect(play.stops[0]).toBe('+1800..+3600 mechanical_failure equipment 30 min')
  })
})

describe('shifts that change', () => {
  it('turn the row from the moment on at which that is known, and rewrite nothing', () => {
    const play = planned().show(ready, 1.5 * HOUR)
    play.plan([[0, 'Early']]).show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+3600 available NO_SHIFT', '+5400 idle'])
  })

  it('count from then on where none was known before', () => {
    const play = new Play(press())
      .show(ready, 2 * HOUR)
      .plan(shifts)
      .show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+7200 available NO_SHIFT'])
  })

  it('say nothing any more where none is defined', () => {
    const play = planned()
      .show(ready, 1.5 * HOUR)
      .plan([])
      .show(ready, 3 * HOUR)
    expect(play.story).toEqual(['+0 idle', '+3600 available NO_SHIFT', '+5400 idle'])
    expect(play.plan([]).state.planned).toEqual([])
  })

  it('change nothing where they are said again', () => {
    const once = planned().show(jam, 2 * HOUR)
    const often = planned().show(jam, 1_000)
    for (let at = 1_000; at < 2 * HOUR; at += 100) often.plan(shifts).watch(100)
    expect(often.events).toEqual(once.events)
  })
})

describe('a wall clock that is set', () => {
  it('back over the end of a shift makes no row twice, and no negative one', () => {
    const play = planned()
      .show(ready, HOUR + 30)
      .stepWallClock(-90)
      .show(ready, HOUR)
    const rows = play.history
    expect(rows.map(({ reason }) => reason)).toEqual([null, 'NO_SHIFT', null, 'NO_SHIFT'])
    rows.forEach(({ at, ended }, index) => {
      const next = rows[index + 1]
      if (!next) return
      expect(Date.parse(next.at)).toBeGreaterThan(Date.parse(at))
      expect(ended?.durationMs).toBeGreaterThanOrEqual(0)
    })
    const lastedMs = rows.reduce((sum, { ended }) => sum + (ended?.durationMs ?? 0), 0)
    expect(lastedMs).toBeGreaterThan((HOUR + 89) * 1_000)
    expect(lastedMs).toBeLessThan((HOUR + 122) * 1_000)
  })

  it('ahead over the end of a shift lets the row say so from then on', () => {
    const play = planned().show(ready, 1_800).stepWallClock(3_000).show(ready, 600)
    expect(play.history.map(({ reason }) => reason)).toEqual([null, 'NO_SHIFT'])
    expect(play.history[0]?.ended?.durationMs).toBeLessThan(1_802_000)
  })
})

describe('a map that changes', () => {
  it('asks for a work order from then on', () => {
    const play = new Play(press()).show(ready, 60)
    play.reload(press({ version: 'v2', needsOrder: true })).show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+60 available NO_ORDER'])
  })
})

describe.each([
  ['begins', '2026-03-28T20:00:00Z', 7],
  ['ends', '2026-10-24T19:00:00Z', 9],
] as const)('in the night in which summer time %s', (_, from, hours) => {
  const startMs = Date.parse(from)
  const night = { name: 'Night', start: '22:00:00', end: '06:00:00', days: [] }
  const plant = { shifts: [night], breaks: [], zone: 'Europe/Rome' }
  const turns = plannedTurns(plant, startMs, startMs + 14 * HOUR * 1_000)
    .slice(0, -1)
    .map(({ atMs, unplanned, shift }) => [(atMs - startMs) / 1_000, unplanned ?? `${shift}`] as const)

  it('a night shift has its true hours, and no row is negative or there twice', () => {
    const play = new Play(press({ split: 'shift' }), startMs)
      .every(10)
      .plan(turns)
      .show(ready, 13 * HOUR)
    const rows = play.history
    const idleMs = rows
      .filter(({ status }) => status === 'idle')
      .reduce((sum, { ended }) => sum + (ended?.durationMs ?? 0), 0)
    expect(idleMs).toBe(hours * HOUR * 1_000)
    expect(new Set(rows.map(({ at }) => at)).size).toBe(rows.length)
    for (const { ended } of rows) expect(ended?.durationMs ?? 1).toBeGreaterThan(0)
  })
})

describe('a restart', () => {
  it('knows the shifts before anybody has said them again', () => {
    const play = planned().show(run, 1_800).show(jam, HOUR)
    play.restart(60).show(jam, 2 * HOUR)
    expect(play.stops).toEqual([
      '+1800..+3600 mechanical_failure equipment 30 min',
      '+10800.. mechanical_failure equipment open',
    ])
    expect(play.story.slice(2)).toEqual(['+3600 available NO_SHIFT', '+10800 down mechanical_failure'])
  })

  it('over the end of a shift turns the row there all the same', () => {
    const play = planned().show(jam, HOUR - 60)
    play.restart(120).show(jam, 60)
    expect(play.story).toEqual(['+0 down mechanical_failure', '+3600 available NO_SHIFT'])
  })
})

describe('rows that go on', () => {
  const story = (split: 'shift' | 'hour' | undefined) =>
    new Play(press(split && { split }), Date.UTC(2026, 0, 31, 22, 30))
      .plan([
        [0, 'Late'],
        [HOUR, 'Night'],
        [2 * HOUR, 'BREAK'],
        [2 * HOUR + 600, 'Night'],
      ])
      .show(run, 3 * HOUR).story

  it('are split at each UTC midnight', () => {
    expect(story(undefined)).toEqual(['+0 running', '+5400 running'])
  })

  it('are split at each turn of a shift or a break where the map wants that', () => {
    expect(story('shift')).toEqual([
      '+0 running',
      '+3600 running',
      '+5400 running',
      '+7200 running',
      '+7800 running',
    ])
  })

  it('are split at each full hour where the map wants that', () => {
    expect(story('hour')).toEqual(['+0 running', '+1800 running', '+5400 running', '+9000 running'])
  })

  it('is one row a day of a long maintenance, none longer than a day', () => {
    const play = new Play(press(), START_MS)
      .every(20)
      .show({ state: 'service' }, 96 * HOUR)
      .show(run, 1_200)
    const rows = play.history.filter(({ status }) => status === 'maintenance')
    expect(rows).toHaveLength(5)
    for (const { ended } of rows) expect(ended?.minutes).toBeLessThanOrEqual(1_440)
    expect(rows.reduce((sum, { ended }) => sum + (ended?.minutes ?? 0), 0)).toBe(96 * 60)
  })
})
