import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { testFolder, testOutbox } from '../../support/buffer.ts'

const VERSION_0 = new URL('../../cases/logs/version-0/outbox.db', import.meta.url)
const EVENTS = 36
const ACKNOWLEDGED = 14
/** Where a file of SQLite names its first free page, and how many there are. */
const FREE_PAGES_AT = 32

/** A copy of a log that is kept for ever, as it lies on a gateway that is about to be upgraded. */
function logOfVersion0(): string {
  const file = join(testFolder(), 'outbox.db')
  copyFileSync(VERSION_0, file)
  return file
}

it('takes a log of version 0 over with all events, its cursor and its chain', async () => {
  const outbox = await testOutbox({ file: logOfVersion0() })
  expect((await outbox.read(0, 100)).map(({ seq }) => seq)).toEqual(
    Array.from({ length: EVENTS }, (_, index) => index + 1),
  )
  expect((await outbox.cursor('central')).seq).toBe(ACKNOWLEDGED)
  expect((await outbox.stats()).pending).toBe(EVENTS - ACKNOWLEDGED)
  expect(await outbox.verifyChain()).toBeNull()
})

it('gives every saved state to its owner, whatever a machine is called', async () => {
  const outbox = await testOutbox({ file: logOfVersion0() })
  const states = await outbox.states()
  expect(Object.keys(states).sort()).toEqual(['gateway:alive', 'machine:#3', 'machine:P-1'])
  expect(states['gateway:alive']).toMatchObject({ lastSeen: { 'P-1': { monoMs: 860_000 } } })
  expect(states['machine:P-1']).toMatchObject({ stop: { startedAtMs: Date.UTC(2026, 0, 31, 9, 12, 55) } })
})

it('is not confused by machines whose old names look like owners', async () => {
  const file = logOfVersion0()
  const db = new Database(file)
  const save = db.prepare('INSERT INTO state (owner, payload) VALUES (?, ?)')
  for (const owner of ['machine:#3', 'gateway:alive']) save.run(owner, '{}')
  db.close()
  const states = await (await testOutbox({ file })).states()
  expect(Object.keys(states).sort()).toEqual([
    'gateway:alive',
    'machine:#3',
    'machine:P-1',
    'machine:gateway:alive',
    'machine:machine:#3',
  ])
})

it('salvages a damaged log of version 0, with the states under their owners', async () => {
  const file = logOfVersion0()
  // A list of free pages that leads nowhere: everything can be read, and no table can be added.
  const bytes = readFileSync(file)
  bytes.writeUInt32BE(9_999, FREE_PAGES_AT)
  bytes.writeUInt32BE(5, FREE_PAGES_AT + 4)
  writeFileSync(file, bytes)
  const outbox = await testOutbox({ file })
  expect(readdirSync(dirname(file)).filter((name) => name.startsWith('damaged-')).length).toBe(1)
  expect((await outbox.tail()).seq).toBe(EVENTS - ACKNOWLEDGED)
  expect(Object.keys(await outbox.states()).sort()).toEqual(['gateway:alive', 'machine:#3', 'machine:P-1'])
})

it('leaves a file that earlier versions refuse by its schema', async () => {
  const file = logOfVersion0()
  await (await testOutbox({ file }))[Symbol.asyncDispose]()
  const db = new Database(file, { readonly: true })
  expect(db.pragma('user_version', { simple: true })).toBe(2)
  db.close()
})
