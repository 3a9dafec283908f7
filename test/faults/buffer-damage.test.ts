import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import { recordingLog, storedNumbers, testFolder, testOutbox } from '../support/buffer.ts'
import { entry, numberOf } from '../support/entries.ts'

const PAGE_BYTES = 4_096
const EVENTS = 300
const ACKNOWLEDGED = 100
const NOTES = 'x'.repeat(500)

/** A closed buffer of which central has got a part. */
async function writtenBuffer(): Promise<{ readonly file: string; readonly incarnation: string }> {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  await Promise.all(Array.from({ length: EVENTS }, (_, index) => outbox.append(entry(index + 1, NOTES))))
  await outbox.acknowledge('central', ACKNOWLEDGED)
  await outbox[Symbol.asyncDispose]()
  return { file, incarnation: outbox.identity.incarnation }
}

function overwrite(file: string, at: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
}

function damagedFolders(file: string): readonly string[] {
  return readdirSync(dirname(file)).filter((name) => name.startsWith('damaged-'))
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

it('sets a file aside of which nothing is left, and says that nobody knows what it held', async () => {
  const { file } = await writtenBuffer()
  truncateSync(file, 0)
  const { log, lines } = recordingLog()

  const outbox = await testOutbox({ file, log })
  expect(await storedNumbers(outbox)).toEqual([])
  expect(damagedFolders(file)).toHaveLength(1)
  const [report] = lines.filter(({ msg }) => msg.includes('was damaged'))
  expect(report?.msg).toContain('how many events it held cannot be read')
})

it('sets a write-ahead log aside of which the file is gone, and says that more may be lost than the one event that nothing proves', async () => {
  const open = join(testFolder(), 'outbox.db')
  const before = await testOutbox({ file: open })
  await before.append(entry(1))
  const file = join(testFolder(), 'outbox.db')
  copyFileSync(`${open}-wal`, `${file}-wal`)
  const { log, lines } = recordingLog()

  const outbox = await testOutbox({ file, log })
  expect(await storedNumbers(outbox)).toEqual([])
  const [folder = ''] = damagedFolders(file)
  expect(statSync(join(dirname(file), folder, 'outbox.db-wal')).size).toBeGreaterThan(0)
  const [report] = lines.filter(({ msg }) => msg.includes('was damaged'))
  expect(report?.msg).toContain('1 could not be read, and more may be lost')
})

it('is whole from the moment it has its name: a start that was killed while it made the log leaves nothing to set aside', async () => {
  const file = join(testFolder(), 'outbox.db')
  writeFileSync(`${file}-unfinished`, '')
  const outbox = await testOutbox({ file })
  await outbox.append(entry(1))
  expect(await storedNumbers(outbox)).toEqual([1])
  expect(readdirSync(dirname(file)).filter((name) => name.includes('unfinished'))).toEqual([])
  expect(damagedFolders(file)).toEqual([])
})

it('sets a file with a destroyed page aside, and goes on with every event that can still be read', async () => {
  const { file, incarnation } = await writtenBuffer()
  const middle = Math.floor(statSync(file).size / PAGE_BYTES / 2) * PAGE_BYTES
  overwrite(file, middle, Buffer.alloc(PAGE_BYTES, 0xa5))
  const damaged = readFileSync(file)
  const { log, lines } = recordingLog()

  const outbox = await testOutbox({ file, log })
  expect(outbox.identity.incarnation).not.toBe(incarnation)
  const saved = await storedNumbers(outbox)
  expect(saved.length).toBeGreaterThan(EVENTS - ACKNOWLEDGED - 20)
  expect(saved).toEqual(numbers(ACKNOWLEDGED + 1, EVENTS).filter((number) => saved.includes(number)))
  expect(await outbox.verifyChain()).toBeNull()
  expect(await outbox.states()).toEqual({ 'machine:PRESS-04': { count: EVENTS } })

  const [report] = lines.filter(({ msg }) => msg.includes('was damaged'))
  expect(report).toMatchObject({ events: saved.length, lost: EVENTS - ACKNOWLEDGED - saved.length })
  const [folder = ''] = damagedFolders(file)
  expect(readFileSync(join(dirname(file), folder, 'outbox.db'))).toEqual(damaged)
})

it('begins anew when the file is no database at all, and keeps it', async () => {
  const { file } = await writtenBuffer()
  writeFileSync(file, 'not a database, '.repeat(1_000))
  const outbox = await testOutbox({ file })
  await outbox.append(entry(1))
  expect(await storedNumbers(outbox)).toEqual([1])
  expect(damagedFolders(file).length).toBe(1)
})

// Fault of the catalogue: [C6]
it('leaves out an event that somebody changed, and says which', async () => {
  const { file } = await writtenBuffer()
  const intruder = new Database(file)
  intruder.exec("UPDATE event SET payload = replace(payload, 'E-200', 'E-999') WHERE seq = 200")
  intruder.close()
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  expect(await storedNumbers(outbox)).toEqual([...numbers(101, 199), ...numbers(201, 300)])
  expect(lines.find(({ msg }) => msg.includes('was damaged'))?.firstLost).toEqual(['200'])
})

it('notices events that vanished from the end', async () => {
  const { file } = await writtenBuffer()
  const intruder = new Database(file)
  intruder.exec('DELETE FROM event WHERE seq > 290')
  intruder.close()
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  expect(await storedNumbers(outbox)).toEqual(numbers(101, 290))
  expect(lines.find(({ msg }) => msg.includes('was damaged'))?.lost).toBe(10)
})

// Fault of the catalogue: [C7]
it('survives a lost -shm and a -wal of which the end is torn', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  for (const number of numbers(1, 20)) await outbox.append(entry(number))
  const copy = join(testFolder(), 'outbox.db')
  for (const part of ['', '-wal']) copyFileSync(file + part, copy + part)
  overwrite(`${copy}-wal`, statSync(`${copy}-wal`).size - 100, Buffer.alloc(100))

  const recovered = await testOutbox({ file: copy })
  const stored = await storedNumbers(recovered)
  expect(stored).toEqual(numbers(1, stored.length))
  expect(stored.length).toBeGreaterThanOrEqual(18)
  expect(await recovered.states()).toEqual({ 'machine:PRESS-04': { count: stored.length } })
  expect(await recovered.verifyChain()).toBeNull()
})

