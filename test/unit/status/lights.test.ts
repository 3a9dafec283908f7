import { describe, expect, it } from 'vitest'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { device } from '../../support/press.ts'
import { stackLight } from '../../support/stack-light.ts'

const DARK = { green: false, amber: false, red: false }

/** Lamps that are read every 200 ms. */
function play(map: MachineMap = stackLight()): Play {
  return new Play(map).every(0.2)
}

/** The green lamp blinks at 1 Hz for so many seconds. */
function blinkGreen(played: Play, seconds: number): Play {
  for (let second = 0; second < seconds; second++) {
    played.show({ green: true }, 0.5).show({ green: false }, 0.5)
  }
  return played
}

describe('a machine that only has a stack light', () => {
  it('runs since its green lamp went on', () => {
    const played = play().show(DARK, 120).show({ green: true }, 600)
    expect(played.story).toEqual(['+0 idle switched_off', '+120 running'])
  })

  it('is idle while its green lamp blinks, without chatter', () => {
    const played = play().show({ ...DARK, green: true }, 600)
    blinkGreen(played, 300).show({ green: true }, 600)
    expect(played.story).toEqual(['+0 running', '+600.5 idle', '+900 running'])
  })

  it('is down while its red lamp is on or blinks, whichever of both it does', () => {
    const played = play()
      .show({ ...DARK, green: true }, 60)
      .show({ green: false, red: true }, 90)
    for (let second = 0; second < 90; second++) played.show({ red: false }, 0.4).show({ red: true }, 0.6)
    played.show({ green: true, red: false }, 60)
    expect(played.story).toEqual(['+0 running', '+60 down', '+240 running'])
    expect(played.stops).toEqual(['+60..+240 unassigned - 3 min'])
  })

  it('is not seen while a lamp shows what no lamp shows, and goes on after a short while', () => {
    const played = play().show({ ...DARK, green: true }, 60)
    played.show({ green: 'open' }, 40).show({ green: true }, 60)
    expect(played.story).toEqual(['+0 running', '+60 available NO_DATA', '+100 running'])
    expect(played.show({ green: 'open' }, 5).show({ green: true }, 60).story).toHaveLength(3)
  })

  it('is lost where another device is silent that its rules read, though its lamps are read', () => {
    const map = stackLight()
    const lamps = { ...device('PRESS-07/lamps', ['green', 'amber']), pollMs: 200 }
    const alarm = { ...device('PRESS-07/alarm', ['red']), pollMs: 200 }
    const played = play({ ...map, devices: [lamps, alarm] }).show({ ...DARK, green: true }, 60)
    played.cut(45, {}, { device: 'PRESS-07/alarm', isTold: false }).watch(30)
    expect(played.story).toEqual(['+0 running', '+60 available NO_DATA', '+105 running'])
  })

  it('takes what changed at the same moment for one change, though it understands it later', () => {
    const played = play()
      .show({ ...DARK, green: true }, 60)
      .show({ green: false, amber: true }, 60)
    expect(played.story).toEqual(['+0 running', '+60 idle'])
  })
})
