/** Whatever a kill leaves of a log, its own write-ahead log is known as such: a false alarm would lose what that alone holds. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FileCalls } from '../../../src/buffer/file/file-calls.ts'
import { LogFile } from '../../../src/buffer/file/log-file.ts'
import { writeAheadOwner } from '../../../src/buffer/file/write-ahead-owner.ts'
import { GrowingGroup, packEntry } from '../../../src/buffer/growing-group.ts'
import { eventCodec } from '../../../src/domain/events/index.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { PAGE_BYTES } from '../../../src/sqlite/leaf-rows.ts'
import { CENTRAL, PLANT, testFolder } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

const FRAME_BYTES = PAGE_BYTES + 24
const WAL_HEADER_BYTES = 32
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
