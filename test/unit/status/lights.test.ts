import { describe, expect, it } from 'vitest'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
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

  it('takes what changed at the same moment for one change, though it understands it later', () => {
    const played = play()
      .show({ ...DARK, green: true }, 60)
      .show({ green: false, amber: true }, 60)
    expect(played.story).toEqual(['+0 running', '+60 idle'])
  })
})
