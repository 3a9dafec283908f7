import { describe, expect, test } from 'vitest'
import { functionSizes } from './sizes.ts'
import { sourceFiles } from './source-files.ts'

const FILE_LINES_MAX = 300
const FUNCTION_LINES_MAX = 70
const PUT_OFF = /\b(?:TODO|FIXME|XXX|HACK)\b/

describe('the source', () => {
  const files = sourceFiles('src', 'simulators')

  test(`has no file over ${FILE_LINES_MAX} lines`, () => {
    const sizes = files.map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
    expect(sizes.filter(({ lines }) => lines > FILE_LINES_MAX)).toEqual([])
  })

  test(`has no function over ${FUNCTION_LINES_MAX} lines`, () => {
    const sizes = files.flatMap(({ file, text }) => functionSizes(text).map((size) => ({ file, ...size })))
    expect(sizes.filter(({ lines }) => lines > FUNCTION_LINES_MAX)).toEqual([])
    expect(sizes.length).toBeGreaterThan(files.length / 2)
  })

  test('puts nothing off', () => {
    expect(files.filter(({ text }) => PUT_OFF.test(text)).map(({ file }) => file)).toEqual([])
  })
})

describe('the length of a function is seen', () => {
  test.each([
    ['a function', 'export function f(a: A): B {\n  return a\n}', 3],
    ['an arrow', 'const f = async () => {\n  await a()\n  await b()\n}', 4],
    [
      'a method',
      'class A {\n  async run(signal: AbortSignal): Promise<void> {\n    if (a) {\n    }\n  }\n}',
      4,
    ],
    ['a callback', "socket.on('data', (chunk) => {\n  a()\n})", 3],
    ['a signature over lines', 'function f(\n  a: A,\n  b: B,\n): Promise<C> {\n  return a\n}', 6],
  ])('%s', (_, text, lines) => {
    expect(functionSizes(text).map((size) => size.lines)).toEqual([lines])
  })

  test('a factory counts without what it makes', () => {
    const text =
      'function make(): A {\n  let b = 0\n  return {\n    count: () => {\n      b += 1\n      return b\n    },\n  }\n}'
    expect(functionSizes(text).map((size) => size.lines)).toEqual([5, 4])
  })

  test.each([
    'if (a) {\n  b()\n}',
    '} else if (a) {\n  b()\n}',
    'for (const a of b) {\n  c()\n}',
    'if (\n  a &&\n  b\n) {\n  c()\n}',
    'interface A {\n  b: B\n}',
  ])('and this is none: %s', (text) => {
    expect(functionSizes(text)).toEqual([])
  })
})
