import { execFileSync } from 'node:child_process'
import { copyFileSync, readdirSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { EventLog } from '../../src/buffer/file/event-log.ts'
import { FileCalls } from '../../src/buffer/file/file-calls.ts'
import { LogFile } from '../../src/buffer/file/log-file.ts'
import { openBufferFile } from '../../src/buffer/file/schema.ts'
import { GrowingGroup, packEntry } from '../../src/buffer/growing-group.ts'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import type { BufferOutbox } from '../../src/buffer/outbox.ts'
import { rowsOf } from '../../src/buffer/stored-page.ts'
import { eventCodec } from '../../src/domain/events/index.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { DatabaseHandle } from '../../src/sqlite/database.ts'
import { CENTRAL, recordingLog, storedNumbers, testFolder, testOutbox } from '../support/buffer.ts'
import { entry } from '../support/entries.ts'
import { canMount, smallDisk, succeeds } from '../support/small-disk.ts'

const PATIENCE = { timeout: 60_000 }
const EVENTS = 1_000
const NOTES = 'x'.repeat(4_000)
const ALL_NUMBERS = Array.from({ length: EVENTS }, (_, number) => number)

/** Writes zeros until nothing more fits. */
function fill(folder: string): void {
  succeeds('dd', 'if=/dev/zero', `of=${join(folder, 'filling')}`, 'bs=4k')
}

const canLimit = succeeds('prlimit', `--pid=${process.pid}`, '--fsize')

async function expectBlocked(outbox: BufferOutbox, reason: string): Promise<void> {
  await vi.waitFor(async () => expect((await outbox.stats()).blocked).toContain(reason), PATIENCE)
}

describe.skipIf(!canMount)('on a disk that is really full', () => {
  // Fault of the catalogue: [C2]
  it('keeps everything waiting, says why, and goes on in order when there is space', async () => {
    const disk = smallDisk()
    const { log, lines } = recordingLog()
    const file = join(disk.folder, 'outbox.db')
    const outbox = await testOutbox({ file, log, reserveBytes: 256 * 1024 })
    const appended = ALL_NUMBERS.map((number) => outbox.append(entry(number, NOTES)))
    await expectBlocked(outbox, 'the disk is full')
    expect(outbox.uncommitted).toBeGreaterThan(0)
    expect(lines.some(({ msg }) => msg.includes('reserve'))).toBe(true)
    const { seq } = await outbox.tail()
    expect(await storedNumbers(outbox)).toEqual(ALL_NUMBERS.slice(0, seq))

    disk.grow()
    await Promise.all(appended)
    expect(await storedNumbers(outbox)).toEqual(ALL_NUMBERS)
    expect(await outbox.verifyChain()).toBeNull()
    expect((await outbox.stats()).blocked).toBeNull()
  })

  it('makes room from what is acknowledged', async () => {
    const { folder } = smallDisk('48m')
    const outbox = await testOutbox({ file: join(folder, 'outbox.db'), reserveBytes: 8 * 1024 * 1024 })
    for (const number of ALL_NUMBERS) {
      await outbox.append(entry(number, NOTES.repeat(15)))
      await outbox.acknowledge('central', number + 1)
    }
    expect((await outbox.tail()).seq).toBe(EVENTS)
    expect(await outbox.oldestKept()).toBeGreaterThan(1)
    expect(await outbox.verifyChain()).toBeNull()
  })

  it('leaves a damaged file where it is until there is room for a new one', async () => {
    const disk = smallDisk()
    const file = join(disk.folder, 'outbox.db')
    const outbox = await testOutbox({ file })
    const numbers = ALL_NUMBERS.slice(0, 150)
    await Promise.all(numbers.map((number) => outbox.append(entry(number, NOTES))))
    await outbox[Symbol.asyncDispose]()
    const intruder = new Database(file)
    intruder.exec("UPDATE event SET payload = replace(payload, 'E-100', 'E-999') WHERE seq = 101")
    intruder.close()
    const { bavail, bsize } = statfsSync(disk.folder)
    writeFileSync(join(disk.folder, 'filler'), Buffer.alloc(bavail * bsize - 300_000))

    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(testOutbox({ file })).rejects.toMatchObject({ code: 'buffer-disk-full' })
    expect(readdirSync(disk.folder).filter((name) => name.startsWith('damaged-'))).toEqual([])
    disk.grow()
    const again = await testOutbox({ file })
    expect(await storedNumbers(again)).toEqual(numbers.filter((number) => number !== 100))
  })

  it('replaces a damaged file in the space of the reserve', async () => {
    const disk = smallDisk('4m')
    const file = join(disk.folder, 'outbox.db')
    const numbers = ALL_NUMBERS.slice(0, 150)
    const outbox = await testOutbox({ file })
    await Promise.all(numbers.map((number) => outbox.append(entry(number, NOTES))))
    await outbox[Symbol.asyncDispose]()
    const intruder = new Database(file)
    intruder.exec("UPDATE event SET payload = replace(payload, 'E-100', 'E-999') WHERE seq = 101")
    intruder.close()
    writeFileSync(`${file}.reserve`, Buffer.alloc(2 * 1024 * 1024))
    fill(disk.folder)
    const again = await testOutbox({ file, reserveBytes: 2 * 1024 * 1024 })
    expect(await storedNumbers(again)).toEqual(numbers.filter((number) => number !== 100))
  })

  it('closes within 2 s all the same, and opens again with what was stored', async () => {
    const disk = smallDisk()
    const file = join(disk.folder, 'outbox.db')
    const outbox = await testOutbox({ file })
    const outcomes = Promise.allSettled(ALL_NUMBERS.map((number) => outbox.append(entry(number, NOTES))))
    await expectBlocked(outbox, 'the disk is full')
    await outbox[Symbol.asyncDispose]()
    const answered = (await outcomes).filter(({ status }) => status === 'fulfilled').length

    const again = await testOutbox({ file })
    const stored = await storedNumbers(again)
    expect(stored.length).toBeGreaterThanOrEqual(answered)
    expect(stored).toEqual(ALL_NUMBERS.slice(0, stored.length))
    expect(await again.verifyChain()).toBeNull()
  })
})

describe.skipIf(!canMount)('on a disk that somebody else has filled', () => {
  /** A closed log of which central has got nothing, on a disk without a byte to spare. */
  async function fullSite(reserveBytes = 0) {
    const disk = smallDisk('2m')
    const file = join(disk.folder, 'outbox.db')
    const outbox = await testOutbox({ file, reserveBytes })
    await Promise.all([1, 2, 3, 4].map((number) => outbox.append(entry(number))))
    if (reserveBytes > 0) await vi.waitFor(() => statSync(`${file}.reserve`), PATIENCE)
    return { disk, file, outbox }
  }

  it('moves cursors all the same, and saves them when there is space', async () => {
    const { disk, file, outbox } = await fullSite()
    fill(disk.folder)
    await outbox.acknowledge('central', 3)
    expect((await outbox.cursor('central')).seq).toBe(3)
    await outbox.rewind('central', 2)
    expect((await outbox.stats()).pending).toBe(2)
    disk.grow()
    await outbox[Symbol.asyncDispose]()
    expect((await (await testOutbox({ file })).cursor('central')).seq).toBe(2)
  })

  // Fault of the catalogue: [C3]
  it('starts, hands events on and takes acknowledgements, without a reserve', async () => {
    const { disk, file, outbox } = await fullSite()
    await outbox[Symbol.asyncDispose]()
    fill(disk.folder)
    const again = await testOutbox({ file })
    expect(await storedNumbers(again)).toEqual([1, 2, 3, 4])
    await again.acknowledge('central', 3)
    expect((await again.cursor('central')).seq).toBe(3)
    const appended = again.append(entry(5))
    await expectBlocked(again, 'the disk is full')
    disk.grow()
    await appended
    expect(await storedNumbers(again)).toEqual([1, 2, 3, 4, 5])
    await again[Symbol.asyncDispose]()
    expect((await (await testOutbox({ file })).cursor('central')).seq).toBe(3)
  })

  it('lets other programs read the log again once there is space', async () => {
    const { disk, file, outbox } = await fullSite()
    await outbox[Symbol.asyncDispose]()
    fill(disk.folder)
    const setup = { file, maxBytes: 1024 ** 3, reserveBytes: 0, consumers: [CENTRAL] }
    const log = new LogFile(setup, { notify: () => {}, clock: systemClock })
    onTestFinished(() => log.close())
    const calls = new FileCalls(log)
    expect(calls.tail().seq).toBe(4)
    expect(() => openLogReader(file)).toThrow('another program holds it locked')
    disk.grow()
    calls.trim(0, 1e12)
    using reader = openLogReader(file)
    expect([...reader.pages()].flatMap(({ events }) => events).length).toBe(4)
  })

  it('begins a new incarnation in the space of the reserve', async () => {
    const { disk, outbox } = await fullSite(512 * 1024)
    fill(disk.folder)
    await outbox.beginIncarnation(2)
    expect(outbox.identity.epoch).toBe(2)
    expect(await outbox.verifyChain()).toBeNull()
  })

  it('says that the disk is full where even a new incarnation finds no space, and goes on as it was', async () => {
    const { disk, file, outbox: before } = await fullSite()
    await before[Symbol.asyncDispose]()
    fill(disk.folder)
    const outbox = await testOutbox({ file })
    await expect(outbox.beginIncarnation(2)).rejects.toMatchObject({ code: 'buffer-disk-full' })
    expect(outbox.identity.epoch).toBe(1)
    expect(await storedNumbers(outbox)).toEqual([1, 2, 3, 4])
  })
})

describe.skipIf(!canMount)('a log of version 0 on a full disk', () => {
  const VERSION_0 = new URL('../cases/logs/version-0/outbox.db', import.meta.url)

  // Fault of the catalogue: [B10]
  it('is brought up to date in the space of the reserve', async () => {
    const { folder } = smallDisk()
    const file = join(folder, 'outbox.db')
    copyFileSync(VERSION_0, file)
    writeFileSync(`${file}.reserve`, Buffer.alloc(512 * 1024))
    fill(folder)
    const { log, lines } = recordingLog()
    const outbox = await testOutbox({ file, log, reserveBytes: 512 * 1024 })
    expect((await outbox.tail()).seq).toBe(36)
    expect(Object.keys(await outbox.states()).sort()).toEqual(['gateway:alive', 'machine:#3', 'machine:P-1'])
    expect(lines.some(({ msg }) => msg.includes('reserve'))).toBe(true)
  })

  it('stays as it is without one, says that the disk is full, and is taken over when there is space', async () => {
    const disk = smallDisk()
    const file = join(disk.folder, 'outbox.db')
    copyFileSync(VERSION_0, file)
    fill(disk.folder)
    await expect(testOutbox({ file })).rejects.toMatchObject({
      code: 'buffer-disk-full',
      hint: 'free some space',
    })
    disk.grow()
    const outbox = await testOutbox({ file })
    expect((await outbox.tail()).seq).toBe(36)
    expect(await outbox.verifyChain()).toBeNull()
  })
})

describe.skipIf(!canLimit)('on a disk that reports errors', () => {
  /** Writes beyond this size fail with EFBIG, which SQLite takes for an error of the disk. */
  function limitFileSize(bytes: number | 'unlimited'): void {
    execFileSync('prlimit', [`--pid=${process.pid}`, `--fsize=${bytes}:`])
  }

  // Fault of the catalogue: [C4]
  it('opens the file anew until it works, and stores each event once', async () => {
    const { log, lines } = recordingLog()
    const outbox = await testOutbox({ log })
    await outbox.append(entry(0, NOTES))
    limitFileSize(600_000)
    onTestFinished(() => limitFileSize('unlimited'))
    const appended = ALL_NUMBERS.slice(1).map((number) => outbox.append(entry(number, NOTES)))
    await expectBlocked(outbox, 'the disk reports an error')

    limitFileSize('unlimited')
    await Promise.all(appended)
    expect(await storedNumbers(outbox)).toEqual(ALL_NUMBERS)
    expect(await outbox.verifyChain()).toBeNull()
    expect(lines.filter(({ msg }) => msg.includes('nothing can be stored')).length).toBe(1)
  })
})

it('rolls a group back whole when the file may not grow, and numbers it the same the next time', () => {
  const db = openBufferFile(join(testFolder(), 'outbox.db'))
  onTestFinished(() => void db.close())
  const log = new EventLog(db)
  const group = new GrowingGroup('boot')
  for (const number of ALL_NUMBERS) {
    group.add(packEntry(entry(number, NOTES), eventCodec.encode), { resolve: () => {}, reject: () => {} })
  }
  db.pragma('max_page_count = 100')
  expect(() => log.store(group)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }))
  expect(log.tail.seq).toBe(0)
  expect(log.page(0, 10)).toEqual([])
  expect(log.states()).toEqual([])

  db.pragma('max_page_count = 100000')
  log.store(group)
  expect(log.tail.seq).toBe(EVENTS)
  expect(log.page(0, 1)[0]?.seq).toBe(1)
})

