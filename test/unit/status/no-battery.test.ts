/** A computer without a battery: it starts years behind, and learns the time from the network some while later. */
import { describe, expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const fault = (code: number) => ({ state: 'fault', fault: code })
const HOUR = 3_600
const DAY = 24 * HOUR
const YEARS = 20 * 365 * 24 * HOUR

/** It is off for so long, starts at its wrong time, and the machine is seen for a while before the clock is set. */
function boot(play: Play, offSeconds: number, seenSeconds = 30): Play {
  play.restart(offSeconds, {}, { reboot: -YEARS }).show({}, seenSeconds)
  return play.stepWallClock(YEARS)
}

describe('a computer that starts years behind', () => {
  // Fault of the catalogue: [D2]
  it('after a minute: the stop is as long as it was, and later rows have their times', () => {
    const play = boot(new Play(press()).show(fault(101), 600), 60).show({}, 600)
    play.show(run, 600)
    expect(play.stops).toEqual(['+0..+1290 mechanical_failure equipment 22 min'])
    expect(play.story).toEqual(['+0 down mechanical_failure', '+1290 running'])
  })

  it('after a minute: the run goes on', () => {
    const play = boot(new Play(press()).show(run, 600), 60).show({}, 600)
    play.show({ state: 'ready' }, 60)
    expect(play.story).toEqual(['+0 running', '+1290 idle'])
    expect(play.history[0]?.ended?.durationMs).toBe(1_290_000)
  })

  it('and is set in two steps over days: the stop is one row, and as long as it was', () => {
    const play = new Play(press())
      .show(fault(101), 600)
      .restart(HOUR, {}, { reboot: -2 * DAY })
      .show({}, 60)
    play.stepWallClock(DAY).show({}, 60).stepWallClock(DAY).show({}, 60).show(run, 60)
    expect(play.story).toEqual(['+0 down mechanical_failure', '+4380 running'])
    expect(play.stops).toEqual(['+0..+4380 mechanical_failure equipment 73 min'])
  })

  it('after ten hours: the run ended when it was last seen', () => {
    const play = boot(new Play(press()).show(run, 600), 10 * HOUR).show({}, 600)
    expect(play.story).toEqual(['+0 running', '+600 available NO_DATA', '+36600 running'])
  })

  it('after ten hours, and is set before any machine answers: the run ended when it was last seen', () => {
    const play = new Play(press()).show(run, 600)
    play
      .restart(10 * HOUR, {}, { reboot: -YEARS, silent: 20 })
      .stepWallClock(YEARS)
      .show({}, 600)
    expect(play.story.slice(0, 2)).toEqual(['+0 running', '+600 available NO_DATA'])
  })
})

describe('a computer whose clock goes on where it stopped', () => {
  const bootInto = (play: Play, values: Readonly<Record<string, string | number>>) =>
    play.restart(250, values, { reboot: -250 }).show({}, 30).stepWallClock(250)

  it('books the time that it was away on the status that went on', () => {
    const play = bootInto(new Play(press()).show(run, 600), run).show({}, 60).show({ state: 'ready' }, 60)
    expect(play.story).toEqual(['+0 running', '+940 idle'])
    expect(play.history[0]?.ended?.durationMs).toBe(940_000)
  })

  it('dates what began before it knew the time by the right time', () => {
    const play = bootInto(new Play(press()).show(run, 600), fault(101)).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+600 available NO_DATA', '+850 down mechanical_failure'])
  })

  it('and that never learns the time says after two minutes what its machine does', () => {
    const play = new Play(press()).show(run, 600).restart(250, fault(101), { reboot: -250 })
    expect(play.show({}, 118).health.summary).toMatchObject({ status: 'running' })
    expect(play.show({}, 10).health.summary).toMatchObject({ status: 'down' })
  })

  it('forgets what was shown before the boot and was never believed', () => {
    const map = press({ heartbeats: [{ signal: 'alive', staleAfterMs: 10_000 }] })
    const play = new Play(map).read({ state: 'ready', alive: 1 }).restart(60, { alive: 2 }, { reboot: true })
    for (let alive = 3; alive < 10; alive += 1) play.show({ alive }, 1)
    expect(play.story).toEqual(['+60 idle'])
  })
})
