/** How often a connection prepares a text. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/sqlite/database.ts'
import { testFolder } from '../../support/buffer.ts'

const STEPS = ['CREATE TABLE note (key INTEGER) STRICT']

function openNotes(file = join(testFolder(), 'notes.db')) {
  return openDatabase({ name: 'notes', file }, { steps: STEPS })
}

test('a text is prepared once, however often it is asked for, and answers as before', () => {
  using db = disposable(openNotes())
  const insert = () => db.prepare('INSERT INTO note (key) VALUES (?)')
  const first = insert()
  for (let key = 1; key <= 1_000; key += 1) insert().run(key)
  expect(insert()).toBe(first)
  expect(db.prepare('SELECT count(*) FROM note').pluck().get()).toBe(1_000)
})

test('each connection has statements of its own, and a closed one leaves none behind', () => {
  const file = join(testFolder(), 'notes.db')
  const before = openNotes(file)
  before.prepare('INSERT INTO note (key) VALUES (1)').run()
  before.close()
  using db = disposable(openNotes(file))
  db.prepare('INSERT INTO note (key) VALUES (1)').run()
  expect(db.prepare('SELECT count(*) FROM note').pluck().get()).toBe(2)
})

// Bound: STATEMENTS_MAX
test('of more texts than any part has, the oldest is forgotten, and whoever holds its statement can go on with it', () => {
  using db = disposable(openNotes())
  const text = (number: number) => `SELECT ${number} FROM note`
  const first = db.prepare(text(0))
  for (let number = 1; number <= 200; number += 1) db.prepare(text(number))
  expect(db.prepare(text(200))).toBe(db.prepare(text(200)))
  expect(db.prepare(text(0))).not.toBe(first)
  expect(first.all()).toEqual([])
})

test('the library prepares a text anew each time, which is why this is needed', () => {
  using db = disposable(new Database(':memory:'))
  expect(db.prepare('SELECT 1')).not.toBe(db.prepare('SELECT 1'))
})

function disposable<Handle extends { close(): unknown }>(handle: Handle): Handle & Disposable {
  return Object.assign(handle, { [Symbol.dispose]: () => void handle.close() })
}
