import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { FaultSignal } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { device, press, rule } from '../../support/press.ts'

/** Many invented days take long on a computer that does much else. */
vi.setConfig({ testTimeout: 120_000 })

const run = { state: 'run', fault: 0 }
const fault = (code: number) => ({ state: 'fault', fault: code })

function faultSignal(changes: Partial<FaultSignal>): FaultSignal {
  return { signal: 'fault', latch: 'priority', settleMs: 5_000, reasons: [], ...changes }
}

const CODES = faultSignal({
  reasons: [
    { from: 101, to: 101, code: 'jam', category: 'equipment', priority: 2 },
    { from: 7, to: 7, code: 'e_stop', category: 'process', priority: 1 },
    { from: 300, to: 399, code: 'warning', category: 'equipment' },
  ],
})

const BITS = faultSignal({
  isBitField: true,
  reasons: [
    { from: 0, to: 0, code: 'door', category: 'process', priority: 3 },
    { from: 3, to: 3, code: 'overheat', category: 'equipment', priority: 1 },
    { from: 12, to: 12, code: 'pressure', category: 'equipment' },
  ],
})

describe('with latch priority the reason of a stop', () => {
  it('is the most important code that came in it, and the others are noted', () => {
    const play = new Play(press({ faults: [CODES] }))
      .show(run, 60)
      .show(fault(300), 60)
      .show(fault(101), 60)
      .show(fault(7), 60)
      .show(fault(101), 60)
      .show(run, 30)
    expect(play.downtimes).toMatchObject([
      { reason: 'e_stop', category: 'process', code: '7', laterCodes: ['300', '101'] },
    ])
    expect(play.history.filter(({ status }) => status === 'down')).toMatchObject([{ reason: 'e_stop' }])
  })

  it('is the most important bit, in whatever order they came', () => {
    const play = new Play(press({ faults: [BITS] }))
      .show(run, 60)
      .show(fault(0b1_0000_0000_0000), 20)
      .show(fault(0b1_0000_0000_0001), 20)
      .show(fault(0b1_0000_0000_1001), 200)
      .show(run, 30)
    expect(play.downtimes[0]).toMatchObject({
      reason: 'overheat',
      code: 'bit 3',
      laterCodes: ['bit 12', 'bit 0'],
    })
  })

  it('is no bit that stood there long before, unless no other comes; then it is the most important of those', () => {
    const before = { state: 'run', fault: 0b1001 }
    const alone = new Play(press({ faults: [BITS] })).show(before, 60).show(fault(0b1001), 200).show(run, 30)
    expect(alone.downtimes[0]).toMatchObject({ reason: 'overheat', code: 'bit 3' })
    const other = new Play(press({ faults: [BITS] }))
      .show(before, 60)
      .show(fault(0b1_0000_0000_1001), 200)
      .show(run, 30)
    expect(other.downtimes[0]).toMatchObject({ reason: 'pressure', code: 'bit 12', laterCodes: [] })
  })

  it('stays what an operator has said of it, and the code is noted', () => {
    const play = new Play(press({ faults: [CODES] })).show(run, 60).show(fault(101), 60)
    play
      .say({ reason: { code: 'cleaning', category: null, operator: 9, isNewStop: false } })
      .show(fault(7), 100)
      .show(run, 30)
    expect(play.downtimes[0]).toMatchObject({ reason: 'cleaning', reportedBy: 9, laterCodes: ['7'] })
  })
})

