import { expect, test } from 'vitest'
import { AddressFault } from '../../../src/domain/driver.ts'
import type { SignalType } from '../../../src/domain/signal.ts'
import { addressText, parseModbusAddress } from '../../../src/drivers/modbus/address.ts'
import type { Addressing } from '../../../src/drivers/modbus/settings.ts'

function parse(text: string, type?: SignalType, addressing: Addressing = 'modicon') {
  return parseModbusAddress(text, { type }, { addressing })
}

function faultOf(text: string, type?: SignalType, addressing?: Addressing): AddressFault {
  try {
    parse(text, type, addressing)
  } catch (error) {
    if (error instanceof AddressFault) return error
  }
  throw new Error(`${text} was understood`)
}

test.each([
  ['40101', 'u16', 'modicon'],
  ['400101', 'u16', 'modicon'],
  ['HR101', 'u16', 'modicon'],
  ['HR40101', 'u16', 'modicon'],
  ['0x0064', 'u16', 'modicon'],
  ['W100', 'u16', 'modicon'],
  ['%MW100', 'u16', 'modicon'],
  ['101', 'u16', 'one_based'],
  ['HR101', 'u16', 'one_based'],
  ['100', 'u16', 'zero_based'],
  ['HR100', 'u16', 'zero_based'],
  ['64', 'u16', 'hex'],
  ['0064', 'u16', 'hex'],
  ['HR64', 'u16', 'hex'],
  [' 40101 ', 'u16', 'modicon'],
] as const)('%s is holding register 100 on the wire (%s, %s)', (text, type, addressing) => {
  expect(parse(text, type, addressing)).toEqual({ area: 'holding', wire: 100 })
})

test.each([
  ['30017', 'u32', 'modicon', 'input', 16],
  ['IR30001', 'u16', 'modicon', 'input', 0],
  ['IR17', 'u16', 'one_based', 'input', 16],
  ['10001', 'bit', 'modicon', 'discrete', 0],
  ['DI1', 'bit', 'modicon', 'discrete', 0],
  ['00001', 'bit', 'modicon', 'coil', 0],
  ['1', 'bit', 'modicon', 'coil', 0],
  ['C17', 'bit', 'zero_based', 'coil', 17],
  ['CO1F', 'bit', 'hex', 'coil', 31],
  ['465536', 'u16', 'modicon', 'holding', 65_535],
  ['W3201', 'u16', 'modicon', 'holding', 3_201],
] as const)('%s (%s, %s) is %s %i', (text, type, addressing, area, wire) => {
  expect(parse(text, type, addressing)).toEqual({ area, wire })
})

test('a bit of a register is written with a colon or a point', () => {
  const bit = { area: 'holding', wire: 100, bit: 12 }
  expect(parse('40101:12', 'bit')).toEqual(bit)
  expect(parse('40101.12', 'bit')).toEqual(bit)
})

test('a text says how many characters it has', () => {
  expect(parse('40120/20', 'string')).toEqual({ area: 'holding', wire: 119, chars: 20 })
})

test.each([
  ['hello', 'u16', 'modicon', /40101/],
  ['100', 'u16', 'modicon', /5 or 6 digits.*one_based/],
  ['40000', 'u16', 'modicon', /40001/],
  ['465537', 'u16', 'modicon', /addressing/],
  ['40101:16', 'bit', 'modicon', /0 \(lowest\) to 15/],
  ['40101', 'bit', 'modicon', /40101:0/],
  ['40101:3', 'u16', 'modicon', /type: bit/],
  ['10001', 'u16', 'modicon', /type is bit/],
  ['40120', 'string', 'modicon', /40120\/20/],
  ['40120/20', 'u16', 'modicon', /type: string/],
  ['17', 'bit', 'zero_based', /CO17/],
  ['0', 'u16', 'one_based', /from 1 to 65536/],
] as const)('%s (%s, %s) is refused with a hint', (text, type, addressing, hint) => {
  expect(faultOf(text, type, addressing).hint).toMatch(hint)
})

test('a value that reaches beyond the last register is refused', () => {
  expect(faultOf('465536', 'u32').message).toContain('last register')
})

test('an address is echoed in all of its forms', () => {
  expect(addressText({ area: 'holding', wire: 100 })).toBe('40101 = wire 100 (0x0064), function 3')
  expect(addressText({ area: 'input', wire: 16 })).toBe('30017 = wire 16 (0x0010), function 4')
  expect(addressText({ area: 'holding', wire: 65_535 })).toBe('465536 = wire 65535 (0xFFFF), function 3')
})
