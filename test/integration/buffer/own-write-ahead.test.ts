/** Whatever a kill leaves of a log, its own write-ahead log is known as such: a false alarm would lose what that alone holds. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { beginNumbers } from '../../../src/buffer/file/commit-number.ts'
import { FileCalls } from '../../../src/buffer/file/file-calls.ts'
import { LogFile } from '../../../src/buffer/file/log-file.ts'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { writeAheadOwner } from '../../../src/buffer/file/write-ahead-owner.ts'
import { GrowingGroup, packEntry } from '../../../src/buffer/growing-group.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { checkpoint } from '../../../src/sqlite/database.ts'
import { PAGE_BYTES } from '../../../src/sqlite/leaf-rows.ts'
import { CENTRAL, PLANT, testFolder } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

const FRAME_BYTES = PAGE_BYTES + 24
const WAL_HEADER_BYTES = 32
const SECTOR_BYTES = 512
/** Among so many pages is the first one of the file. */
const MANY_FRAMES = 500
/** Of so many bytes each, the events of one life go beyond the 1,000 pages at which a commit moves them into the file. */
const NOTES = 'x'.repeat(90_000)
const EVENTS = 72
/** No more of a file is looked at. */
const FIRST_BYTES = 64 * PAGE_BYTES

interface Parts {
  readonly file: Buffer
  readonly log: Buffer
}

