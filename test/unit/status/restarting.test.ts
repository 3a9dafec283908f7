/** What a gateway makes of the time in which it did not run: from what was saved, and from nothing else. */
import { describe, expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const fault = (code: number) => ({ state: 'fault', fault: code })
const HOUR = 3_600

describe('a computer that was rebooted', () => {
  it('for a minute: the run goes on', () => {
    const play = new Play(press()).show(run, 600).restart(60, {}, { reboot: true }).show({}, 600)
    expect(play.story).toEqual(['+0 running'])
  })

  it('and whose gateway starts again an hour later: the run goes on', () => {
    const play = new Play(press()).show(run, 600).restart(60, {}, { reboot: true }).show({}, HOUR)
    expect(play.restart(6).show({}, 60).story).toEqual(['+0 running'])
  })

  it('and whose gateway is killed an hour later: the run goes on', () => {
    const play = new Play(press()).show(run, 600).restart(60, {}, { reboot: true }).show({}, HOUR)
    expect(play.restart(6, {}, { how: 'kill' }).show({}, 60).story).toEqual(['+0 running'])
  })

  it('during a stop that lasts for a day: it is one stop', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 0)).every(10).show(fault(101), 600)
    play.restart(60, {}, { reboot: true }).show({}, 20 * HOUR)
    play.restart(6).show({}, 600).show(run, 60)
    expect(play.stops).toEqual(['+0..+73266 mechanical_failure equipment 1221 min'])
  })

  it('each time the gateway starts, as far as the gateway can tell: the run goes on', () => {
    const play = new Play(press()).show(run, 600)
    for (let start = 0; start < 4; start += 1) play.restart(6, {}, { reboot: true }).show({}, 400)
    expect(play.story).toEqual(['+0 running'])
  })

  it('twice within minutes: the run goes on, with all of its minutes', () => {
    const play = new Play(press()).show(run, 600)
    play.restart(60, {}, { reboot: true }).show({}, 20).restart(60, {}, { reboot: true }).show({}, 600)
    play.show({ state: 'ready' }, 60)
    expect(play.story).toEqual(['+0 running', '+1340 idle'])
    expect(play.history[0]?.ended?.durationMs).toBe(1_340_000)
  })
})

describe('a gateway that was killed', () => {
  it('knows the run that was on disk, and when it was last seen to within seconds', () => {
    const play = new Play(press()).show(run, 602).restart(900, {}, { how: 'kill' }).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+599 available NO_DATA', '+1502 running'])
  })

  it('derives again, and no later, what the disk had not synced', () => {
    const play = new Play(press()).show(run, 60).show(fault(101), 1)
    play.show({}, 1).restart(3, {}, { how: 'power' }).show({}, 60)
    expect(play.story.slice(0, 1)).toEqual(['+0 running'])
    expect(play.story).toHaveLength(2)
  })
})

describe('a gateway that ended each time before it could believe what it saw', () => {
  const ready = { state: 'ready', fault: 0 }
  const map = press({
    rules: press().rules.map((rule) => ({ ...rule, forMs: 5_000, releaseMs: 0 })),
    stops: { ignoreStopBelowMs: 0, ignoreRunBelowMs: 0, microStopBelowMs: 120_000 },
    heartbeats: [{ signal: 'alive', staleAfterMs: 10_000 }],
  })
  const running = () => new Play(map).show({ ...run, alive: 1 }, 1).show({ alive: 2 }, 8)

  it('gives what it saw last no time in which it saw something else', () => {
    const play = running().show(ready, 1)
    play.restart(3, { state: 'service' }, { how: 'kill' }).show({}, 1).show({ alive: 3 }, 1)
    play.restart(3, fault(101)).show({}, 1).show({ alive: 4 }, 10)
    const down = '+18 down mechanical_failure'
    expect(play.story).toEqual(['+0 running', '+9 idle', '+13 maintenance', down])
  })

  it('leaves a stop where it was seen first, though it is shown again', () => {
    const play = running().restart(2, fault(204), { how: 'kill' }).show({}, 1).show(ready, 2)
    play.restart(3, fault(204), { how: 'kill' }).show({}, 1).show({ alive: 3 }, 10)
    const stop = 'down material_shortage'
    expect(play.story).toEqual(['+0 running', `+11 ${stop}`, '+12 idle', `+17 ${stop}`])
  })
})

describe('a first start that was cut short', () => {
  it('claims nothing of the three days until the next one', () => {
    const play = new Play(press())
      .show(run, 1)
      .restart(72 * HOUR)
      .show({}, 60)
    expect(play.story).toEqual([`+${72 * HOUR + 1} running`])
  })

  it('and goes on within seconds has seen the machine from the first sample', () => {
    const play = new Play(press()).show(run, 1).restart(5).show({}, 60)
    expect(play.story).toEqual(['+0 running'])
  })
})

describe('a machine that does not answer after a start', () => {
  it('is not seen since the gateway ended, however long it stays silent', () => {
    const play = new Play(press()).show(run, 60).off('PRESS-07').restart(5).skip(HOUR)
    expect(play.story).toEqual(['+0 running', '+60 available NO_DATA'])
  })

  it('keeps a stop for twelve hours, and no longer', () => {
    const play = new Play(press(), Date.UTC(2026, 0, 31, 0)).show(fault(101), 600)
    play
      .off('PRESS-07')
      .restart(5)
      .skip(20 * HOUR)
    expect(play.stops).toEqual(['+0..+43800 mechanical_failure equipment 730 min'])
  })
})

describe('a map whose file is away for a minute', () => {
  it('ends its row where that status was last seen, though another one was waiting to be believed', () => {
    const play = new Play(press()).show(run, 80).show({ state: 'ready' }, 1).withdraw(60).show({}, 60)
    expect(play.story).toEqual(['+0 running', '+80 available NO_DATA', '+141 idle'])
  })

  it('leaves no hole in the history, and loses no seconds of its minutes', () => {
    const play = new Play(press()).show(run, 80).withdraw(60).show({}, 100).show({ state: 'ready' }, 60)
    expect(play.history.map(({ status, previousStatus }) => [status, previousStatus])).toEqual([
      ['running', null],
      ['available', 'running'],
      ['running', 'available'],
      ['idle', 'running'],
    ])
    const minutes = play.history.reduce(
      (sum, row) => sum + (row.status === 'running' ? (row.ended?.minutes ?? 0) : 0),
      0,
    )
    expect(minutes).toBe(3)
  })
})
