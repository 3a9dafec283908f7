/** How long a status may be claimed after it was last seen. */
import { describe, expect, it } from 'vitest'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { press, rule } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const ready = { state: 'ready', fault: 0 }
const HALF_AN_HOUR = 1_800

function minutesOf(play: Play, status: string): number {
  const rows = play.history.filter((row) => row.status === status)
  return rows.reduce((sum, row) => sum + (row.ended?.minutes ?? 0), 0)
}

describe('a machine that stopped', () => {
  const starved = {
    ...rule('idle', { infeed: 0 }, 2_000),
    reason: { kind: 'fixed', code: 'starved' },
  } as const
  const blocked = {
    ...rule('idle', { infeed: 1 }, 2_000),
    reason: { kind: 'fixed', code: 'blocked' },
  } as const
  const rules: MachineMap['rules'] = [
    rule('running', { state: 'run' }, 2_000),
    starved,
    blocked,
    { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 },
  ]
  const infeed = press({
    rules,
    devices: press().devices.map((device) => ({
      ...device,
      signals: [...device.signals, { name: 'infeed', address: null }],
    })),
  })

  it('does not run on because its infeed sensor flickers', () => {
    const play = new Play(infeed).show({ ...run, infeed: 1 }, 60).show({ ...ready, infeed: 0 }, 1)
    for (let flicker = 0; flicker < HALF_AN_HOUR / 2; flicker += 1)
      play.show({ infeed: 1 }, 1).show({ infeed: 0 }, 1)
    expect(play.story.slice(0, 2)).toEqual(['+0 running', '+60 idle starved'])
  })

  it('does not run on because ready and fault alternate', () => {
    const play = new Play(press()).show(run, 60)
    for (let chatter = 0; chatter < HALF_AN_HOUR / 2; chatter += 1)
      play.show(ready, 1).show({ state: 'fault' }, 1)
    expect(play.story.slice(0, 2)).toEqual(['+0 running', '+60 down'])
    expect(play.history.filter(({ status }) => status === 'running')).toHaveLength(1)
  })

  it('does not run on because one of its rules takes a minute to be believed', () => {
    const off = {
      ...rule('idle', { state: 'off' }, 60_000),
      reason: { kind: 'fixed', code: 'switched_off' },
    } as const
    const slow = press({ rules: [off, ...press().rules] })
    const play = new Play(slow)
    for (let cycle = 0; cycle < 30; cycle += 1) play.show(run, 60).show({ state: 'off' }, 40)
    play.show(run, 60)
    expect(Math.abs(minutesOf(play, 'running') - 30)).toBeLessThanOrEqual(1)
  })
})

describe('a stop', () => {
  it('does not last because short runs and waits alternate after it', () => {
    const play = new Play(press()).show(run, 60).show({ state: 'fault', fault: 101 }, 180)
    for (let cycle = 0; cycle < 60; cycle += 1) play.show(run, 5).show(ready, 1)
    expect(play.stops).toEqual(['+60..+240 mechanical_failure equipment 3 min'])
  })

  it('goes on over blips of running', () => {
    const play = new Play(press()).show(run, 60)
    for (let blip = 0; blip < 10; blip += 1) play.show({ state: 'fault', fault: 101 }, 60).show(run, 5)
    expect(play.show(run, 60).stops).toEqual(['+60..+705 mechanical_failure equipment 11 min'])
  })
})

describe('a status that follows', () => {
  const slowFault = press({
    rules: press().rules.map((one) => (one.is === 'down' ? { ...one, forMs: 5_000 } : one)),
  })

  it('begins when it was first shown, though the gateway was away since the one before it was left', () => {
    const play = new Play(slowFault)
      .show(ready, 60)
      .show(run, 0)
      .restart(4, { state: 'fault' }, { how: 'kill' })
    play.show({}, 3).show({ state: 'service' }, 60)
    expect(play.story).toEqual(['+0 idle', '+64 down MICRO_STOP', '+67 maintenance'])
  })

  it('begins when it was first shown, though another was shown for a moment before it', () => {
    const play = new Play(slowFault).show(ready, 60).show(run, 1).show({ state: 'fault' }, 3)
    play.show({ state: 'service' }, 60)
    expect(play.story).toEqual(['+0 idle', '+61 down MICRO_STOP', '+64 maintenance'])
  })

  it('begins when it was first shown, though the one after it had been shown too briefly before it', () => {
    const play = new Play(slowFault).show({ ...run, state: 'setup' }, 60).show(run, 6)
    play.show({ state: 'fault' }, 3).show(run, 60)
    expect(play.story).toEqual(['+0 setup changeover', '+66 down MICRO_STOP', '+69 running'])
  })
})
