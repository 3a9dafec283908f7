import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { bufferFile } from '../../../src/buffer/file/schema.ts'
import { openLogReader } from '../../../src/buffer/log-reader.ts'
import { EVENT_VERSION, type Event, isUnreadable } from '../../../src/domain/events/event.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import { migrate } from '../../../src/sqlite/migrate.ts'
import { recordingLog, testFolder, testOutbox } from '../../support/buffer.ts'
import { entry, openedEvent } from '../../support/entries.ts'

const VERSION_0 = new URL('../../cases/logs/version-0/outbox.db', import.meta.url)
const EVENTS = 36
const ACKNOWLEDGED = 14
/** Where a file of SQLite names its first free page, and how many there are. */
const FREE_PAGES_AT = 32

function payloadsOf(file: URL): readonly string[] {
  const copy = join(testFolder(), 'copy.db')
  copyFileSync(file, copy)
  const db = new Database(copy, { readonly: true })
  const payloads = db.prepare<[], string>('SELECT payload FROM event ORDER BY seq').pluck().all()
  db.close()
  return payloads
}

/** A copy of a log that is kept for ever, as it lies on a gateway that is about to be upgraded. */
function logOfVersion0(): string {
  const file = join(testFolder(), 'outbox.db')
  copyFileSync(VERSION_0, file)
  return file
}

// Fault of the catalogue: [B10]
it('takes a log of version 0 over with all events, its cursor and its chain', async () => {
  const outbox = await testOutbox({ file: logOfVersion0() })
  expect((await outbox.read(0, 100)).map(({ seq }) => seq)).toEqual(
    Array.from({ length: EVENTS }, (_, index) => index + 1),
  )
  expect((await outbox.cursor('central')).seq).toBe(ACKNOWLEDGED)
  expect((await outbox.stats()).pending).toBe(EVENTS - ACKNOWLEDGED)
  expect(await outbox.verifyChain()).toBeNull()
})

// Fault of the catalogue: [H4]
it('reads every event of version 0 as the present kind of fact', async () => {
  const outbox = await testOutbox({ file: logOfVersion0() })
  const events = (await outbox.read(0, 100)).map(({ event }) => event)
  expect(events.filter(isUnreadable)).toEqual([])
  expect(new Set(events.map(({ v }) => v))).toEqual(new Set([EVENT_VERSION]))
  expect(new Set(events.map(({ subject }) => subject))).toEqual(new Set(['machine:P-1', 'machine:#3']))
  expect(events.map(({ kind }) => kind)).toEqual(
    payloadsOf(VERSION_0).map((payload) => (JSON.parse(payload) as Event).kind),
  )
  expect(events[32]).toMatchObject({
    kind: 'status.opened',
    at: '2026-01-31T09:12:15.000Z',
    subject: 'machine:#3',
    status: 'running',
    cause: [{ signal: 'state', value: 'run' }],
    countedUnseen: 1,
    rule: 'd4e5f6',
  })
})

it('lets a log of version 0 go on with present events, in one chain', async () => {
  const file = logOfVersion0()
  const outbox = await testOutbox({ file })
  await outbox.append(entry(1))
  expect((await outbox.read(EVENTS, 1))[0]?.event).toEqual(openedEvent(1))
  expect(await outbox.verifyChain()).toBeNull()
  using reader = openLogReader(file)
  const pages = [...reader.pages()]
  expect(pages.flatMap(({ faults }) => faults)).toEqual([])
  expect(pages.flatMap(({ events }) => events).map(({ event }) => event)).toEqual(
    (await outbox.read(0, 100)).map(({ event }) => event),
  )
})

it('keeps an event of a later version as it is, and gives it as unreadable in its place', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  const later = { ...openedEvent(2), v: EVENT_VERSION + 1 }
  await outbox.append({ ...entry(1), events: [openedEvent(1), later, openedEvent(3)] })
  const [, unreadable] = await outbox.read(0, 10)
  expect(unreadable?.event).toMatchObject({ kind: 'unreadable', payload: eventCodec.encode(later) })
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

it('leaves a file that earlier versions refuse by its schema, and says so once', async () => {
  const file = logOfVersion0()
  const { log, lines } = recordingLog()
  await (await testOutbox({ file, log }))[Symbol.asyncDispose]()
  await (await testOutbox({ file, log }))[Symbol.asyncDispose]()
  expect(lines.filter(({ msg }) => msg.includes('earlier versions'))).toMatchObject([
    { fromSchema: 1, toSchema: 6 },
  ])
  const db = new Database(file, { readonly: true })
  expect(db.pragma('user_version', { simple: true })).toBe(6)
  db.close()
})

/** The schema that was in use while states of machines were saved in version 1. */
const SCHEMA_2 = ['001-init.sql', '002-consumers-and-owners.sql'].map((name) =>
  readFileSync(new URL(`../../../src/buffer/file/migrations/${name}`, import.meta.url), 'utf8'),
)

function logOfSchema2(): string {
  const file = logOfVersion0()
  const db = new Database(file)
  migrate(db, bufferFile(file), { steps: SCHEMA_2 })
  db.close()
  return file
}

it('takes a log of schema 2 over as it is', async () => {
  const outbox = await testOutbox({ file: logOfSchema2() })
  expect((await outbox.read(0, 100)).length).toBe(EVENTS)
  expect((await outbox.cursor('central')).seq).toBe(ACKNOWLEDGED)
  expect(await outbox.verifyChain()).toBeNull()
  expect(Object.keys(await outbox.states()).sort()).toEqual(['gateway:alive', 'machine:#3', 'machine:P-1'])
})

it('leaves a file that a build refuses which would take its states for unreadable', async () => {
  const file = logOfSchema2()
  await (await testOutbox({ file }))[Symbol.asyncDispose]()
  const db = new Database(file)
  expect(() => migrate(db, bufferFile(file), { steps: SCHEMA_2 })).toThrow(
    /has schema 6, this version knows up to 2/,
  )
  db.close()
})