describe('several signals with faults', () => {
  const second: FaultSignal = {
    ...BITS,
    signal: 'alarms',
    reasons: [{ from: 3, to: 3, code: 'hydraulics', category: 'equipment', priority: 2 }],
  }
  const map = (changes: Partial<FaultSignal> = {}) =>
    press({
      devices: [device('PRESS-07', ['state', 'fault', 'alarms'])],
      faults: [
        { ...BITS, ...changes },
        { ...second, ...changes },
      ],
      rules: [
        {
          ...rule('down', { state: 'fault' }, 1_000),
          reason: { kind: 'from', signals: ['fault', 'alarms'] },
        },
        rule('running', { state: 'run' }, 2_000),
        { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 },
      ],
    })

  it('are weighed against each other, and a bit of one is not taken for that of the other', () => {
    const play = new Play(map())
      .show({ state: 'run', fault: 0, alarms: 0 }, 60)
      .show({ state: 'fault', fault: 1, alarms: 0 }, 20)
      .show({ state: 'fault', fault: 1, alarms: 8 }, 20)
      .show({ state: 'fault', fault: 9, alarms: 8 }, 200)
      .show({ state: 'run', fault: 0, alarms: 0 }, 30)
    expect(play.downtimes[0]).toMatchObject({
      reason: 'overheat',
      code: 'fault bit 3',
      laterCodes: ['fault bit 0', 'alarms bit 3'],
    })
  })

  it('are heard one after the other where the first code counts', () => {
    const play = new Play(map({ latch: 'first' }))
      .show({ state: 'run', fault: 0, alarms: 0 }, 60)
      .show({ state: 'fault', fault: 0, alarms: 8 }, 20)
      .show({ state: 'fault', fault: 8, alarms: 8 }, 200)
      .show({ state: 'run', fault: 0, alarms: 0 }, 30)
    expect(play.downtimes[0]).toMatchObject({ reason: 'hydraulics', laterCodes: ['fault bit 3'] })
  })
})

it('bits that come together give that of the more important line, whatever the latch is', () => {
  const play = new Play(press({ faults: [{ ...BITS, latch: 'first' }] }))
    .show(run, 60)
    .show(fault(0b1001), 200)
    .show(run, 30)
  expect(play.downtimes[0]).toMatchObject({ reason: 'overheat', laterCodes: ['bit 0'] })
})

describe('bits are called as the manual calls them', () => {
  const lines = [
    { from: 1, to: 1, code: 'one', category: null },
    { from: 15, to: 15, code: 'fifteen', category: null },
  ]
  it.each([
    ['lsb0', 0b10, 'one', 'bit 1'],
    ['lsb1', 0b1, 'one', 'bit 1'],
    ['msb', 0x4000, 'one', 'bit 1'],
    ['lsb0', 0x8000, 'fifteen', 'bit 15'],
    ['lsb1', 0x4000, 'fifteen', 'bit 15'],
    ['msb', 1, 'fifteen', 'bit 15'],
  ] as const)('%s: of 0x%x, %s (%s)', (order, word, reason, code) => {
    const faults = [
      faultSignal({ latch: 'first', isBitField: true, bits: { order, width: 16 }, reasons: lines }),
    ]
    const play = new Play(press({ faults })).show(run, 60).show(fault(word), 200).show(run, 30)
    expect(play.downtimes[0]).toMatchObject({ reason, code })
  })

  it('and a negative word has no more of them than its type', () => {
    const faults = [
      faultSignal({
        latch: 'first',
        isBitField: true,
        bits: { order: 'lsb0', width: 16 },
        reasons: [{ code: 'any', category: null }],
      }),
    ]
    const play = new Play(press({ faults })).show(run, 60).show(fault(-32_768), 200).show(run, 30)
    expect(play.downtimes[0]).toMatchObject({ code: 'bit 15', laterCodes: [] })
  })
})

