import { describe, expect, it } from 'vitest'
import type { FaultSignal, StatusRule } from '../../../src/domain/machine-map.ts'
import { Play } from '../../support/play.ts'
import { press, rule } from '../../support/press.ts'

const run = { state: 'run', fault: 0 }
const fault = (code: number | string | bigint) => ({ state: 'fault', fault: code })
const SETTLED = 'fault' as const

function faultSignal(changes: Partial<FaultSignal>): FaultSignal {
  return { signal: SETTLED, latch: 'first', settleMs: 5_000, reasons: [], ...changes }
}

function withRules(...rules: readonly StatusRule[]) {
  return [...rules, { when: { kind: 'else' }, is: 'idle', forMs: 2_000, releaseMs: 2_000 } as const]
}

const stoppedBy = (table: FaultSignal, code: number | string | bigint) =>
  new Play(press({ faults: [table] })).show(run, 60).show(fault(code), 200).show(run, 30).downtimes[0]

describe('a code that is a text', () => {
  const table = faultSignal({
    reasons: [
      { shows: 'A101', code: 'jam', category: 'equipment' },
      { from: 101, to: 101, code: 'mould_change', category: 'setup' },
      { from: 300_000, to: 300_000, code: 'never', category: null },
      { shows: 'OK', code: null, category: null },
    ],
  })

  it.each([
    ['A101', 'jam'],
    ['101', 'mould_change'],
    ['0x65', 'mould_change'],
    ['101#7', 'code_101#7'],
    ['3E5', 'code_3E5'],
    ['16#65', 'code_16#65'],
    ['OK', null],
  ])('%s is %s', (code, reason) => {
    expect(stoppedBy(table, code)?.reason).toBe(reason)
  })
})

it('makes a reason that fits its column of whatever a text may be', () => {
  const reason = stoppedBy(faultSignal({}), `\u0001\u0000E101${'x'.repeat(4_000)}`)?.reason
  expect(reason).toMatch(/^code_E101x+…$/)
  expect(reason?.length).toBeLessThanOrEqual(100)
})

it('knows negative codes and those of 64 bits', () => {
  const table = faultSignal({ reasons: [{ from: -5, to: -1, code: 'servo', category: 'equipment' }] })
  expect(stoppedBy(table, -3)?.reason).toBe('servo')
  expect(stoppedBy(table, -3n)?.reason).toBe('servo')
  expect(stoppedBy(table, 2n ** 64n - 1n)?.reason).toBe('code_18446744073709551615')
})

describe('faults that are bits of a word', () => {
  const bits = (changes: Partial<FaultSignal> = {}) =>
    faultSignal({
      isBitField: true,
      reasons: [
        { from: 0, to: 0, code: 'e_stop', category: 'process' },
        { from: 3, to: 3, code: 'overheat', category: 'equipment' },
        { from: 12, to: 12, code: 'pressure', category: 'equipment' },
      ],
      ...changes,
    })

  it('give the reason of the bit that came first, and note the others', () => {
    const play = new Play(press({ faults: [bits()] }))
      .show(run, 60)
      .show(fault(0b1000), 3)
      .show(fault(0b1001), 200)
      .show(run, 30)
    expect(play.downtimes[0]).toMatchObject({ reason: 'overheat', code: 'bit 3', laterCodes: ['bit 0'] })
  })

  it('that come together give that of the earlier line', () => {
    expect(stoppedBy(bits(), 0b1001)).toMatchObject({ reason: 'e_stop', laterCodes: ['bit 3'] })
  })

  it('that stood there long before are not the reason while another one comes', () => {
    const play = new Play(press({ faults: [bits()] }))
      .show({ state: 'run', fault: 0x1000 }, 60)
      .show(fault(0x1008), 200)
      .show(run, 30)
    expect(play.downtimes[0]).toMatchObject({ reason: 'overheat', laterCodes: [] })
  })

  it('with latch last give the reason of the one that came last', () => {
    const play = new Play(press({ faults: [bits({ latch: 'last' })] }))
      .show(run, 60)
      .show(fault(0b1000), 3)
      .show(fault(0b1001), 200)
      .show(run, 30)
    expect(play.downtimes[0]).toMatchObject({ reason: 'e_stop' })
  })

  it('may be bits of which the table says nothing, which are no faults', () => {
    expect(stoppedBy(bits(), 0b10)).toMatchObject({ reason: null, code: null })
    expect(stoppedBy(bits(), 2n ** 63n + 8n)).toMatchObject({ reason: 'overheat' })
    const light = { from: 4, to: 4, code: null, category: null }
    const rest = { code: 'unknown_bit', category: null }
    expect(stoppedBy(bits({ reasons: [light, rest] }), 0b11_0000)).toMatchObject({
      reason: 'unknown_bit',
      code: 'bit 5',
      laterCodes: [],
    })
  })
})

describe('a rule that does not say where its reason comes from', () => {
  const rules = withRules(
    { ...rule('setup', { state: 'setup' }, 0), category: 'setup' },
    { ...rule('down', { state: 'fault' }, 1_000), reason: { kind: 'from', signals: ['fault'] } },
    rule('running', { state: 'run' }, 2_000),
  )

  it('is not given the code that an earlier stop has left behind', () => {
    const play = new Play(press({ rules }))
      .show({ state: 'run', fault: 0 }, 60)
      .show(fault(101), 200)
      .show({ state: 'run' }, 600)
      .show({ state: 'setup' }, 200)
      .show({ state: 'run' }, 30)
    expect(play.downtimes.map(({ reason, category, code }) => [reason, category, code])).toEqual([
      ['mechanical_failure', 'equipment', '101'],
      [null, 'setup', null],
    ])
  })

  it('is given a code that comes with it', () => {
    const play = new Play(press({ rules }))
      .show({ state: 'run', fault: 0 }, 60)
      .show({ state: 'setup', fault: 210 }, 200)
      .show({ state: 'run', fault: 0 }, 30)
    expect(play.downtimes[0]).toMatchObject({ reason: 'material_shortage', category: 'material' })
  })
})

it('uses the category of a rule where the code table has none', () => {
  const rules = withRules(
    {
      ...rule('down', { state: 'fault' }, 1_000),
      reason: { kind: 'from', signals: ['fault'] },
      category: 'material',
    },
    rule('running', { state: 'run' }, 2_000),
  )
  const faults = [
    faultSignal({
      reasons: [
        { from: 1, to: 1, code: 'jam', category: 'equipment' },
        { from: 2, to: 2, code: 'empty', category: null },
      ],
    }),
  ]
  const categories = [1, 2, 3, 0].map((code) => {
    const play = new Play(press({ rules, faults })).show(run, 60).show(fault(code), 200).show(run, 30)
    return [play.downtimes[0]?.reason, play.downtimes[0]?.category]
  })
  expect(categories).toEqual([
    ['jam', 'equipment'],
    ['empty', 'material'],
    ['code_3', 'material'],
    [null, 'material'],
  ])
})