it('finishes a replacement that a power cut interrupted', async () => {
  const { file } = await writtenBuffer()
  const replacement = (await writtenBuffer()).file
  const folder = join(dirname(file), 'damaged-2026-01-31T090000.000Z')
  mkdirSync(folder)
  copyFileSync(replacement, join(folder, 'replacement-outbox.db'))
  writeFileSync(`${file}-wal`, 'of the damaged file')

  await testOutbox({ file })
  expect(readdirSync(folder).sort()).toEqual(['outbox.db', 'outbox.db-wal'])
  expect(existsSync(file)).toBe(true)
})

// Fault of the catalogue: [B9]
it('sets a file aside whose saved state cannot be read, and keeps the others', async () => {
  const { file } = await writtenBuffer()
  const intruder = new Database(file)
  intruder.exec(`INSERT INTO state (owner, payload, hash) VALUES ('machine:P-1', '{"open":', x'00')`)
  intruder.close()
  const outbox = await testOutbox({ file })
  expect(await outbox.states()).toEqual({ 'machine:PRESS-04': { count: EVENTS } })
  expect(await storedNumbers(outbox)).toEqual(numbers(101, 300))
  expect(damagedFolders(file).length).toBe(1)
})

it('says so, in words, to whoever reads it beside the gateway', async () => {
  const { file } = await writtenBuffer()
  overwrite(
    file,
    Math.floor(statSync(file).size / PAGE_BYTES / 2) * PAGE_BYTES,
    Buffer.alloc(PAGE_BYTES, 0xa5),
  )
  using reader = openLogReader(file)
  expect(() => [...reader.pages()]).toThrow(
    expect.objectContaining({ code: 'buffer-damaged', hint: expect.stringContaining('gateway') }),
  )
  const readable = [...reader.readablePages(0)]
  const found = readable.flatMap(({ events }) => events).map(({ event }) => numberOf(event))
  expect(found.length).toBeGreaterThan(EVENTS - 20)
  expect(found).toEqual(numbers(1, EVENTS).filter((number) => found.includes(number)))
  expect(readable.flatMap(({ faults }) => faults)).toEqual([expect.stringMatching(/^events .* are missing$/)])
})

it('shows nobody an event that is not what was stored', async () => {
  const { file } = await writtenBuffer()
  intrude(file, "UPDATE event SET payload = replace(payload, 'E-200', 'E-999') WHERE seq = 200")
  using reader = openLogReader(file)
  const readable = [...reader.readablePages(0)]
  const found = readable.flatMap(({ events }) => events).map(({ event }) => numberOf(event))
  expect(found).toEqual(numbers(1, EVENTS).filter((number) => number !== 200))
  expect(readable.flatMap(({ faults }) => faults)).toEqual(['event 200 is not what was stored'])
})

it('never goes on with a state of which one letter was changed, though it can still be read', async () => {
  const { file } = await writtenBuffer()
  const intruder = new Database(file)
  intruder.exec(`UPDATE state SET payload = '{"count":7}'`)
  intruder.close()
  const outbox = await testOutbox({ file })
  expect(await outbox.states()).toEqual({})
  expect(await storedNumbers(outbox)).toEqual(numbers(101, 300))
  expect(damagedFolders(file).length).toBe(1)
})