describe('with split_on_code', () => {
  const splitting = [
    faultSignal({
      latch: 'first',
      splitsOnCode: true,
      reasons: [
        { from: 101, to: 101, code: 'jam', category: 'equipment' },
        { from: 7, to: 7, code: 'e_stop', category: 'process' },
      ],
    }),
  ]
  const stops = (play: Play) =>
    play.downtimes.map(({ reason, ended, code, laterCodes }) => ({
      reason,
      minutes: ended?.minutes,
      code,
      laterCodes,
    }))

  it('each code of a stop is a stop of its own, from its first moment on', () => {
    const play = new Play(press({ faults: splitting }))
      .show(run, 60)
      .show(fault(101), 300)
      .show(fault(0), 60)
      .show(fault(7), 180)
      .show(fault(101), 240)
      .show(run, 30)
    expect(stops(play)).toEqual([
      { reason: 'jam', minutes: 6, code: '101', laterCodes: [] },
      { reason: 'e_stop', minutes: 3, code: '7', laterCodes: [] },
      { reason: 'jam', minutes: 4, code: '101', laterCodes: [] },
    ])
    expect(play.history.map(({ status, reason }) => [status, reason])).toEqual([
      ['running', null],
      ['down', 'jam'],
      ['down', 'e_stop'],
      ['down', 'jam'],
      ['running', null],
    ])
  })

  it('a code that comes at once behind the first one belongs to the same stop', () => {
    const play = new Play(press({ faults: splitting })).show(run, 60).show(fault(101), 3).show(fault(7), 200)
    expect(stops(play.show(run, 30))).toMatchObject([{ reason: 'jam', laterCodes: ['7'] }])
  })

  it('a code that comes late to a stop without one is the reason of all of it', () => {
    const play = new Play(press({ faults: splitting })).show(run, 60).show(fault(0), 240).show(fault(7), 120)
    expect(stops(play.show(run, 30))).toMatchObject([{ reason: 'e_stop', minutes: 6 }])
  })

  it('a restart in between changes nothing', () => {
    const play = new Play(press({ faults: splitting })).show(run, 60).show(fault(101), 300)
    play.restart(20).show(fault(101), 60).show(fault(7), 180)
    expect(stops(play.restart(20).show(fault(7), 120).show(run, 30))).toMatchObject([
      { reason: 'jam', minutes: 6 },
      { reason: 'e_stop', minutes: 5 },
    ])
  })
})

describe('whatever codes come and go', () => {
  const code = fc.constantFrom(0, 7, 101, 300, 301)
  const trace = fc.array(fc.tuple(fc.constantFrom('run', 'fault'), code, fc.integer({ min: 3, max: 200 })), {
    minLength: 2,
    maxLength: 12,
  })
  const told = (play: Play) =>
    play.show(run, 60).downtimes.map(({ at, reason, code, laterCodes, ended }) => ({
      at,
      reason,
      code,
      laterCodes,
      ended,
    }))

  it.each([
    ['the most important one counts', CODES],
    ['each is a stop of its own', { ...CODES, latch: 'first', splitsOnCode: true }],
    [
      'each is a stop of its own, and the most important of those that come at once counts',
      { ...CODES, splitsOnCode: true },
    ],
  ] as const)('%s, whether the gateway was restarted meanwhile or not', (_, signal) => {
    fc.assert(
      fc.property(trace, fc.nat(), (shown, at) => {
        const cut = at % shown.length
        const [whole, resumed] = [
          new Play(press({ faults: [signal] })),
          new Play(press({ faults: [signal] })),
        ]
        shown.forEach(([state, code, seconds], index) => {
          whole.show({ state, fault: code }, seconds)
          const half = Math.floor(seconds / 2)
          if (index !== cut) resumed.show({ state, fault: code }, seconds)
          else
            resumed
              .show({ state, fault: code }, half)
              .restart(1)
              .show({ state, fault: code }, seconds - half - 1)
        })
        expect(told(resumed)).toEqual(told(whole))
      }),
      { numRuns: 100 },
    )
  })

  it('stops tile the time of the machine, and their durations are those of its rows', () => {
    fc.assert(
      fc.property(trace, (shown) => {
        const play = new Play(press({ faults: [{ ...CODES, splitsOnCode: true }] }))
        for (const [state, code, seconds] of shown) play.show({ state, fault: code }, seconds)
        const rows = play.show(run, 60).history
        rows.slice(1).forEach((row, index) => {
          const before = rows[index]
          const ended = Date.parse(before?.at ?? '') + (before?.ended?.durationMs ?? 0)
          expect(Date.parse(row.at)).toBe(ended)
        })
        const down = rows.filter(({ status }) => status === 'down').map(({ at }) => at)
        expect(play.downtimes.every(({ at }) => down.includes(at))).toBe(true)
      }),
      { numRuns: 100 },
    )
  })
})
