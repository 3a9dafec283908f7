import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { openLogReader } from '../../../src/buffer/log-reader.ts'
import { WorkerLink } from '../../../src/buffer/worker-link.ts'
import { createEventCodec, type EventKind } from '../../../src/domain/events/codec.ts'
import { EVENT_VERSION, type Event } from '../../../src/domain/events/event.ts'
import { EVENT_KINDS } from '../../../src/domain/events/index.ts'
import { stationOwner } from '../../../src/domain/owner.ts'
import { createLog } from '../../../src/runtime/log.ts'
import { outboxContract } from '../../contract/outbox.contract.ts'
import { storedNumbers, testFolder, testOutbox } from '../../support/buffer.ts'
import { entry, openedEvent } from '../../support/entries.ts'

outboxContract('the outbox in SQLite', (consumers) => testOutbox({ consumers }))

it('goes on where it ended, after a restart', async () => {
  const file = join(testFolder(), 'outbox.db')
  const before = await testOutbox({ file })
  await Promise.all([before.append(entry(1)), before.append(entry(2))])
  await before.acknowledge('central', 1)
  const tail = await before.tail()
  await before[Symbol.asyncDispose]()

  const after = await testOutbox({ file })
  expect(after.identity).toEqual(before.identity)
  expect(await after.tail()).toEqual(tail)
  expect(await after.cursor('central')).toMatchObject({ seq: 1 })
  expect(await after.states()).toEqual({ 'machine:PRESS-04': { count: 2 } })
  await after.append(entry(3))
  expect(await storedNumbers(after)).toEqual([1, 2, 3])
  expect(await after.verifyChain()).toBeNull()
})

it('takes a thread that was started before anybody knew the file', async () => {
  const file = join(testFolder(), 'outbox.db')
  using thread = new WorkerLink(createLog('silent'))
  const outbox = await testOutbox({ file, thread })
  await outbox.append(entry(1))
  expect(await storedNumbers(outbox)).toEqual([1])
})

it('says that a thread that was started before has ended meanwhile', async () => {
  const thread = new WorkerLink(createLog('silent'))
  await thread.end()
  await expect(testOutbox({ thread })).rejects.toMatchObject({ code: 'buffer-thread' })
})

it('stores everything that was handed in before it closes', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  const appended = Array.from({ length: 5_000 }, (_, index) => outbox.append(entry(index)))
  await outbox[Symbol.asyncDispose]()
  await Promise.all(appended)
  await expect(outbox.append(entry(1))).rejects.toThrow('closed')
  expect((await (await testOutbox({ file })).tail()).seq).toBe(5_000)
})

it('syncs every commit, on every opening of the file', () => {
  const file = join(testFolder(), 'outbox.db')
  for (const _opening of [1, 2]) {
    const db = openBufferFile(file)
    expect(db.pragma('synchronous', { simple: true })).toBe(2)
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
    db.close()
  }
})

it('lets nobody but its own user read the file', async () => {
  const file = join(testFolder(), 'data', 'outbox.db')
  await testOutbox({ file })
  const mode = (path: string) => statSync(path).mode & 0o777
  expect([file, `${file}-wal`, `${file}-shm`].map(mode)).toEqual([0o600, 0o600, 0o600])
  expect(mode(dirname(file))).toBe(0o700)
})

// Fault of the catalogue: [B10]
it('refuses a file that a newer version has written, and leaves it alone', async () => {
  const file = join(testFolder(), 'outbox.db')
  const db = openBufferFile(file)
  db.pragma('user_version = 99')
  db.exec('INSERT INTO schema_step (version) VALUES (99)')
  db.close()
  const before = readFileSync(file)
  await expect(testOutbox({ file })).rejects.toMatchObject({
    name: 'StoreError',
    code: 'buffer-schema-newer',
    message: expect.stringContaining('schema 99'),
  })
  expect(readFileSync(file)).toEqual(before)
})

it('says which file it cannot open', async () => {
  const noFolder = join(testFolder(), 'file')
  writeFileSync(noFolder, '')
  const file = join(noFolder, 'outbox.db')
  await expect(testOutbox({ file })).rejects.toMatchObject({
    name: 'StoreError',
    message: expect.stringContaining(file),
    hint: expect.stringContaining('folder'),
  })
})

