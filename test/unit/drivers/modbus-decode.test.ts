import { expect, test } from 'vitest'
import type { SignalType, WordOrder } from '../../../src/domain/signal.ts'
import { decoderOf, unusable } from '../../../src/drivers/modbus/decode.ts'

function decode(hex: string, type: SignalType, order: WordOrder = 'ABCD', more: object = {}) {
  const address = { area: 'holding', wire: 0, ...more } as const
  return decoderOf(address, type, order)(Buffer.from(hex.replaceAll(' ', ''), 'hex'), 0)
}

test.each([
  ['ABCD', '4366 8000'],
  ['CDAB', '8000 4366'],
  ['BADC', '6643 0080'],
  ['DCBA', '0080 6643'],
] as const)('230.5 in word order %s', (order, hex) => {
  expect(decode(hex, 'f32', order)).toBe(230.5)
})

test.each([
  ['ABCD', '0102 0304 0506 0708'],
  ['CDAB', '0708 0506 0304 0102'],
  ['BADC', '0201 0403 0605 0807'],
  ['DCBA', '0807 0605 0403 0201'],
] as const)('a 64-bit number in word order %s', (order, hex) => {
  expect(decode(hex, 'u64', order)).toBe(0x0102030405060708n)
})

test('whole numbers, signed and unsigned', () => {
  expect(decode('FFFF', 'u16')).toBe(65_535)
  expect(decode('FFFF', 'i16')).toBe(-1)
  expect(decode('FFFF FFFE', 'i32')).toBe(-2)
  expect(decode('FFFF FFFE', 'u32')).toBe(4_294_967_294)
  expect(decode('FFFF FFFF FFFF FFFF', 'u64')).toBe(18_446_744_073_709_551_615n)
  expect(decode('FFFF FFFF FFFF FFFF', 'i64')).toBe(-1n)
  expect(decode('3FF8 0000 0000 0000', 'f64')).toBe(1.5)
})

test('bits count from the lowest', () => {
  expect(decode('1000', 'bit', 'ABCD', { bit: 12 })).toBe(true)
  expect(decode('1000', 'bit', 'ABCD', { bit: 11 })).toBe(false)
  expect(decoderOf({ area: 'coil', wire: 0 }, 'bit', 'ABCD')(Buffer.from([0, 0b10]), 9)).toBe(true)
})

test('a text ends at its first NUL, and follows swapped bytes', () => {
  expect(decode('4142 4300 5858', 'string', 'ABCD', { chars: 6 })).toBe('ABC')
  expect(decode('4241 2043', 'string', 'BADC', { chars: 3 })).toBe('ABC')
  expect(decode('4142 4344', 'string', 'ABCD', { chars: 3 })).toBe('ABC')
})

test('a text in the form of its controller shows what the panel shows', () => {
  const text = (hex: string, chars: number, more: object, order: WordOrder = 'ABCD') =>
    decode(hex, 'string', order, { chars, ...more })
  const siemens = '1407 574F 2D34 3731 3152 4557 4F52 4B00 0000 0000 0000'
  expect(text(siemens, 20, { text: 'siemens' })).toBe('WO-4711')
  expect(text('4F57 342D 3731', 6, { text: 'swapped' })).toBe('WO-417')
  expect(text('574F 2D34 3137', 6, { text: 'plain' }, 'BADC')).toBe('WO-417')
  expect(text('574F 2D34 3137 FFFF FFFF', 10, {})).toBe('WO-417')
  expect(text('574F 2020 2020', 6, {})).toBe('WO')
  expect(text('0057 004F 002D 0037 0000 0058', 6, { text: 'wide' })).toBe('WO-7')
  expect(text('5700 4F00 2D00 3700', 4, { text: 'wide' })).toBe('WO-7')
  expect(text('0057 00DC 20AC FFFF', 4, { text: 'utf16' })).toBe('WÜ€')
  expect(text('5700 DC00 AC20 0000', 4, { text: 'utf16' }, 'BADC')).toBe('WÜ€')
  expect(text('FFFF FFFF', 4, {})).toBe('')
})

test('bytes, and decimal digits in each four bits', () => {
  expect(decode('12FE', 'u8')).toBe(254)
  expect(decode('12FE', 'i8')).toBe(-2)
  expect(decode('1234', 'bcd16')).toBe(1_234)
  expect(decode('5678 1234', 'bcd32', 'CDAB')).toBe(12_345_678)
  expect(decode('12A4', 'bcd16')).toBeNaN()
})

test('the word order of a signal wins over that of its device', () => {
  expect(decode('8000 4366', 'f32', 'ABCD', { order: 'CDAB' })).toBe(230.5)
})

test('what is no number is told as such', () => {
  expect(unusable(Number.NaN, 'f32')).toContain('NaN')
  expect(unusable(Number.NaN, 'bcd16')).toContain('not decimal')
  expect(unusable(Number.NEGATIVE_INFINITY, 'f64')).toContain('-Infinity')
  expect(unusable(-3.4028234663852886e38, 'f32')).toContain('word order')
  expect(unusable(3.5e38, 'f64')).toBeUndefined()
  expect(unusable(0, 'f32')).toBeUndefined()
})

test('values of one type and word order share what reads them', () => {
  const [one, other] = [{ area: 'holding', wire: 0 } as const, { area: 'input', wire: 7 } as const]
  expect(decoderOf(one, 'f32', 'CDAB')).toBe(decoderOf(other, 'f32', 'CDAB'))
  expect(decoderOf({ ...one, bit: 3 }, 'bit', 'ABCD')).toBe(decoderOf({ ...other, bit: 3 }, 'bit', 'DCBA'))
})
