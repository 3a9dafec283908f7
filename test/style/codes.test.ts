import { describe, expect, test } from 'vitest'
import { codeFaults, codesIn } from './codes.ts'
import { sourceFiles } from './source-files.ts'

test('every code of an error or a trouble is of the form part-what', () => {
  const files = sourceFiles('src')
  expect(files.flatMap(({ file, text }) => codeFaults(file, text))).toEqual([])
  expect(files.flatMap(({ text }) => codesIn(text)).length).toBeGreaterThan(40)
})

describe('a code of another form is found', () => {
  test.each([
    "{ code: 'unknown_host' }",
    "super('config', text)",
    "new DestinationError('central.silent', why)",
    "new StoreError(\n    'SQLITE_FULL',\n    text,\n  )",
    "linkLost(this.#device, 'timeout', 'gave no answer')",
    "this.#fail('silent', 'says nothing')",
    "export const MAP_FAULTS = 'map'",
    "const CENTRAL_TROUBLES = {\n  away: 'central-away',\n  fenced: 'fence',\n} as const",
  ])('%s', (text) => {
    expect(codeFaults('a.ts', text)).toHaveLength(1)
  })
})
