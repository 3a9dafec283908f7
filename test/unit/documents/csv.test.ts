import { describe, expect, it } from 'vitest'
import { csvText, parseCsv } from '../../../src/documents/csv.ts'

const rowsOf = (text: string) => parseCsv(text).rows.map((row) => row.map(({ text }) => text))
const placesOf = (text: string) =>
  parseCsv(text).rows.map((row) => row.map(({ line, column }) => `${line}:${column}`))

describe('a table as spreadsheets save it', () => {
  it.each([
    ['semicolons', 'a;b,c\n1;2\n'],
    ['commas', 'a,"b,c"\n1,2\n'],
    ['tabs', 'a\tb,c\n1\t2\n'],
    ['CRLF, and a byte order mark', '\uFEFFa;b,c\r\n1;2\r\n'],
    ['a first line that tells Excel the separator', 'sep=;\r\na;b,c\r\n1;2\r\n'],
    ['CR alone', 'a;b,c\r1;2'],
  ])('may have %s', (_, text) => {
    expect(rowsOf(text)).toEqual([
      ['a', 'b,c'],
      ['1', '2'],
    ])
  })

  it('may have quotes, blank lines and empty cells', () => {
    const text = 'code;text\n1;"Axis 1: ""jam""; stop"\n\n;;\n2;"two\nlines"\n3;\n'
    expect(rowsOf(text)).toEqual([
      ['code', 'text'],
      ['1', 'Axis 1: "jam"; stop'],
      ['2', 'two\nlines'],
      ['3', ''],
    ])
    expect(placesOf(text)).toEqual([
      ['1:1', '1:6'],
      ['2:1', '2:3'],
      ['5:1', '5:3'],
      ['7:1', '7:3'],
    ])
  })

  it('says where a quote begins that nothing closes', () => {
    expect(parseCsv('a;b\n1;"two\n3;4\n').unclosed).toMatchObject({ line: 2, column: 3 })
  })

  it('may be empty', () => {
    expect(rowsOf('')).toEqual([])
  })
})

it('is read in the encodings of spreadsheets', () => {
  const text = 'Störung;Müller'
  const bytes = (encoding: BufferEncoding, mark = '') => Buffer.from(mark + text, encoding)
  expect(csvText(bytes('utf8'))).toBe(text)
  expect(csvText(bytes('utf8', '\uFEFF'))).toBe(text)
  expect(csvText(bytes('utf16le', '\uFEFF'))).toBe(text)
  expect(csvText(bytes('utf16le', '\uFEFF').swap16())).toBe(text)
  expect(csvText(Buffer.concat([bytes('latin1'), Buffer.from([0x80])]))).toBe(`${text}€`)
})
