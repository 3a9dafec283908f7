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
    const played = machine(withCycle(200_000))
    cycle(played, 5, 200)
    cycle(played, 5, 500)
    expect(played.watch(100).story).toEqual(['+200 running'])
    expect(played.health.troubles).toEqual([])
  })

  it('is down at once where an alarm comes while the next pulse is awaited', () => {
    const { perceived, rules } = withCycle(200_000)
    const alarm = { when: ALARM, is: 'down', forMs: 1_000, releaseMs: 1_000 } as const
    const played = machine(pulseMachine({ perceived, rules: [alarm, ...rules] }))
    cycle(played, 3, 200).watch(250).show({ alarm: true }, 5)
    expect(played.story).toEqual(['+200 running', '+850 down'])
  })

  it('is claimed to run for no longer than an ideal cycle where its device is lost behind a pulse', () => {
    const played = cycle(machine(), 10).watch(20).cut(1_500, { cycles: 88 })
    expect(played.watch(60).story).toEqual(['+12 running', '+132 available NO_DATA', '+1640 idle'])
  })

  it('counts the parts of each cycle that it made while its cable was out', () => {
    const played = cycle(machine(), 10).cut(1_500, { cycles: 88 })
    played.watch(12).read({ cycles: 89 }).watch(20)
    expect(played.story).toEqual(['+12 running', '+120 available NO_DATA', '+1632 running'])
    expect(played.history[0]?.ended?.durationMs).toBe(108_000)
    expect(played.history[2]?.countedUnseen).toBe(78 * 4)
    expect(played.stops).toEqual([])
  })

  it('runs through a restart of the gateway that is shorter than its stops', () => {
    const played = cycle(machine(), 10)
    played.watch(6).restart(20, { cycles: 12 })
    counts.set(played, 12)
    expect(cycle(played, 10).story).toEqual(['+12 running'])
  })

  it('has stood since its last pulse where the gateway was away when the stop began', () => {
    const played = cycle(machine(), 10).watch(6).restart(25).watch(300)
    expect(played.story).toEqual(['+12 running', '+132 down'])
  })

  it('ended its stop so many cycles before it was seen again as it has counted meanwhile', () => {
    const played = cycle(machine(), 10).watch(132).restart(1_200, { cycles: 20 })
    counts.set(played, 20)
    cycle(played, 10)
    expect(played.story).toEqual(['+12 running', '+132 down', '+1332 running'])
    expect(played.stops).toEqual(['+132..+1332 unassigned - 20 min'])
  })

  it('says how long its cycles take, once it has seen enough of them', () => {
    const played = cycle(machine(), 15, 14)
    expect(played.health.summary).toMatchObject({ pulse: { idealCycleMs: 12_000, observedCycleMs: null } })
    cycle(cycle(played, 3, 90), 15, 14)
    expect(played.health.summary).toMatchObject({ pulse: { observedCycleMs: 14_000 } })
  })

  it('books a day of 20 s stops every 2 minutes as it was', () => {
    const played = machine(withCycle(4_000))
    for (let lived = 0; lived < 8 * 3_600; lived += 120) cycle(played.watch(20), 25, 4)
    played.watch(60)
    expect(minutesOf(played)).toEqual({ running: 400, idle: 80 })
    expect(played.stops).toEqual([])
  })
})

const ALARM = { kind: 'value', signal: 'alarm', test: { kind: 'one-of', values: [true] } } as const

/** Slow after 1.7 cycles, stopped after 3. */
function withCycle(idealCycleMs: number) {
  const map = pulseMachine()
  const perceived = map.perceived.map((spec) =>
    spec.kind === 'pulse'
      ? { ...spec, idealCycleMs, slowAfterMs: 1.7 * idealCycleMs, stopAfterMs: 3 * idealCycleMs }
      : spec,
  )
  return pulseMachine({ perceived })
}

function minutesOf({ history }: Play): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const { status, ended } of history) sums[status] = (sums[status] ?? 0) + (ended?.minutes ?? 0)
  return sums
}
