import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { circles } from './circles.ts'
import { complaints } from './complaints.ts'
import { deadExports, twinTypes } from './exports.ts'
import { deadMentions } from './mentions.ts'
import type { SourceFile } from './source-files.ts'

describe('the repository', () => {
  const found = complaints()
  const known = readFileSync(new URL('still-to-mend.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)

  test('has no circle, dead export, twin type, dead mention or long function that was not known', () => {
    expect(found.filter((complaint) => !known.includes(complaint))).toEqual([])
  })

  test('still has each of those that are known: what is mended leaves the list', () => {
    expect(known.filter((complaint) => !found.includes(complaint))).toEqual([])
  })
})

const source = (file: string, text: string): SourceFile => ({ file, text: `${text}\n` })

describe('a circle is found', () => {
  test.each([
    ['of two files', { a: ['b'], b: ['a'] }, 'circle: src/a.ts ↔ src/b.ts'],
    [
      'by way of a third',
      { a: ['b'], b: ['c'], c: ['a'], d: ['a'] },
      'circle: src/a.ts ↔ src/b.ts ↔ src/c.ts',
    ],
    ['of one file with itself', { a: ['a'] }, 'circle: src/a.ts'],
  ])('%s', (_, imports, complaint) => {
    expect(circles(sourcesOf(imports))).toEqual([complaint])
  })

  test('where it is one of types only', () => {
    const files = [
      source('src/a.ts', "import type { B } from './b.ts'"),
      source('src/b.ts', "export type B = import('./a.ts').A"),
    ]
    expect(circles(files)).toHaveLength(1)
  })

  test('each by itself', () => {
    expect(circles(sourcesOf({ a: ['b'], b: ['a'], c: ['d', 'a'], d: ['c'] }))).toHaveLength(2)
  })

  test('but not where two ways lead to one file', () => {
    expect(circles(sourcesOf({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([])
  })

  function sourcesOf(imports: Readonly<Record<string, readonly string[]>>): readonly SourceFile[] {
    return Object.entries(imports).map(([name, others]) =>
      source(`src/${name}.ts`, others.map((other) => `import { x } from './${other}.ts'`).join('\n')),
    )
  }
})

describe('a dead export is found', () => {
  test.each([
    'export function a(): void {',
    'export async function a(): Promise<void> {',
    'export const a = 1',
    'export class a {',
    'export abstract class a {',
    'export interface a {',
    'export type a = string',
    'const b = 1\nexport { b as a }',
    "export { a } from './b.ts'",
  ])('%s', (text) => {
    expect(deadExports([source('src/a.ts', text)], [source('src/a.ts', text)])).toEqual([
      'dead export: src/a.ts a',
    ])
  })

  test('where another file has a name like it from elsewhere', () => {
    const other = source('src/c.ts', "import { a } from './b.ts'")
    expect(deadExports([source('src/a.ts', 'export const a = 1')], [other])).toHaveLength(1)
  })

  test.each([
    "import { a } from './a.ts'",
    "import { b, a as c } from './a.ts'",
    "import type { a } from './a.ts'",
    "import {\n  type a,\n  type b,\n} from './a.ts'",
    "import * as all from './a.ts'",
    "export { a } from './a.ts'",
    "export * from './a.ts'",
    "new URL(threadFile(import.meta.url, './a'))",
    "const { a } = await import('./a.ts')",
    "const load = async () => (await import('./a.ts')).a",
    "type A = import('./a.ts').a",
    "const all = await import('./a.ts')",
  ])('but not with %s', (text) => {
    expect(deadExports([source('src/a.ts', 'export const a = 1')], [source('src/b.ts', text)])).toEqual([])
  })
})

describe('a twin type is found', () => {
  test.each([
    'export interface Place {',
    'export type Place =',
    'export class Place {',
    'export abstract class Place {',
  ])('%s', (text) => {
    const files = [source('src/b.ts', text), source('src/a.ts', 'export interface Place {')]
    expect(twinTypes(files)).toEqual(['twin type: Place in src/a.ts, src/b.ts'])
  })

  test.each([
    'interface Place {',
    'export const Place = 1',
    'export interface Places {',
    '// export type Place = 1',
  ])('but not in %s', (text) => {
    expect(twinTypes([source('src/a.ts', text), source('src/b.ts', 'export interface Place {')])).toEqual([])
  })
})

describe('a mention of a file that is not there is found', () => {
  const paths = new Set([
    'docs/',
    'docs/operations.md',
    'src/',
    'src/buffer/',
    'src/buffer/outbox.ts',
    'README.md',
  ])
  const pages = [source('docs/operations.md', '# What adopt does\n\n## Is everything there?')]
  const inComment = (text: string) => deadMentions([source('src/a.ts', `/** See ${text}. */`)], [], paths)
  const inPage = (text: string) => deadMentions([], [source('README.md', text), ...pages], paths)

  test.each([
    ['docs/architecture.md', 'docs/architecture.md'],
    ['`src/buffer/inbox.ts`', 'src/buffer/inbox.ts'],
    ['src/outbox/', 'src/outbox/'],
    ['buffer/inbox.ts', 'buffer/inbox.ts'],
    ['inbox.ts', 'inbox.ts'],
    ['test/cases', 'test/cases'],
  ])('%s', (text, path) => {
    expect(inComment(text)).toEqual(expect.arrayContaining([`dead mention: src/a.ts names ${path}`]))
    expect(inPage(text)).toEqual(expect.arrayContaining([`dead mention: README.md names ${path}`]))
  })

  test.each([
    'docs/operations.md',
    'src/buffer',
    'src/buffer/',
    'src/buffer/outbox.ts, and so on',
    'buffer/outbox.ts',
    'outbox.ts',
    'devices/NAME.yaml',
    'src/buffer/*.ts',
    'https://example.org/docs/architecture.md',
    'data/maps',
  ])('but not in %s', (text) => {
    expect(inComment(text)).toEqual([])
    expect(inPage(text)).toEqual([])
  })

  test('but not in what is no comment', () => {
    expect(deadMentions([source('src/a.ts', "const file = 'docs/architecture.md'")], [], paths)).toEqual([])
  })

  test.each(['docs/setup.md', 'docs/operations.md#what-adopt-did', '#no-such-heading', '../outside.md'])(
    'and a link to %s',
    (link) => {
      expect(inPage(`[here](${link})`)).toContain(`dead link: README.md leads to ${link}`)
    },
  )

  test.each([
    'docs/operations.md',
    'docs/operations.md#what-adopt-does',
    'docs/operations.md#is-everything-there',
    'docs/',
    'https://example.org',
  ])('but not a link to %s', (link) => {
    expect(inPage(`[here](${link})`)).toEqual([])
  })
})
