/** How much of a file each connection keeps in memory. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { openDatabase } from '../../../src/sqlite/database.ts'
import { testFolder } from '../../support/buffer.ts'

test('a connection keeps two megabytes of its file in memory, not the sixteen that the library is built with', () => {
  const file = join(testFolder(), 'notes.db')
  const db = openDatabase({ name: 'notes', file }, { steps: ['CREATE TABLE note (key TEXT) STRICT'] })
  const cacheKib = db.pragma('cache_size', { simple: true })
  db.close()
  expect(cacheKib).toBe(-2_000)
})

test('the local log keeps twice as many', () => {
  const db = openBufferFile(join(testFolder(), 'log.db'))
  const cacheKib = db.pragma('cache_size', { simple: true })
  db.close()
  expect(cacheKib).toBe(-4_000)
})
