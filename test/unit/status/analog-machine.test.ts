import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultsOfText, mapOfText } from '../../support/compiled.ts'
import { Play } from '../../support/play.ts'

const text = (signal: string, rules = '{current: running}') => `machine: EXTRUDER-03
device: {driver: modbus-tcp, host: 10.0.0.1, poll: 1s}
signals: {current: {at: 30001, type: f32, ${signal}}}
status: [{when: ${rules}, is: running}, {else: true, is: down}]
`
const LIMITS = 'running_above: 4.0 A, stopped_below: 3.0 A, average: 10s'
const play = (signal = LIMITS) => new Play(mapOfText(text(signal)))

describe('a machine of which only the current is known', () => {
  it('has its rows begin where the current changed, and its downtimes too', () => {
    const played = play().show({ current: 0.2 }, 600).show({ current: 7 }, 1_200).show({ current: 1 }, 300)
    played.show({ current: 8 }, 60)
    expect(played.story).toEqual(['+0 down', '+600 running', '+1800 down', '+2100 running'])
    expect(played.stops).toEqual(['+0..+600 unassigned - 10 min', '+1800..+2100 unassigned - 5 min'])
  })

  it('does not flicker while its current wavers about a limit', () => {
    const played = play().show({ current: 6 }, 60)
    for (let wave = 0; wave < 100; wave++) played.show({ current: 2.8 }, 4).show({ current: 4.4 }, 4)
    expect(played.show({ current: 6 }, 60).story).toEqual(['+0 running'])
  })

  it('is the same after a restart in the middle of a crossing', () => {
    const played = play().show({ current: 6 }, 600).show({ current: 0 }, 3)
    played.restart(2, { current: 0 }).show({ current: 0 }, 300).show({ current: 6 }, 60)
    expect(played.story).toEqual(['+0 running', '+600 down', '+905 running'])
  })

  it('is not seen while it is out of contact, and goes on where it is seen again', () => {
    const played = play().show({ current: 6 }, 600).cut(600).show({ current: 6 }, 120)
    expect(played.story).toEqual(['+0 running', '+600 available NO_DATA', '+1200 running'])
  })

  it('is seen at once with an average of a minute, though what it does is known later', () => {
    const minute = 'running_above: 4, stopped_below: 3, average: 60s'
    const played = play(minute).show({ current: 6 }, 600).cut(600).show({ current: 0 }, 300)
    // What is known later reaches back to where it was first seen.
    expect(played.story).toEqual(['+0 running', '+600 available NO_DATA', '+1200 down'])
  })

  it('claims nothing of a value that is no use', () => {
    const map = mapOfText(text(`${LIMITS}, expect: 0..50`))
    const played = new Play(map).show({ current: 6 }, 600).show({ current: 900 }, 600, 'bad')
    expect(played.show({ current: 6 }, 60).story).toEqual([
      '+0 running',
      '+600 available NO_DATA',
      '+1200 running',
    ])
  })
})

