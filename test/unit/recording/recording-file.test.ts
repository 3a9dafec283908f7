/** The file of a recording at its bounds, on a disk without room, and damaged. */
import { randomBytes } from 'node:crypto'
import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { StoreError } from '../../../src/domain/errors.ts'
import { openStore } from '../../../src/recording/file/store.ts'
import type { TapeBatch } from '../../../src/recording/messages.ts'
import { openRecording } from '../../../src/recording/read-recording.ts'
import type { TapeEntry } from '../../../src/recording/read-tape.ts'
import { recordedMap, SEGMENT_VERSION } from '../../../src/recording/segment.ts'
import { CONTACT, OBJECT } from '../../../src/recording/tape-codes.ts'
import { testFolder } from '../../support/buffer.ts'
import { press } from '../../support/press.ts'
import { canMount, smallDisk } from '../../support/small-disk.ts'
import { bytesOf } from '../../support/tape.ts'

const AT = { boot: 'boot-1', wallMs: Date.UTC(2026, 0, 31, 9), monoMs: 5_000 }
const RETENTION_MS = 3 * 86_400_000
const MB = 1_000_000
const ALWAYS = [0, Number.MAX_SAFE_INTEGER] as const
const CONTACTS = [CONTACT, 0, 1_000_000, 0]
/** A piece that hardly becomes smaller by packing. */
const LARGE = randomBytes(MB).toString('latin1')

function begun(id: number): TapeBatch['begun'][number] {
  const snapshot = { kind: 'start', state: undefined, lastSeen: undefined, aliveAt: undefined } as const
  const head = { version: SEGMENT_VERSION, machine: 'PRESS-07', began: AT, snapshot }
  return { id, head, map: recordedMap(press()) }
}

function batch(values: readonly unknown[], begins = false, segment = 1): TapeBatch {
  return {
    begun: begins ? [begun(segment)] : [],
    chunks: [{ segment, bytes: bytesOf(values) }],
    lasting: [segment],
    nowMs: AT.wallMs,
  }
}

function storeIn(folder: string, maxBytes: number) {
  const file = join(folder, 'recording.db')
  return { file, open: () => openStore({ file, retentionMs: RETENTION_MS, maxBytes }) }
}

// Bound: maxBytes
it('what comes in the present hour keeps to the bound as well: recording ends, says why, and begins again without it', () => {
  const { file, open } = storeIn(testFolder(), 10 * MB)
  const store = open()
  store.write(batch([LARGE], true))
  const writeOn = () => {
    for (let nth = 0; nth < 20; nth += 1) store.write(batch([LARGE]))
  }
  expect(writeOn).toThrow(/takes more than its 10 MB/)
  store.close()
  const again = open()
  again.write({ begun: [], chunks: [], lasting: [], nowMs: AT.wallMs })
  again.write(batch([LARGE], true, 2))
  again.write(batch([LARGE], false, 2))
  again.close()
  using recording = openRecording(file)
  expect(recording.segments('PRESS-07', ...ALWAYS).map((one) => [...one.entries()].length)).toEqual([0])
})

it.skipIf(!canMount)('a disk that the log needs is not filled by what is recorded', () => {
  const { folder } = smallDisk('80m')
  const { open } = storeIn(folder, 512 * MB)
  const store = open()
  store.write(batch([LARGE], true))
  const writeOn = () => {
    for (let nth = 0; nth < 60; nth += 1) store.write(batch([LARGE]))
  }
  expect(writeOn).toThrow(/less than 64 MB free, which the local log needs/)
  store.close()
  const { bavail, bsize } = statfsSync(folder)
  expect(bavail * bsize).toBeGreaterThan(50 * MB)
})

it('the pieces of an hour that is over become one, and are read as before', () => {
  const { file, open } = storeIn(testFolder(), 100 * MB)
  const store = open()
  for (const nth of [0, 1, 2]) store.write(batch(CONTACTS, nth === 0))
  store.write(batch(CONTACTS, true, 2))
  store.close()
  using db = opened(file)
  expect(db.prepare('SELECT segment, count(*) FROM chunk GROUP BY segment').raw().all()).toEqual([
    [1, 1],
    [2, 1],
  ])
  using recording = openRecording(file)
  const segments = recording.segments('PRESS-07', ...ALWAYS)
  const seconds = segments.map((one) => [...one.entries()].map(secondsSince))
  expect(seconds).toEqual([[1, 2, 3], [1]])
})

it('the many pieces of a lively hour become few while it lasts, and are read as before', () => {
  const { file, open } = storeIn(testFolder(), 100 * MB)
  const store = open()
  const pieces = 2 * 64 + 3
  for (let nth = 0; nth < pieces; nth += 1) store.write(batch(CONTACTS, nth === 0))
  using db = opened(file)
  const places = () => db.prepare('SELECT nth FROM chunk WHERE segment = 1 ORDER BY nth').pluck().all()
  expect(places()).toEqual([0, 1, 2, 3, 4])
  const seconds = () => {
    using recording = openRecording(file)
    const [segment] = recording.segments('PRESS-07', ...ALWAYS)
    return [...(segment?.entries() ?? [])].map(secondsSince)
  }
  const expected = Array.from({ length: pieces }, (_, nth) => nth + 1)
  expect(seconds()).toEqual(expected)
  store.write(batch(CONTACTS, true, 2))
  expect(places()).toEqual([0, 1, 2])
  expect(seconds()).toEqual(expected)
  store.close()
})

