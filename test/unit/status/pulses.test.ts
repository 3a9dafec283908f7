import { describe, expect, it } from 'vitest'
import { Play } from '../../support/play.ts'
import { pulseMachine } from '../../support/pulse-machine.ts'

/** The machine makes so many cycles of so many seconds each. Each is counted at its end. */
function cycle(played: Play, count: number, seconds = 12): Play {
  for (let done = 0; done < count; done++) played.watch(seconds).read({ cycles: next(played) })
  return played
}

const counts = new WeakMap<Play, number>()

function next(played: Play): number {
  const count = (counts.get(played) ?? 0) + 1
  counts.set(played, count)
  return count
}

/** A machine whose counter stands at 0. */
function machine(map = pulseMachine()): Play {
  return new Play(map).read({ cycles: 0, alarm: false })
}

describe('a machine that has nothing but a pulse for each cycle', () => {
  it('has no row before its first pulse', () => {
    expect(machine().watch(30).story).toEqual([])
    expect(cycle(machine(), 2).story).toEqual(['+12 running'])
  })

  it('stands since the gateway began to watch, where no pulse ever comes', () => {
    expect(machine().watch(100).story).toEqual(['+0 idle'])
    expect(machine().watch(130).story).toEqual(['+0 down'])
  })

  it('runs through its cycles, slow ones too', () => {
    const played = cycle(cycle(cycle(machine(), 20), 20, 30), 20)
    expect(played.watch(10).story).toEqual(['+12 running'])
  })

  it('stands since its last pulse and one ideal cycle, until the next pulse', () => {
    const played = cycle(machine(), 10).watch(408)
    cycle(played, 10)
    expect(played.story).toEqual(['+12 running', '+132 down', '+540 running'])
    expect(played.stops).toEqual(['+132..+540 unassigned - 7 min'])
  })

  it('has a stop that is shorter than a micro stop as a wait, and no downtime', () => {
    const played = cycle(machine(), 10).watch(100)
    cycle(played, 10)
    expect(played.story).toEqual(['+12 running', '+132 idle MICRO_STOP', '+232 running'])
    expect(played.stops).toEqual([])
  })

  it('is neither lost nor idle while a pulse is awaited for minutes', () => {
    const slow = pulseMachine()
    const [pulse] = slow.perceived
    if (pulse?.kind !== 'pulse') throw new Error('no pulses')
    const perceived = [{ ...pulse, idealCycleMs: 200_000, slowAfterMs: 400_000, stopAfterMs: 600_000 }]
    const played = machine(pulseMachine({ perceived }))
    cycle(played, 5, 200)
    cycle(played, 5, 500)
    expect(played.watch(100).story).toEqual(['+200 running'])
  })
})