function partsOf(file: string): Parts {
  const log = existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`) : Buffer.alloc(0)
  return { file: readFileSync(file).subarray(0, FIRST_BYTES), log }
}

/** Everything that moves the log on, with what lies on the disk after each commit. */
function* lives(file: string): Generator<Parts> {
  for (let life = 1; life <= 2; life += 1) {
    const setup = { file, consumers: [CENTRAL, PLANT], maxBytes: 1024 ** 3, reserveBytes: 0 }
    const log = new LogFile(setup, { notify: () => undefined, clock: systemClock })
    const calls = new FileCalls(log)
    log.use()
    yield partsOf(file)
    let turn = 1
    for (let number = 1; number <= EVENTS; number += 1) {
      const group = new GrowingGroup(`boot-${life}`)
      const packed = packEntry(entry(number, NOTES), eventCodec.encode)
      group.add(packed, { resolve: () => undefined, reject: () => undefined })
      calls.store(turn, group)
      turn += 1
      yield partsOf(file)
      if (number % 3 > 0) continue
      calls.acknowledge('central', log.use().log.tail.seq)
      yield partsOf(file)
      if (number === 12) calls.configure([CENTRAL])
      if (number === 15) calls.beginIncarnation(life + 1, undefined, {})
      if (number % 12 === 0) calls.trim(6 * 60_000 * number, 1)
      yield partsOf(file)
    }
    log.close()
    yield partsOf(file)
  }
}

/** What lies on the disk, and how the file was when its write-ahead log began. */
interface Moment extends Parts {
  readonly begun: Parts
}

function* moments(file: string): Generator<Moment> {
  let begun: Parts | undefined
  for (const parts of lives(file)) {
    if (!begun || !isSameLog(begun, parts)) begun = parts
    yield { ...parts, begun }
  }
}

function isSameLog(one: Parts, other: Parts): boolean {
  return one.log.subarray(0, WAL_HEADER_BYTES).equals(other.log.subarray(0, WAL_HEADER_BYTES))
}

/** What a kill or a power cut leaves between a moment and the next one. */
function* remains(moment: Moment, next: Parts, salt: number): Generator<Parts> {
  const { file, log, begun } = moment
  yield moment
  const frames = Math.floor((log.length - WAL_HEADER_BYTES) / FRAME_BYTES)
  // It may end anywhere until its pages are moved into the file, which waits for it to be on the disk as a whole.
  if (frames > 0 && file.equals(begun.file)) {
    const cut = WAL_HEADER_BYTES + (salt % frames) * FRAME_BYTES + (salt % FRAME_BYTES)
    yield { file, log: log.subarray(0, cut) }
  }
  if (!isSameLog(moment, next) || next.file.equals(file)) return
  for (let moved = PAGE_BYTES; moved <= next.file.length; moved += PAGE_BYTES)
    yield { file: Buffer.concat([next.file.subarray(0, moved), file.subarray(moved)]), log: next.log }
  for (const torn of tornCounters(file, next.file)) yield { file: torn, log: next.log }
}

/** The file while the page of the commits' numbers was being overwritten: any of its sectors are new, and the others old. */
function* tornCounters(before: Buffer, after: Buffer): Generator<Buffer> {
  const sectors = PAGE_BYTES / SECTOR_BYTES
  const isChanged = (at: number) => !pageAt(before, at).equals(pageAt(after, at))
  for (let at = 0; at < after.length; at += PAGE_BYTES) {
    if (!pageAt(after, at).includes('commits of ') || !isChanged(at)) continue
    for (let which = 1; which < 2 ** sectors - 1; which += 1) {
      const torn = Buffer.from(before)
      for (let sector = 0; sector < sectors; sector += 1) {
        const from = at + sector * SECTOR_BYTES
        if ((which >> sector) % 2 === 1) after.copy(torn, from, from, from + SECTOR_BYTES)
      }
      yield torn
    }
  }
}

function pageAt(file: Buffer, at: number): Buffer {
  return file.subarray(at, at + PAGE_BYTES)
}

it('knows its own write-ahead log at every moment', () => {
  const found = join(testFolder(), 'outbox.db')
  let before: Moment | undefined
  let written: Buffer | undefined
  let tried = 0
  let halfMoved = 0
  for (const now of moments(join(testFolder(), 'outbox.db'))) {
    for (const { file, log } of before ? remains(before, now, tried * 7_919) : []) {
      writeFileSync(found, file)
      if (log !== written) writeFileSync(`${found}-wal`, log)
      written = log
      expect(writeAheadOwner(found, `${found}-wal`), `try ${tried}`).toBe('own')
      tried += 1
      if (before && !file.equals(before.file) && !file.equals(now.file)) halfMoved += 1
    }
    before = now
  }
  expect(tried).toBeGreaterThan(200)
  expect(halfMoved, `of ${tried}`).toBeGreaterThan(20)
})

it('knows it beside a page that a power cut has left half written, also where a number takes more bytes than the one before', () => {
  const file = join(testFolder(), 'outbox.db')
  for (const _ of lives(file));
  giveShortNumber(file)
  const before = readFileSync(file)
  using db = disposable(openBufferFile(file))
  beginNumbers(db)
  const log = readFileSync(`${file}-wal`)
  checkpoint(db)
  const found = join(testFolder(), 'outbox.db')
  writeFileSync(`${found}-wal`, log)
  let tried = 0
  for (const torn of tornCounters(before, readFileSync(file))) {
    writeFileSync(found, torn)
    expect(writeAheadOwner(found, `${found}-wal`), `try ${tried}`).toBe('own')
    tried += 1
  }
  expect(tried).toBe(254)
})

it('knows it beside a file whose beginning a power cut has left as rubbish', () => {
  const file = join(testFolder(), 'outbox.db')
  let moment: Parts | undefined
  for (const parts of lives(file)) if (parts.log.length > MANY_FRAMES * FRAME_BYTES) moment = parts
  if (!moment) throw new Error('no moment has much in the write-ahead log')
  const found = join(testFolder(), 'outbox.db')
  writeFileSync(`${found}-wal`, moment.log)
  // A one stands where the header of a file without a write-ahead log has one, too.
  writeFileSync(found, Buffer.concat([Buffer.alloc(SECTOR_BYTES, 1), moment.file.subarray(SECTOR_BYTES)]))
  const said: string[] = []
  const setup = { file: found, consumers: [CENTRAL, PLANT], maxBytes: 1024 ** 3, reserveBytes: 0 }
  const log = new LogFile(setup, { notify: ({ message }) => said.push(message), clock: systemClock })
  expect(log.use().log.tail.seq).toBeGreaterThan(0)
  log.close()
  expect(said.filter((text) => text.includes('another program'))).toEqual([])
})

/** One in thirty random numbers takes fewer bytes than the next one, which then moves the rows of its page. */
function giveShortNumber(file: string): void {
  using db = disposable(new Database(file))
  db.exec("UPDATE sqlite_sequence SET seq = 5 WHERE name GLOB 'commits of *'")
}

function disposable(db: Database.Database): Database.Database & Disposable {
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}