// Bound: JOINED_BYTES_MAX
it('long pieces are joined before they are many, so that no batch takes long', () => {
  const { file, open } = storeIn(testFolder(), 100 * MB)
  const store = open()
  const tick = { kind: 'tick', at: AT, text: 'x'.repeat(MB / 2) }
  for (let nth = 0; nth < 5; nth += 1) store.write(batch([OBJECT, tick], nth === 0))
  store.close()
  using db = opened(file)
  expect(db.prepare('SELECT nth FROM chunk ORDER BY nth').pluck().all()).toEqual([0, 1, 2])
  using recording = openRecording(file)
  const [segment] = recording.segments('PRESS-07', ...ALWAYS)
  expect([...(segment?.entries() ?? [])]).toHaveLength(5)
})

it.each([
  'DELETE FROM chunk WHERE nth = 5',
  'UPDATE chunk SET body = zeroblob(9) WHERE nth = 5',
  'UPDATE chunk SET body = substr(body, 1, length(body) - 1) WHERE nth = 5',
  'UPDATE chunk SET body = zeroblob(0) WHERE nth = 5',
])('pieces of which one was damaged are not joined: recording ends there and says why: %s', (sql) => {
  const { file, open } = storeIn(testFolder(), 100 * MB)
  const store = open()
  for (let nth = 0; nth < 10; nth += 1) store.write(batch(CONTACTS, nth === 0))
  const other = new Database(file)
  other.exec(sql)
  other.close()
  const writeOn = () => {
    for (let nth = 10; nth < 64; nth += 1) store.write(batch(CONTACTS))
  }
  expect(writeOn).toThrow(/^a piece of what was recorded of PRESS-07 was damaged on the disk/)
  store.close()
  using recording = openRecording(file)
  const [segment] = recording.segments('PRESS-07', ...ALWAYS)
  expect([...(segment?.entries() ?? [])].map(secondsSince)).toEqual([1, 2, 3, 4, 5])
})

it('what a version before this one wrote is read', () => {
  const { file, open } = storeIn(testFolder(), 100 * MB)
  const store = open()
  const pieces = [1, 2].map(() => ({ segment: 1, bytes: serialize(CONTACTS) }))
  store.write({ begun: [begun(1)], chunks: pieces, lasting: [1], nowMs: AT.wallMs })
  store.close()
  using recording = openRecording(file)
  const [segment] = recording.segments('PRESS-07', ...ALWAYS)
  expect([...(segment?.entries() ?? [])].map(secondsSince)).toEqual([1, 2])
})

/** Of an entry, since the segment began. */
function secondsSince(entry: TapeEntry): number {
  const input = entry.kind === 'input' ? entry.input : undefined
  return input?.kind === 'reading' ? (input.reading.at.monoMs - AT.monoMs) / 1_000 : Number.NaN
}

function opened(file: string) {
  const db = new Database(file, { readonly: true })
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}

function damaged(sql: string): string {
  const { file, open } = storeIn(testFolder(), 100 * MB)
  const store = open()
  for (const nth of [0, 1, 2]) store.write(batch(CONTACTS, nth === 0))
  store.close()
  const db = new Database(file)
  db.exec(sql)
  db.close()
  return file
}

it.each(['UPDATE chunk SET body = zeroblob(9) WHERE nth = 1', 'DELETE FROM chunk WHERE nth = 1'])(
  'a piece that cannot be read ends what is known of its time: %s',
  (sql) => {
    using recording = openRecording(damaged(sql))
    const [segment] = recording.segments('PRESS-07', ...ALWAYS)
    expect([...(segment?.entries() ?? [])].map(({ kind }) => kind)).toEqual(['input'])
  },
)

it.each([
  'UPDATE segment SET snapshot = zeroblob(9)',
  'UPDATE map SET body = zeroblob(9)',
  'ALTER TABLE map RENAME TO gone',
])('whoever looks back at a damaged recording is told so in words: %s', (sql) => {
  using recording = openRecording(damaged(sql))
  expect(() => recording.segments('PRESS-07', ...ALWAYS)).toThrow(StoreError)
  expect(() => recording.segments('PRESS-07', ...ALWAYS)).toThrow(/recording .*: it is damaged/)
})

it('so is whoever finds another file in its place', () => {
  const file = join(testFolder(), 'recording.db')
  writeFileSync(file, 'this is no recording '.repeat(1_000))
  using recording = openRecording(file)
  expect(() => recording.machines()).toThrow(/recording .*: it is damaged/)
})