it('takes events of many megabytes, and hands out pages that stay small', async () => {
  const outbox = await testOutbox()
  const megabytes = 'x'.repeat(3 * 1024 * 1024)
  await Promise.all([1, 2, 3, 4].map((number) => outbox.append(entry(number, megabytes))))
  const page = await outbox.read(0, 100)
  expect(page.length).toBe(2)
  expect(page[0]?.event).toEqual(openedEvent(1, megabytes))
  expect(await storedNumbers(outbox)).toEqual([1, 2, 3, 4])
})

it('stores and reads a kind of event that only its own codec knows', async () => {
  interface Scan extends Event {
    readonly kind: 'scan'
    readonly code: string
  }
  const scan: EventKind<Scan> = {
    kind: 'scan',
    read: (fields) => ({ ...fields.head(EVENT_VERSION), kind: 'scan', code: fields.text('code') }),
  }
  const file = join(testFolder(), 'outbox.db')
  const codec = createEventCodec([...EVENT_KINDS, scan])
  const outbox = await testOutbox({ file, codec })
  const at = '2026-01-31T09:00:00.000Z'
  const scanned: Scan = { v: EVENT_VERSION, kind: 'scan', at, subject: stationOwner('PACK-1'), code: '0401' }
  await outbox.append({ ...entry(1), events: [scanned, openedEvent(2)] })
  expect((await outbox.read(0, 10)).map(({ event }) => event)).toEqual([scanned, openedEvent(2)])
  using reader = openLogReader(file, codec)
  expect([...reader.pages()].flatMap(({ events }) => events)[0]?.event).toEqual(scanned)
  await outbox[Symbol.asyncDispose]()

  const [unknown] = await (await testOutbox({ file })).read(0, 1)
  expect(unknown?.event).toMatchObject({ kind: 'unreadable', payload: JSON.stringify(scanned) })
})

it('notices an event that somebody changed', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  await Promise.all([1, 2, 3].map((number) => outbox.append(entry(number))))
  const intruder = new Database(file)
  intruder.exec("UPDATE event SET payload = replace(payload, 'E-2', 'E-9') WHERE seq = 2")
  intruder.close()
  expect(await outbox.verifyChain()).toEqual({ afterSeq: 1, fault: 'event 2 is not what was stored' })
})

it('starts on a file in which a payload is no JSON any more, and keeps the other events', async () => {
  const file = join(testFolder(), 'outbox.db')
  const before = await testOutbox({ file })
  for (const number of [1, 2, 3]) await before.append(entry(number))
  await before[Symbol.asyncDispose]()
  const bytes = readFileSync(file)
  bytes[bytes.indexOf('"reason":"E-2"')] = 0
  writeFileSync(file, bytes)
  const outbox = await testOutbox({ file })
  expect(await storedNumbers(outbox)).toEqual([1, 3])
  expect(await outbox.verifyChain()).toBeNull()
})

it('begins a new incarnation with what central has not acknowledged, numbered from 1', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  const { incarnation } = outbox.identity
  await Promise.all([1, 2, 3, 4, 5].map((number) => outbox.append(entry(number))))
  await outbox.acknowledge('central', 2)
  await outbox.beginIncarnation(4)
  expect(outbox.identity).toEqual({ incarnation: expect.not.stringMatching(incarnation), epoch: 4 })
  expect((await outbox.read(0, 10)).map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect(await storedNumbers(outbox)).toEqual([3, 4, 5])
  expect(await outbox.cursor('central')).toMatchObject({ seq: 0 })
  await outbox.append(entry(6))
  expect(await outbox.verifyChain()).toBeNull()
  await outbox[Symbol.asyncDispose]()
  expect((await (await testOutbox({ file })).tail()).seq).toBe(4)
})

it('begins a new incarnation when nothing waits for central, and when nothing was ever stored', async () => {
  const outbox = await testOutbox()
  await outbox.beginIncarnation(2)
  await outbox.append(entry(1))
  await outbox.acknowledge('central', 1)
  await outbox.beginIncarnation(3)
  expect(await outbox.tail()).toMatchObject({ seq: 0 })
  await outbox.append(entry(2))
  expect(await storedNumbers(outbox)).toEqual([2])
  expect(await outbox.verifyChain()).toBeNull()
})
