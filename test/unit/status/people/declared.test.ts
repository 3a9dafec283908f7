/** Statuses that operators declare. */
import { describe, expect, it } from 'vitest'
import type { DerivedStatus } from '../../../../src/domain/status.ts'
import { Play } from '../../../support/play.ts'
import { press } from '../../../support/press.ts'

const ANNA = 7
const HOUR = 3_600
const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const jammed = { state: 'fault', fault: 101 }
const declared = (status: DerivedStatus, reason: string, operator = ANNA) => ({
  operator,
  declared: { status, reason, operator },
})
const CHANGEOVER = declared('setup', 'mould_change')
const OK_TO_RUN = { operator: ANNA, declared: null }
const map = press({ counters: [{ signal: 'good' }] })

/** The machine makes parts, one in so many seconds, and the counter shows each as it is done. */
function produce(play: Play, first: number, cycles: number, seconds: number): Play {
  play.show({ ...run, good: first }, 0)
  for (let made = 1; made <= cycles; made += 1) play.show({}, seconds).show({ good: first + made }, 0)
  return play
}

describe('a changeover that is scanned', () => {
  it('holds over trials, and ends with the first of five cycles in one go', () => {
    const play = new Play(map)
      .show({ ...run, good: 0 }, 60)
      .show(ready, 30)
      .say(CHANGEOVER)
      .show({}, 600)
    for (const trial of [0, 1]) produce(play, trial, 1, 30).show(ready, 180)
    const begin = play.livedMs / 1_000
    produce(play, 2, 4, 20)
    expect(play.story).toEqual(['+0 running', '+60 idle', '+90 setup mould_change'])
    play.show({}, 20).show({ good: 7 }, 20)
    expect(play.story.slice(2)).toEqual(['+90 setup mould_change', `+${begin} running`])
    expect(play.stops).toEqual([`+90..+${begin} mould_change setup 17 min`])
  })

  it('ends with a run of two minutes where nothing counts cycles', () => {
    const play = new Play(press()).show(ready, 60).say(CHANGEOVER).show({}, 300)
    play.show(run, 100).show(ready, 60).show(run, 119)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change'])
    play.show({}, 20)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change', '+520 running'])
  })

  it('ends as the map says', () => {
    const quick = press({ counters: [{ signal: 'good' }], exitAfter: { cycles: 2, runningMs: 30_000 } })
    const play = new Play(quick)
      .show({ ...ready, good: 0 }, 60)
      .say(CHANGEOVER)
      .show({}, 60)
    produce(play, 0, 2, 10).show({}, 2)
    expect(play.story.at(-1)).toBe('+120 running')
    const long = new Play(quick)
      .show({ ...ready, good: 0 }, 60)
      .say(CHANGEOVER)
      .show({}, 30)
      .show(run, 31)
    expect(long.story.at(-1)).toBe('+90 running')
  })

  it('does not take scrap of a trial for production', () => {
    const [device] = map.devices
    const signals = device?.signals.map((one) => ({
      ...one,
      ...(one.name === 'good' && { role: 'scrap_count' as const }),
    }))
    const scrap = { ...map, devices: device && signals ? [{ ...device, signals }] : [] }
    const play = new Play(scrap)
      .show({ ...ready, good: 0 }, 60)
      .say(CHANGEOVER)
      .show({}, 60)
    produce(play, 0, 8, 10).show(ready, 60)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change'])
  })

  it('ends where a machine pauses in every cycle, with the run in which it is certain', () => {
    const play = new Play(map)
      .show({ ...ready, good: 0 }, 60)
      .say(CHANGEOVER)
      .show({}, 300)
    for (let cycle = 0; cycle < 4; cycle += 1) produce(play, cycle, 1, 15).show(ready, 10)
    const begin = play.livedMs / 1_000
    produce(play, 4, 1, 15).show({}, 2)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change', `+${begin} running`])
  })

  it('ends with the release, whatever the machine shows then', () => {
    for (const [shown, story] of [
      [run, '+400 running'],
      [ready, '+400 idle'],
      [jammed, '+400 down mechanical_failure'],
    ] as const) {
      const play = new Play(press()).show(ready, 60).say(CHANGEOVER).show({}, 300).show(shown, 40)
      play.say(OK_TO_RUN).show({}, 200)
      expect(play.story).toEqual(['+0 idle', '+60 setup mould_change', story])
      expect(play.downtimes[0]).toMatchObject({ reportedBy: ANNA, resolvedBy: ANNA, reason: 'mould_change' })
    }
  })

  it('says in its row who declared it', () => {
    const play = new Play(press()).show(run, 60).say(CHANGEOVER).show(ready, 300).say(OK_TO_RUN).show(run, 60)
    expect(play.story).toEqual(['+0 running', '+60 setup mould_change', '+360 running'])
    expect(play.history.map(({ declaredBy }) => declaredBy)).toEqual([undefined, ANNA, undefined])
    expect(play.downtimes).toMatchObject([{ reason: 'mould_change', category: 'setup', reportedBy: ANNA }])
  })

  it('begins where a run was last seen, and claims nothing of it', () => {
    const play = new Play(press()).show(run, 60).show(ready, 1).say(CHANGEOVER).show({}, 200)
    expect(play.story).toEqual(['+0 running', '+60 setup mould_change'])
  })

  it('ends a stop that has its reason, and names one that has none', () => {
    const named = new Play(press()).show(run, 60).show(jammed, 200).say(CHANGEOVER).show({}, 200)
    expect(named.stops).toEqual([
      '+60..+260 mechanical_failure equipment 3 min',
      '+260.. mould_change setup open',
    ])
    const both = {
      ...CHANGEOVER,
      reason: { code: 'mould_change', category: null, operator: ANNA, isNewStop: false },
    }
    const unnamed = new Play(press()).show(run, 60).show({ state: 'fault' }, 200).say(both).show({}, 200)
    expect(unnamed.stops).toEqual(['+60..+260 mould_change - 3 min', '+260.. mould_change setup open'])
  })

  it('begins a new stop behind SPLIT, and leaves the one until now without a reason', () => {
    const split = {
      ...CHANGEOVER,
      reason: { code: 'mould_change', category: null, operator: ANNA, isNewStop: true },
    }
    const down = new Play(press()).show(run, 60).show({ state: 'fault' }, 200).say(split).show({}, 200)
    expect(down.stops).toEqual(['+60..+260 unassigned - 3 min', '+260.. mould_change setup open'])
    const setup = new Play(press()).show(run, 60).say(declared('setup', 'cleaning')).show(ready, 200)
    setup.say(split).show({}, 200)
    expect(setup.stops).toEqual(['+60..+260 cleaning setup 3 min', '+260.. mould_change setup open'])
  })

  it('names a setup that the machine shows itself, and goes on with it', () => {
    const play = new Play(press()).show(run, 60).show({ state: 'setup' }, 200).say(CHANGEOVER).show({}, 60)
    play.show(ready, 60).say(OK_TO_RUN).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 setup mould_change', '+380 idle'])
    expect(play.downtimes).toMatchObject([{ correctedFrom: ['changeover'], reportedBy: ANNA }])
  })

  it('can be given another reason', () => {
    const play = new Play(press()).show(ready, 60).say(CHANGEOVER).show({}, 200)
    play
      .say({ reason: { code: 'cleaning', category: 'process', operator: 8, isNewStop: false } })
      .show({}, 60)
    expect(play.stops).toEqual(['+60.. cleaning process open'])
    expect(play.history.at(-1)).toMatchObject({ reason: 'cleaning', correctedFrom: ['mould_change'] })
  })

  it('gives way to another declared status', () => {
    const play = new Play(press())
      .show(ready, 60)
      .say(CHANGEOVER)
      .show({}, 200)
      .say(declared('maintenance', 'pm'))
    play.show(run, 60).show(ready, 60).say(declared('available', 'lunch')).show({}, 600).show(run, 130)
    expect(play.story).toEqual([
      '+0 idle',
      '+60 setup mould_change',
      '+260 maintenance pm',
      '+380 available lunch',
      '+980 running',
    ])
  })

  it('cannot declare that a machine runs', () => {
    const play = new Play(press()).show(ready, 60).say(declared('running', 'really')).show({}, 60)
    expect(play.story).toEqual(['+0 idle'])
    expect(play.standing.declared).toBeNull()
  })

  it('is split at midnight', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 23, 50))
      .show(ready, 60)
      .say(CHANGEOVER)
      .show({}, 1_200)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change', '+600 setup mould_change'])
    expect(play.history.map(({ declaredBy }) => declaredBy)).toEqual([undefined, ANNA, ANNA])
  })

  it('that begins before midnight, with a run behind it that proves itself after it', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 23, 50))
      .show(ready, 60)
      .say(CHANGEOVER)
      .show({}, 480)
    play.show(run, 130)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change', '+540 running', '+600 running'])
  })
})

