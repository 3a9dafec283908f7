/** What the parser of element strings does not do for us, so that nobody takes our own checks away. */
import { parseBarcode } from 'gs1-barcode-parser-mod'
import { describe, expect, it } from 'vitest'
import { readGs1 } from '../../../src/scans/codes/gs1.ts'

const elements = (text: string) => parseBarcode(text).parsedCodeItems.map(({ ai, raw }) => [ai, raw])
const code = (data: string) => ({ data, aimId: ']C1', marks: [] })

describe('the parser of GS1 element strings', () => {
  it('throws a text, and no error, where the code is none; we say null', () => {
    let thrown: unknown
    try {
      parseBarcode('WO-2026-1')
    } catch (fault) {
      thrown = fault
    }
    expect(thrown).toBeTypeOf('string')
    expect(readGs1(code('WO-2026-1'))).toBeNull()
  })

  it('takes a wrong check digit; we mark it', () => {
    expect(elements('0109506000134351')).toEqual([['01', '09506000134351']])
    expect(readGs1(code('0109506000134351'))?.marks).toEqual(['check_digit'])
  })

  it('takes letters for a GTIN; we say that it is none', () => {
    expect(elements('01ABCDEFGHIJKLMN')).toEqual([['01', 'ABCDEFGHIJKLMN']])
    expect(readGs1(code('01ABCDEFGHIJKLMN'))).toBeNull()
  })

  it('lets a value run on where its separator was lost, however long; we mark what is too long', () => {
    expect(elements('10LOT4237100')).toEqual([['10', 'LOT4237100']])
    expect(readGs1(code('10ABCDEFGHIJKLMNOPQRST37100'))?.marks).toEqual(['gs_lost'])
  })

  it('takes a separator in front for an unknown identifier; we take it off', () => {
    expect(() => parseBarcode('\x1d0109506000134352')).toThrow()
    expect(readGs1(code('\x1d0109506000134352'))?.fields.get('01')).toBe('09506000134352')
  })

  it('takes a separator for the last digit of an identifier; we say that it is none', () => {
    expect(elements('311\x1d123456')).toEqual([['311\x1d', '123456']])
    expect(readGs1(code('311\x1d123456'))).toBeNull()
  })

  it('takes nothing at all for a code with no elements; we say that it is none', () => {
    expect(elements('')).toEqual([])
    expect(readGs1(code(''))).toBeNull()
  })
})