/** More events than a start looks at: the chain's end is verified then, the rest when it is read. */
const MANY = 2_400

async function longBuffer(): Promise<string> {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  await Promise.all(numbers(1, MANY).map((number) => outbox.append(entry(number))))
  await outbox[Symbol.asyncDispose]()
  return file
}

function intrude(file: string, sql: string): void {
  const intruder = new Database(file)
  intruder.exec(sql)
  intruder.close()
}

it.each([
  ['a letter of it', "payload = replace(payload, 'E-200', 'E-999')"],
  ['its moment', 'captured_at_ms = captured_at_ms + 1'],
  ['all of its text', "payload = '{}'"],
])('never hands on an event of which %s was changed, however long the log is', async (_, change) => {
  const file = await longBuffer()
  intrude(file, `UPDATE event SET ${change} WHERE seq = 200`)
  const outbox = await testOutbox({ file })
  const { incarnation } = outbox.identity
  await expect(outbox.read(0, 300)).rejects.toMatchObject({ code: 'buffer-damaged', retryable: true })
  expect(await storedNumbers(outbox)).toEqual(numbers(1, MANY).filter((number) => number !== 200))
  expect(outbox.identity.incarnation).not.toBe(incarnation)
  expect(await outbox.verifyChain()).toBeNull()
  await outbox.append(entry(MANY + 1))
})

it('sets the log aside where the hash is changed that a page begins or ends with', async () => {
  for (const page of [150, 200]) {
    const file = await longBuffer()
    intrude(file, "UPDATE event SET hash = x'00' WHERE seq = 200")
    const outbox = await testOutbox({ file })
    await expect(outbox.read(page, 50)).rejects.toMatchObject({ code: 'buffer-damaged' })
    expect((await storedNumbers(outbox)).length).toBeGreaterThanOrEqual(MANY - 2)
  }
})

it('notices events that vanished from a stretch that no start looks at', async () => {
  const file = await longBuffer()
  intrude(file, 'DELETE FROM event WHERE seq BETWEEN 101 AND 200')
  const outbox = await testOutbox({ file })
  await expect(outbox.read(100, 10)).rejects.toMatchObject({ code: 'buffer-damaged' })
  // Nothing proves the one behind them any more.
  expect(await storedNumbers(outbox)).toEqual(
    numbers(1, MANY).filter((number) => number <= 100 || number > 201),
  )
})

it('begins no new incarnation with an event that is not what was stored', async () => {
  const file = await longBuffer()
  intrude(file, "UPDATE event SET payload = replace(payload, 'E-200', 'E-999') WHERE seq = 200")
  const outbox = await testOutbox({ file })
  await expect(outbox.beginIncarnation(2)).rejects.toMatchObject({ code: 'buffer-damaged' })
  expect((await storedNumbers(outbox)).length).toBe(MANY - 1)
})

it.each([
  ['name of the log', "UPDATE meta SET incarnation = replace(incarnation, '-', '_')"],
  ['last number that was removed', 'UPDATE meta SET pruned_hash = randomblob(32)'],
  ['row that names the log, which is gone', 'DELETE FROM meta'],
  ['position of central', 'UPDATE consumer SET acked_seq = acked_seq + 1'],
  ['mark of an event that was left out', "INSERT INTO left_out VALUES ('central', 150, x'00')"],
  ['counter of events', "UPDATE sqlite_sequence SET seq = 'x'"],
  ['version of the schema, as of a newer program', 'PRAGMA user_version = 77'],
  ['version of the schema, as of an older program', 'PRAGMA user_version = 2'],
  ['version of the schema, as of another program', 'PRAGMA user_version = 0'],
  ['table of states, which is gone', 'DROP TABLE state'],
  ['table of boots, which is gone', 'PRAGMA foreign_keys = OFF; DROP TABLE boot'],
])('sets a file aside with a changed %s, and loses no event', async (_, change) => {
  const { file, incarnation } = await writtenBuffer()
  intrude(file, change)
  const outbox = await testOutbox({ file })
  expect(outbox.identity.incarnation).not.toBe(incarnation)
  expect(damagedFolders(file).length).toBe(1)
  expect((await storedNumbers(outbox)).slice(-200)).toEqual(numbers(101, 300))
  await outbox.append(entry(EVENTS + 1))
})

