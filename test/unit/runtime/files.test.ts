import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { replaceFile } from '../../../src/runtime/files.ts'
import { testFolder } from '../../support/buffer.ts'

it('makes a file for its own user only, replaces it whole, and leaves nothing beside it', () => {
  const folder = testFolder()
  const path = join(folder, 'state.json')
  replaceFile(path, 'the first, longer text')
  replaceFile(path, 'the second')
  expect(readFileSync(path, 'utf8')).toBe('the second')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(folder)).toEqual(['state.json'])
})

it('is not confused by what a power cut left beside the file', () => {
  const folder = testFolder()
  writeFileSync(join(folder, '.state.json.new'), 'half of a much longer text than the new one')
  replaceFile(join(folder, 'state.json'), 'whole')
  expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('whole')
})
