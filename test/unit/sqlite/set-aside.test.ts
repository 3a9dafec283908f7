/** Damaged files of one name: the first of them tell the most, and a further one must not take their place. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { setAside } from '../../../src/sqlite/parts.ts'
import { testFolder } from '../../support/buffer.ts'

test('a second damaged file is kept beside the first one, and only so many', () => {
  const file = join(testFolder(), 'audit-trail.db')
  const names = ['one', 'two', 'three', 'four'].map((text) => {
    for (const part of ['', '-wal']) writeFileSync(file + part, text)
    return basename(setAside(file))
  })
  const [first, second, last] = ['damaged', 'damaged-2', 'damaged-3'].map((end) => `audit-trail.db.${end}`)
  expect(names).toEqual([first, second, last, last])
  expect(readFileSync(`${file}.damaged-wal`, 'utf8')).toBe('one')
  expect(readFileSync(`${file}.damaged-2`, 'utf8')).toBe('two')
  expect(readFileSync(`${file}.damaged-3`, 'utf8')).toBe('four')
})

test('one that was begun and did not come to its end is finished under its own name', () => {
  const file = join(testFolder(), 'audit-trail.db')
  writeFileSync(file, 'first')
  setAside(file)
  for (const part of ['', '-wal']) writeFileSync(file + part, 'second')
  renameSync(file, `${file}.damaged-2`)
  expect(setAside(file)).toBe(`${file}.damaged-2`)
  expect(readFileSync(`${file}.damaged-2-wal`, 'utf8')).toBe('second')
  expect(existsSync(`${file}.damaged-wal`)).toBe(false)
  expect(readFileSync(`${file}.damaged`, 'utf8')).toBe('first')
})