describe('while nothing is seen', () => {
  it('a declared maintenance goes on without power, and ends at the first good run', () => {
    const play = new Play(press())
      .show(run, 60)
      .say(declared('maintenance', 'pm'))
      .show(ready, 5)
      .cut(2 * HOUR, ready)
    play.show({}, 60).show(run, 130)
    expect(play.story).toEqual(['+0 running', '+60 maintenance pm', '+7325 running'])
  })

  it('begins also where the power is off already', () => {
    const play = new Play(press()).show(run, 60).skip(120)
    play.say(declared('maintenance', 'pm')).cut(HOUR, ready).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA', '+180 maintenance pm'])
  })

  it('begins for a machine that was never seen', () => {
    const play = new Play(press()).skip(60).say(CHANGEOVER).skip(60).show(ready, 60).show(run, 130)
    expect(play.story).toEqual(['+60 setup mould_change', '+180 running'])
  })

  it('a release ends it there, because nobody knows what is then', () => {
    const play = new Play(press()).show(ready, 60).say(declared('maintenance', 'pm')).show({}, 60).skip(600)
    play.say(OK_TO_RUN).cut(60, ready).show({}, 60)
    expect(play.story).toEqual(['+0 idle', '+60 maintenance pm', '+720 available NO_DATA', '+780 idle'])
  })

  it('a declared break is lost like any other, and goes on when the machine is seen again', () => {
    const play = new Play(press())
      .show(run, 60)
      .show(ready, 10)
      .say(declared('available', 'lunch'))
      .show({}, 60)
    play.cut(600, ready).show({}, 60).say(OK_TO_RUN).show({}, 60)
    expect(play.story).toEqual([
      '+0 running',
      '+60 idle',
      '+70 available lunch',
      '+130 available NO_DATA',
      '+730 available lunch',
      '+790 idle',
    ])
  })

  it('a run that was interrupted for long begins again', () => {
    const play = new Play(press()).show(ready, 60).say(CHANGEOVER).show(run, 100).cut(120, run).show({}, 100)
    expect(play.story).toEqual(['+0 idle', '+60 setup mould_change'])
    play.show({}, 30)
    expect(play.story.at(-1)).toBe('+280 running')
  })
})