it.each([
  ['a quote of it', 'Xkind":', 1],
  ['a byte that ends a text', '\0', 1],
  ['64 bytes', 'abcdefgh'.repeat(8), 12],
])('sets a file aside in whose event %s was overwritten', async (_, text, offset) => {
  const { file } = await writtenBuffer()
  const place = readFileSync(file).indexOf('{"v":', PAGE_BYTES * 5)
  overwrite(file, place + offset, Buffer.from(text))
  const outbox = await testOutbox({ file })
  expect(damagedFolders(file).length).toBe(1)
  expect((await storedNumbers(outbox)).length).toBeGreaterThanOrEqual(EVENTS - ACKNOWLEDGED - 1)
  await outbox.append(entry(EVENTS + 1))
})

it('gives a disk up that damages one log after the other, and says so', async () => {
  const { file } = await writtenBuffer()
  const outbox = await testOutbox({ file })
  const damageAndRead = async () => {
    intrude(file, "UPDATE event SET payload = replace(payload, 'E-', 'F-') WHERE seq = 1")
    await expect(outbox.read(0, 10)).rejects.toMatchObject({ code: 'buffer-damaged' })
    await outbox.append(entry(1))
  }
  for (let time = 1; time <= 10; time += 1) {
    await outbox.acknowledge('central', (await outbox.tail()).seq)
    await damageAndRead()
  }
  await expect(damageAndRead()).rejects.toThrow('was damaged for the 11th time')
  await expect(outbox.failed).rejects.toMatchObject({ code: 'buffer-failed', hint: 'replace the disk' })
})

it('salvages every event where the page is destroyed that names the tables', async () => {
  const { file } = await writtenBuffer()
  overwrite(file, 0, Buffer.alloc(PAGE_BYTES, 0xa5))
  const outbox = await testOutbox({ file })
  // Nothing says any more what was acknowledged: better an event is looked at twice than lost.
  expect(await storedNumbers(outbox)).toEqual(numbers(1, EVENTS))
  expect(await outbox.losses()).toEqual([])
  expect(damagedFolders(file).length).toBe(1)
})

it('salvages what only the write-ahead log holds, with the page destroyed that names the tables', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  await outbox.append(entry(1))
  await outbox[Symbol.asyncDispose]()
  const again = await testOutbox({ file })
  for (const number of numbers(2, 40)) await again.append(entry(number, NOTES))
  const copy = join(testFolder(), 'outbox.db')
  for (const part of ['', '-wal']) copyFileSync(file + part, copy + part)
  overwrite(copy, 0, Buffer.alloc(PAGE_BYTES))

  const salvaged = await testOutbox({ file: copy })
  expect(await storedNumbers(salvaged)).toEqual(numbers(1, 40))
})

it('salvages what is left of a file whose end is cut off, and names the rest', async () => {
  const { file } = await writtenBuffer()
  truncateSync(file, (statSync(file).size * 3) / 4)
  const outbox = await testOutbox({ file })
  const saved = await storedNumbers(outbox)
  expect(saved.length).toBeGreaterThan(50)
  const lost = numbers(ACKNOWLEDGED + 1, EVENTS).filter((number) => !saved.includes(number))
  const named = (await outbox.losses()).flatMap(({ firstSeq, lastSeq }) => numbers(firstSeq, lastSeq))
  expect(named).toEqual(lost)
})

it('says that more may be lost where the part of the file is gone that counts events', async () => {
  const { file } = await writtenBuffer()
  truncateSync(file, PAGE_BYTES)
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  expect(await storedNumbers(outbox)).toEqual([])
  expect(lines.some(({ msg }) => msg.includes('more may be lost'))).toBe(true)
})

it('does not believe the moment of an event that stands behind a gap', async () => {
  const { file } = await writtenBuffer()
  intrude(file, 'DELETE FROM event WHERE seq = 199')
  intrude(file, 'UPDATE event SET captured_at_ms = captured_at_ms + 86400000 WHERE seq = 200')
  const outbox = await testOutbox({ file })
  expect(await storedNumbers(outbox)).toEqual([...numbers(101, 198), ...numbers(201, 300)])
  expect(await outbox.losses()).toMatchObject([{ firstSeq: 199, lastSeq: 200 }])
})

it('keeps what an earlier damage lost until central is told, also over the next damage', async () => {
  const { file, incarnation } = await writtenBuffer()
  intrude(file, "UPDATE event SET payload = replace(payload, 'E-200', 'E-999') WHERE seq = 200")
  const once = await testOutbox({ file })
  const second = once.identity.incarnation
  await once[Symbol.asyncDispose]()
  intrude(file, "UPDATE event SET payload = replace(payload, 'E-110', 'E-999') WHERE seq = 10")
  const twice = await testOutbox({ file })
  expect(await twice.losses()).toMatchObject([
    { incarnation, firstSeq: 200, lastSeq: 200 },
    { incarnation: second, firstSeq: 10, lastSeq: 10 },
  ])
})
