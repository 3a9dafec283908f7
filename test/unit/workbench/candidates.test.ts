import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readDisplayed } from '../../../src/workbench/display.ts'
import { candidatesIn, mapLine, ranked } from '../../../src/workbench/registers/candidates.ts'

/** Registers from wire address 100 on. */
function shelfOf(hex: string) {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex')
  return new Map(
    Array.from({ length: bytes.length / 2 }, (_, n) => [
      100 + n,
      { bytes: bytes.subarray(n * 2, n * 2 + 2) },
    ]),
  )
}

function firstLine(hex: string, displayed: string): string | undefined {
  const [first] = ranked(candidatesIn('holding', shelfOf(hex), readDisplayed(displayed)))
  return first && mapLine(first)
}

describe('what the display shows is found', () => {
  test.each([
    ['4366 8000', '230.5', 'value: {at: 40101, type: f32}'],
    ['8000 4366', '230,5', 'value: {at: 40101, type: f32, word_order: CDAB}'],
    ['0001 0901 0002', '230.5', 'value: {at: 40102, type: u16, scale: 0.1}'],
    ['fffb', '-5', 'value: {at: 40101, type: i16}'],
    ['0001 e240', '123456', 'value: {at: 40101, type: u32}'],
    ['e240 0001', '1234.56', 'value: {at: 40101, type: u32, word_order: CDAB, scale: 0.01}'],
    ['5052 4553 5337', 'press', 'value: {at: 40101/6, type: string}'],
    ['5250 5345', 'PRES', 'value: {at: 40101/4, type: string, text: swapped}'],
  ])('%s shows %s: %s', (hex, displayed, line) => {
    expect(firstLine(hex, displayed)).toBe(line)
  })

  test('a small number in a wide one is left to the register that holds it', () => {
    const found = candidatesIn('holding', shelfOf('0000 04d2'), readDisplayed('1234'))
    expect(found.map(({ type, wire }) => `${type} ${wire}`)).toEqual(['u16 101'])
  })

  test('nothing is found where nothing shows it', () => {
    expect(firstLine('0001 0002 0003', '230.5')).toBeUndefined()
  })

  test('any float that a device holds is among the first for its rounded display', () => {
    const registers = fc.tuple(fc.integer({ min: 100, max: 99_999 }), fc.boolean())
    fc.assert(
      fc.property(registers, ([tenths, isSwapped]) => {
        const bytes = Buffer.alloc(4)
        bytes.writeFloatBE(tenths / 10 + 0.013)
        const hex = bytes.toString('hex')
        const words = isSwapped ? hex.slice(4) + hex.slice(0, 4) : hex
        const found = ranked(candidatesIn('holding', shelfOf(words), readDisplayed((tenths / 10).toFixed(1))))
        const order = isSwapped ? 'CDAB' : 'ABCD'
        expect(found.slice(0, 3)).toContainEqual(expect.objectContaining({ type: 'f32', order, wire: 100 }))
      }),
    )
  })
})