it('does not store a group twice whose commit failed only in the answer', () => {
  const setup = {
    file: join(testFolder(), 'outbox.db'),
    maxBytes: 1024 ** 3,
    reserveBytes: 0,
    consumers: [CENTRAL],
  }
  const file = new LogFile(setup, { notify: () => {}, clock: systemClock })
  onTestFinished(() => file.close())
  const calls = new FileCalls(file)
  const group = new GrowingGroup('boot')
  for (const number of [1, 2, 3]) {
    group.add(packEntry(entry(number), eventCodec.encode), { resolve: () => {}, reject: () => {} })
  }
  failAfterNextCommit(file.use().db)
  let failure: unknown
  try {
    calls.store(1, group)
  } catch (error) {
    failure = error
  }
  expect(file.fail(failure)).toMatchObject({ retryable: true, code: 'buffer-disk-error' })
  calls.store(1, group)
  expect(rowsOf(calls.read(0, 10)).map(({ seq }) => seq)).toEqual([1, 2, 3])
  calls.store(2, group)
  expect(calls.tail().seq).toBe(6)
  expect(() => calls.store(4, group)).toThrow('group 4 came before group 3')
})

/** As when the last sync of a commit fails after everything was written. */
function failAfterNextCommit(db: DatabaseHandle): void {
  const real = db.transaction.bind(db)
  const failing = (work: (...args: unknown[]) => void) => {
    const immediate = (...args: unknown[]) => {
      real(work).immediate(...args)
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_FSYNC' })
    }
    return { immediate }
  }
  Object.assign(db, { transaction: failing })
}
