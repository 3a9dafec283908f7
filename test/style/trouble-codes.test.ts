import { expect, test } from 'vitest'
import { repositoryFile, sourceFiles } from './source-files.ts'
import { deadLinks, declaredCodes, explainedCodes, looseCodes } from './trouble-codes.ts'

const page = repositoryFile('docs/operations.md')
const files = sourceFiles('src')

test('docs/operations.md explains every code that status can show, and no other', () => {
  const explained = explainedCodes(page).map(({ code }) => code)
  expect(explained.toSorted()).toEqual(declaredCodes(files))
  expect(explained.length).toBeGreaterThan(15)
})

test('each has a headline in the pages of the console', () => {
  const texts = repositoryFile('console/src/texts/en/trouble-code.ts')
  expect([...texts.matchAll(/^ {2}'([a-z-]+)':/gm)].map(([, code]) => code).toSorted()).toEqual(
    declaredCodes(files),
  )
})

test('each code has its meaning and what to do', () => {
  expect(explainedCodes(page).filter(({ means, remedy }) => means === '' || remedy === '')).toEqual([])
})

test('no trouble has a code that stands in no list', () => {
  expect(looseCodes(files)).toEqual([])
})

test('the links of the page lead to its headings', () => {
  expect(deadLinks(page)).toEqual([])
})

test('a code that is missing, loose or explained nowhere is found', () => {
  const text = `import type { Trouble } from './health.ts'
const DOOR_TROUBLES = {
  open: 'door-open',
  gap: 'gap',
} as const
const DOOR_STUCK = 'door-stuck'
const of = (): Trouble => ({ code: DOOR_STUCK, what: 'it is stuck' })
`
  expect(declaredCodes([{ file: 'a.ts', text }])).toEqual(['central-gap', 'door-open', 'door-stuck'])
  expect(looseCodes([{ file: 'a.ts', text }])).toEqual([])
  expect(looseCodes([{ file: 'a.ts', text: `${text}const b: Trouble = { code: 'door-x' }` }])).toHaveLength(1)
  const table =
    '| Code | Means | What to do |\n|---|---|---|\n| `door-open`, `door-stuck` | it is | close it |\n\n'
  expect(explainedCodes(table).map(({ code }) => code)).toEqual(['door-open', 'door-stuck'])
  expect(deadLinks('## Ümlaut `x` is\n[a](#ümlaut-x-is) [b](#b)')).toEqual(['b'])
})
