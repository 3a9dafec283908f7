import { describe, expect, test } from 'vitest'
import { interpret } from '../../../src/domain/interpret.ts'
import { meantInstead, oddNumber } from '../../../src/domain/misread.ts'
import { span } from '../../../src/domain/range.ts'
import type { SignalType } from '../../../src/domain/signal.ts'

/** The float whose bytes are 43 66 80 00, with its two words swapped. */
const SWAPPED = Buffer.from('80004366', 'hex').readFloatBE()

describe('a number that the map does not expect', () => {
  const volts = { name: 'volts', address: 0, expect: span(200, 260) }

  test.each<[string, number | bigint, SignalType, string]>([
    ['a float whose words are swapped', SWAPPED, 'f32', 'with word_order: CDAB it would be 230.5'],
    ['a float read as a whole number', 0x43668000, 'u32', 'with type: f32 it would be 230.5'],
    ['a register whose bytes are swapped', 0xe600, 'u16', 'with its two bytes swapped it would be 230'],
    ['digits of four bits each', 0x0230, 'u16', 'with type: bcd16 it would be 230'],
    ['a number with its decimal in the last digit', 2_305, 'u16', 'with scale: 0.1 it would be 230.5'],
  ])('%s is read in the way that it expects', (_what, raw, type, said) => {
    expect(meantInstead(raw, { ...volts, type }, 'ABCD')).toBe(said)
  })

  test('is explained where it is refused, so that status says it as well', () => {
    const { fault } = interpret(65_531, { name: 't', address: 0, type: 'u16', expect: span(-40, 80) })
    expect(fault).toBe('it shows 65531, and the map expects -40..80; with type: i16 it would be -5')
  })

  test('gets no explanation where every other reading is as unexpected', () => {
    expect(meantInstead(300, { ...volts, type: 'u16' })).toBeUndefined()
  })

  test.each<[string, number, number]>([
    ['as digits of four bits each', 10_000, 0.1],
    ['with its bytes swapped', 0x8403, 0.01],
  ])('is not explained %s where so much is expected that this may be by chance', (_how, raw, scale) => {
    expect(meantInstead(raw, { type: 'u16', scale, expect: span(0, 400) })).toBeUndefined()
  })

  test('is never explained by zero, which any wrong reading gives', () => {
    expect(meantInstead(1n << 40n, { type: 'u64', expect: span(0, 10) })).toBeUndefined()
  })
})

describe('a number that is odd by itself', () => {
  test.each<[number, SignalType, string]>([
    [SWAPPED, 'f32', 'word_order'],
    [65_535, 'u16', 'type: i16 it would be -1'],
    [4_294_967_291, 'u32', 'type: i32 it would be -5'],
    [1_200 * 65_536, 'u32', 'it would be 1200'],
  ])('%s as %s', (raw, type, said) => {
    expect(oddNumber(raw, type)).toContain(said)
  })

  test.each<[number, SignalType]>([
    [230.5, 'f32'],
    [0, 'f32'],
    [42_000, 'u16'],
    [0, 'u32'],
    [70_001, 'u32'],
  ])('%s as %s is not', (raw, type) => {
    expect(oddNumber(raw, type)).toBeUndefined()
  })
})
