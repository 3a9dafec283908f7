import { describe, expect, it } from 'vitest'
import type { Meaning, ValueTest } from '../../../src/domain/machine-map.ts'
import { holds } from '../../../src/status/judging/value-test.ts'

const oneOf = (...values: (number | string | boolean)[]): ValueTest => ({ kind: 'one-of', values })
const above = (value: number): ValueTest => ({ kind: 'range', above: { value, inclusive: false } })
const bits = (mask: number, equals: number): ValueTest => ({ kind: 'mask', mask, equals })
const states: Meaning = { names: { 0: 'off', 1: 'run', 3: 'fault', 7: 'fault' }, spoken: [] }
const huge = 2n ** 64n - 1n

describe('a value that a rule cannot mean is unknown, and never a no', () => {
  it.each([
    ['a text where the rule has a number', oneOf(3), '3', undefined],
    ['a text where the rule has a range', above(2), '3', undefined],
    ['a text under a mask', bits(1, 1), 'run', undefined],
    ['a fraction under a mask', bits(4, 4), 4.5, undefined],
    ['infinity under a mask', bits(4, 4), Number.POSITIVE_INFINITY, undefined],
    ['a truth value where the rule has a word', oneOf('alarm'), true, undefined],
    ['a truth value where the rule has another number', oneOf(3), true, undefined],
    ['a number where the rule has a word', oneOf('RUN'), 3, undefined],
    ['a number where the rule has on or off', oneOf(true), 5, undefined],
    ['NaN where the rule has a number', oneOf(3), Number.NaN, undefined],
    ['NaN where the rule has a range', above(2), Number.NaN, undefined],
    ['a number without a name', oneOf('run'), 2, states],
    ['a text of another language', oneOf('run'), 'Ausführend', states],
    ['a text of another language where the rule has a range', above(2), 'Ausführend', states],
    ['a truth value without a name', oneOf('run'), true, states],
  ] as const)('%s', (_, test, value, meaning) => {
    expect(holds(test, value, meaning)).toBe('unknown')
  })
})

describe('a value that a rule can mean', () => {
  it.each([
    [oneOf(3), 3, true],
    [oneOf(3), 4, false],
    [oneOf(3), 3n, true],
    [oneOf(2 ** 53), 2n ** 53n + 1n, false],
    [oneOf(4.5), 4n, false],
    [oneOf('RUN'), 'STOP', false],
    [oneOf(true), 1, true],
    [oneOf(true), 0, false],
    [oneOf(0), true, false],
    [above(2), huge, true],
    [bits(0x6f, 0x27), 0x6a7, true],
    [bits(1, 1), huge, true],
    [bits(1, 1), -2, false],
  ] as const)('%j against %s is %s', (test, value, expected) => {
    expect(holds(test, value)).toBe(expected)
  })

  it('with names is a no for every other name', () => {
    expect(holds(oneOf('run'), 'fault', states)).toBe(false)
  })

  it('with names is judged by the number behind the name where the rule asks for numbers', () => {
    expect(holds(above(2), 'fault', states)).toBe(true)
    expect(holds(above(2), 'run', states)).toBe(false)
    expect(holds(bits(4, 4), 'fault', states)).toBe(true)
    expect(holds(bits(2, 2), 'run', states)).toBe(false)
  })

  it('may be a number without a name of which another rule speaks', () => {
    expect(holds(oneOf('run'), 12, { ...states, spoken: [above(10)] })).toBe(false)
    expect(holds(oneOf('run'), 9, { ...states, spoken: [above(10)] })).toBe('unknown')
  })
})

it('never throws, whatever a device shows', () => {
  const values = [
    4.5,
    Number.NaN,
    -0,
    Number.POSITIVE_INFINITY,
    huge,
    -(2n ** 63n),
    '',
    'x'.repeat(4_096),
    true,
  ]
  const tests = [oneOf(4.5), oneOf('x'), oneOf(true), above(0.5), bits(2 ** 53 - 1, 1)]
  const odd: Meaning = {
    names: { '*': 'other', Execute: 'run', '-1': 'x' },
    spoken: [bits(1, 1), oneOf(4.5)],
  }
  for (const value of values) {
    for (const test of tests) {
      for (const meaning of [undefined, states, odd]) expect(() => holds(test, value, meaning)).not.toThrow()
    }
  }
})