it('a restart of the gateway or its computer changes nothing, wherever it comes', () => {
  const storyWith = (restartAt: number | undefined, reboot: boolean) => {
    const play = new Play(map).show({ ...run, good: 0 }, 60).show(ready, 20)
    let part = 0
    const maybe = () => {
      if (part === restartAt) play.restart(3, {}, { how: 'kill', reboot })
      else play.show({}, 3)
      part += 1
    }
    maybe()
    play.say(CHANGEOVER)
    maybe()
    play.show({}, 100)
    maybe()
    produce(play, 0, 1, 20).show(ready, 150)
    maybe()
    play.show(run, 200)
    maybe()
    play.show(jammed, 200)
    return [...play.story, ...play.stops]
  }
  const story = storyWith(undefined, false)
  expect(story).toContain('+83 setup mould_change')
  for (const restartAt of [0, 1, 2, 3, 4]) {
    expect(storyWith(restartAt, false), `${restartAt}`).toEqual(story)
    expect(storyWith(restartAt, true), `${restartAt} with a boot`).toEqual(story)
  }
})

it('survives another map of the machine, and pages show it', () => {
  const play = new Play(press()).show(ready, 60).say(CHANGEOVER).show({}, 60)
  play.reload(press({ version: 'v2' })).show(ready, 60)
  expect(play.story).toEqual(['+0 idle', '+60 setup mould_change'])
  expect(play.standing).toMatchObject({ status: 'setup', declared: 'setup', reasonFor: 'current' })
  expect(play.health.summary).toMatchObject({ status: 'setup', declared: 'setup', reason: 'mould_change' })
})
