/** The catalogue cannot rot: every fault has tests that exist and name it, and docs/guarantees.md shows what is here. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { BOUNDS } from './bounds.ts'
import { CATALOGUE } from './catalogue.ts'
import { boundsTable, catalogueTable } from './catalogue-table.ts'

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
/** How many faults each letter has. */
const COUNTS = { A: 15, B: 11, C: 12, D: 6, E: 8, F: 13, G: 5, H: 4 }

/** What is wrong with a catalogue, by the texts of the files that it names. */
function complaintsAbout(catalogue: typeof CATALOGUE, read: (path: string) => string): readonly string[] {
  const ids = Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
  )
  const listed = catalogue.map(({ id }) => id)
  return [
    ...ids.filter((id) => !listed.includes(id)).map((id) => `${id} is missing`),
    ...catalogue.filter(({ tests }) => tests.length === 0).map(({ id }) => `${id} is played by nothing`),
    ...catalogue.flatMap(({ id, tests }) =>
      tests.filter((path) => !read(path).includes(`[${id}]`)).map((path) => `${path} does not name [${id}]`),
    ),
  ]
}

function readIfThere(path: string): string {
  try {
    return readFileSync(root(path), 'utf8')
  } catch {
    return ''
  }
}

test('every fault of the catalogue is named by the tests that play it', () => {
  expect(complaintsAbout(CATALOGUE, readIfThere)).toEqual([])
  expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(74)
})

test('a fault that is missing, and a test that does not name its fault, are found', () => {
  const [first, second, ...others] = CATALOGUE
  if (!first || !second) throw new Error('the catalogue is empty')
  expect(complaintsAbout([second, ...others], readIfThere)).toEqual(['A1 is missing'])
  const wrong = [{ ...first, tests: ['test/faults/frames.test.ts', 'test/gone.test.ts'] }, second, ...others]
  expect(complaintsAbout(wrong, readIfThere)).toEqual([
    'test/faults/frames.test.ts does not name [A1]',
    'test/gone.test.ts does not name [A1]',
  ])
})

test('docs/guarantees.md shows this catalogue: `npm run faults -- --list` prints its table', () => {
  const page = readFileSync(root('docs/guarantees.md'), 'utf8').split('\n')
  expect([...catalogueTable(), ...boundsTable()].filter((line) => !page.includes(line))).toEqual([])
})

test('every bound has its name in the code, and a test that reaches it', () => {
  const wrong = BOUNDS.flatMap(({ name, file, test: path }) => [
    ...(new RegExp(`\\b${name}\\b`).test(readIfThere(file)) ? [] : [`${file} has no ${name}`]),
    ...(readIfThere(path).includes(`Bound: ${name}`) ? [] : [`${path} does not name ${name}`]),
  ])
  expect(wrong).toEqual([])
})
