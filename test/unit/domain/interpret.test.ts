import { describe, expect, it } from 'vitest'
import { interpret } from '../../../src/domain/interpret.ts'
import type { SignalSpec, SignalValue } from '../../../src/domain/signal.ts'

const shown = (raw: SignalValue, spec: Partial<SignalSpec> = {}) =>
  interpret(raw, { name: 'state', address: 0, ...spec })

describe('a name', () => {
  const names = { 0: 'ok', 1: 'alarm', Execute: 'running', '*': 'other' }

  it.each([
    [1, 'alarm'],
    [1n, 'alarm'],
    [true, 'alarm'],
    [false, 'ok'],
    ['1', 'alarm'],
    ['Execute', 'running'],
    [' Execute   ', 'running'],
    [7, 'other'],
    ['constructor', 'other'],
  ] as const)('for %s is %s', (raw, name) => {
    expect(shown(raw, { names })).toEqual({ value: name })
  })

  it('is known by itself, however the device writes it', () => {
    const states = { 6: 'execute', 16: 'change_over' }
    for (const text of ['execute', 'Execute', 'EXECUTE'])
      expect(shown(text, { names: states }).value).toBe('execute')
    expect(shown('Change Over', { names: states }).value).toBe('change_over')
  })

  it('may be one of true and false', () => {
    expect(shown(true, { names: { true: 'open', false: 'closed' } })).toEqual({ value: 'open' })
    expect(shown(false, { names: { on: 'open', off: 'closed' } })).toEqual({ value: 'closed' })
  })

  it('is found for a number of 64 bits without rounding it', () => {
    const names = { '9007199254740993': 'exact' }
    expect(shown(2n ** 53n + 1n, { names })).toEqual({ value: 'exact' })
    expect(shown(2n ** 53n, { names })).toEqual({ value: 2n ** 53n })
  })

  it('is not there for every value, which then stays as it is', () => {
    expect(shown(7, { names: { 1: 'run' } })).toEqual({ value: 7 })
    expect(shown('Ausführend', { names: { 1: 'run' } })).toEqual({ value: 'Ausführend' })
  })
})

describe('a mask', () => {
  it('shifts what it leaves down to the lowest bit', () => {
    expect(shown(0x32, { mask: 0xf0 })).toEqual({ value: 3 })
    expect(shown(-1n, { mask: 0xf0 })).toEqual({ value: 15 })
  })

  it.each([4.5, Number.POSITIVE_INFINITY, Number.NaN, 'RUN', true])(
    'says of %s that it has no bits',
    (raw) => {
      expect(shown(raw, { mask: 4 }).fault).toMatch(/^it shows .*, and a mask needs a whole number$/)
    },
  )
})

describe('a value by which a device says that it has none', () => {
  it('is no value, with the reason', () => {
    expect(shown(0xffff, { invalid: ['65535'] })).toEqual({
      value: null,
      fault: 'it shows 65535, by which it says that it has no value',
    })
    expect(shown(1, { invalid: ['65535'] })).toEqual({ value: 1 })
  })
})

describe('a value outside of what the map expects', () => {
  const expect400 = { above: { value: 0, inclusive: true }, below: { value: 400, inclusive: true } }

  it('is shown with the reason, after scale and offset', () => {
    expect(shown(5_000, { scale: 0.1, expect: expect400 })).toEqual({
      value: 500,
      fault: 'it shows 500, and the map expects 0..400',
    })
    expect(shown(3_999, { scale: 0.1, expect: expect400 }).fault).toBeUndefined()
    expect(shown('x'.repeat(5_000), { expect: expect400 }).fault?.length).toBeLessThan(100)
  })
})

it('never throws, whatever a device shows', () => {
  const values: SignalValue[] = [
    4.5,
    Number.NaN,
    -0,
    2n ** 64n,
    -(2n ** 63n),
    '',
    'x'.repeat(4_096),
    true,
    null,
  ]
  const specs: Partial<SignalSpec>[] = [
    { mask: 2 ** 53 - 1 },
    { names: { 1: 'a' } },
    { scale: 0.1 },
    { invalid: ['1'] },
    { expect: {} },
  ]
  for (const value of values) for (const spec of specs) expect(() => shown(value, spec)).not.toThrow()
})
