import { describe, expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import { pulseMachine } from '../../support/pulse-machine.ts'
import { stackLight } from '../../support/stack-light.ts'

const DARK = { green: false, amber: false, red: false }

/** Green blinks so often, a little faster than once a second. */
function blink(played: Play, times: number): Play {
  for (let done = 0; done < times; done++) played.show({ ...DARK, green: true }, 0.6).show(DARK, 0.6)
  return played
}

describe('a machine that waits, with a green lamp that blinks', () => {
  const waiting = () =>
    blink(new Play(stackLight()).every(0.2).show({ ...DARK, amber: true }, 20), 20).show(
      { ...DARK, green: true },
      0.2,
    )

  it('does not run while its cable is out for a moment', () => {
    expect(blink(waiting().cut(20), 20).story).toEqual(['+0 idle'])
  })

  it('does not run while the gateway starts again', () => {
    expect(blink(waiting().restart(20), 20).story).toEqual(['+0 idle'])
  })

  it('runs from the first moment at which its lamp is seen to be steady', () => {
    const played = waiting().cut(20, { green: true })
    expect(played.watch(60).story).toEqual(['+0 idle', '+64.2 running'])
  })
})

describe('a machine that runs, with a counter of its cycles', () => {
  function cycles(played: Play, from: number, to: number): Play {
    for (let count = from; count <= to; count++) played.read({ cycles: count }).watch(12)
    return played
  }
  const running = () => cycles(new Play(pulseMachine()).read({ cycles: 0, alarm: false }), 1, 10)

  it.each([20, 40, 120, 290])('ran through while the gateway was away for %i s', (seconds) => {
    const counted = 10 + Math.round(seconds / 12)
    const played = running().restart(seconds, { cycles: counted })
    expect(cycles(played.watch(12), counted + 1, counted + 10).story).toEqual(['+0 running'])
  })

  it('has no data where the gateway was away for more than five minutes', () => {
    const played = cycles(running().restart(360, { cycles: 40 }).watch(12), 41, 50)
    expect(played.story[1]).toBe('+120 available NO_DATA')
  })
})
