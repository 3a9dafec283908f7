/** How much of a file each connection keeps in memory. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { openDatabase } from '../../../src/sqlite/database.ts'
import { testFolder } from '../../support/buffer.ts'

test('a connection keeps half a megabyte of its file in memory, not the sixteen that the library is built with', () => {
  const file = join(testFolder(), 'notes.db')
  const db = openDatabase({ name: 'notes', file }, { steps: ['CREATE TABLE note (key TEXT) STRICT'] })
  const cacheKib = db.pragma('cache_size', { simple: true })
  db.close()
  expect(cacheKib).toBe(-512)
})

test('the local log keeps four times as much', () => {
  const db = openBufferFile(join(testFolder(), 'log.db'))
  const cacheKib = db.pragma('cache_size', { simple: true })
  db.close()
  expect(cacheKib).toBe(-2_000)
})