describe('the limits of a signal', () => {
  it('have the unit of the signal', () => {
    expect(mapOfText(text(LIMITS))).toMatchObject({
      perceived: [{ kind: 'analog', signal: 'current', runningAbove: 4, stoppedBelow: 3, averageMs: 10_000 }],
      devices: [{ signals: [{ name: 'current', unit: 'A' }] }],
    })
  })

  it.each([
    [
      'running_above: 3, stopped_below: 3',
      'm.yaml:3:76: the machine would run and stand at once: 3 is not below 3; stopped_below lies below running_above, with room between them',
    ],
    [
      'running_above: 3',
      'm.yaml:3:43: "stopped_below" is missing beside "running_above"; as in running_above: 4, stopped_below: 3, with room between them',
    ],
    [
      'running_above: 4, stopped_below: 3, average: 2s',
      'm.yaml:3:79: an average over 2s has fewer than 3 readings, one each 1s; average: 3s or longer, or a faster poll',
    ],
    [
      'running_above: 4 kW, stopped_below: 3 A',
      'm.yaml:3:79: this limit is in A, and the signal in kW; write it in the unit that the signal shows, after its scale',
    ],
    [
      'running_above: 4, stopped_below: 3, names: {1: run}',
      'm.yaml:3:79: a signal with running_above has no "names"; rules say running or stopped',
    ],
    [
      'running_above: much, stopped_below: 3',
      'm.yaml:3:58: "much" is no number; as in 4.5, or with the unit of the signal: 4.5 A',
    ],
    [
      'running_above: 600, stopped_below: 3, expect: 0..500',
      'm.yaml:3:58: the signal is never above 600; it is at most 500',
    ],
    [
      'running_above: 6, stopped_below: 0, expect: 0..500',
      'm.yaml:3:76: the signal is never below 0; it is at least 0',
    ],
    ['average: 10s', 'm.yaml:3:43: "average" is for signals with running_above'],
  ])('%s: are told', (signal, fault) => {
    const rule = signal.includes('running_above') ? '{current: running}' : '{current: ">4"}'
    expect(faultsOfText(text(signal, rule))).toEqual([fault])
  })

  it('leave rules two words', () => {
    expect(faultsOfText(text(LIMITS, '{current: ">4"}'))).toEqual([
      'm.yaml:4:27: "current" is never ">4"; one of: running, stopped',
    ])
  })
})

const level = fc.constantFrom(0, 0.5, 2, 5, 6, 9)
const day = fc.array(fc.tuple(level, fc.integer({ min: 25, max: 240 })), { minLength: 3, maxLength: 12 })

/** Seconds in each status, by the rows. */
function sums(played: Play): Readonly<Record<string, number>> {
  const result: Record<string, number> = {}
  for (const { status, ended } of played.history)
    result[status] = (result[status] ?? 0) + (ended?.durationMs ?? 0) / 1_000
  return result
}

describe('whatever a machine takes', () => {
  it('its minutes are those in which it ran and stood, however its current wavers between', () => {
    const wavering = fc.array(fc.tuple(level, fc.integer({ min: 1, max: 9 })), { maxLength: 4 })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 60, max: 400 }), wavering), {
          minLength: 2,
          maxLength: 8,
        }),
        (parts) => {
          const played = play()
          const truth: Record<string, number> = { running: 0, down: 0 }
          let open = 0
          for (const [runs, seconds, waver] of parts) {
            played.show({ current: runs ? 6 : 0.5 }, seconds)
            truth[runs ? 'running' : 'down'] = (truth[runs ? 'running' : 'down'] ?? 0) + seconds
            for (const [current, ms] of waver) {
              played.show({ current }, ms)
              open += ms
            }
          }
          const end = played.show({ current: 0.5 }, 60).show({ current: 6 }, 60)
          const told = sums(end)
          expect(Math.abs((told.running ?? 0) - (truth.running ?? 0))).toBeLessThanOrEqual(open + 30)
          expect(Math.abs((told.down ?? 0) - (truth.down ?? 0) - 60)).toBeLessThanOrEqual(open + 30)
        },
      ),
      { numRuns: 30 },
    )
  })

  it('a gateway that ends and starts again in between writes the same rows', () => {
    fc.assert(
      fc.property(day, fc.nat(), (shown, at) => {
        const cut = at % shown.length
        const [whole, resumed] = [play(), play()]
        shown.forEach(([current, seconds], index) => {
          whole.show({ current }, seconds)
          const half = Math.floor(seconds / 2)
          if (index !== cut) resumed.show({ current }, seconds)
          else
            resumed
              .show({ current }, half)
              .restart(1)
              .show({ current }, seconds - half - 1)
        })
        expect(resumed.show({ current: 0 }, 60).story).toEqual(whole.show({ current: 0 }, 60).story)
      }),
      { numRuns: 60 },
    )
  })
})
