/** A write-ahead log beside the local log that belongs to another log, or to an earlier or later state of this one. */
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { EventLog } from '../../src/buffer/file/event-log.ts'
import { openBufferFile } from '../../src/buffer/file/schema.ts'
import { PAGE_BYTES } from '../../src/sqlite/leaf-rows.ts'
import { openTestOutbox, recordingLog, storedNumbers, testFolder, testOutbox } from '../support/buffer.ts'
import { entry } from '../support/entries.ts'

const NOTES = 'x'.repeat(500)
/** Numbers of another gateway's events begin here. */
const ANOTHER = 10_000
/** Of the event that is stored to see whether the log can be gone on with. */
const GONE_ON = 99_999

interface Life {
  readonly from: number
  readonly to: number
  readonly acknowledged?: number
}

/** Appends events and stops. @returns the log as a kill just before the stop would have left it */
async function live(file: string, { from, to, acknowledged }: Life): Promise<string> {
  const outbox = await openTestOutbox({ file })
  for (const number of numbers(from, to)) await outbox.append(entry(number, NOTES))
  if (acknowledged !== undefined) await outbox.acknowledge('central', acknowledged)
  const killed = copyOf(file)
  await outbox[Symbol.asyncDispose]()
  return killed
}

function newFile(): string {
  return join(testFolder(), 'outbox.db')
}

function copyOf(file: string): string {
  const copy = newFile()
  for (const part of ['', '-wal', '-shm']) if (existsSync(file + part)) copyFileSync(file + part, copy + part)
  return copy
}

function layBeside(file: string, log: string): void {
  copyFileSync(`${log}-wal`, `${file}-wal`)
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** The write-ahead logs that were laid aside. */
function laidAside(file: string): readonly Buffer[] {
  const folder = dirname(file)
  const names = readdirSync(folder).filter((name) => name.startsWith('outbox.db-wal.found-'))
  return names.map((name) => readFileSync(join(folder, name)))
}

function setAside(file: string, part: string): Buffer | undefined {
  const folder = readdirSync(dirname(file)).find((name) => name.startsWith('damaged-'))
  return folder === undefined ? undefined : readFileSync(join(dirname(file), folder, `outbox.db${part}`))
}

/** Opens a log as the gateway does, goes on with it, and opens it once more. */
async function opened(file: string) {
  const { log, lines } = recordingLog()
  const said = (event: string) => lines.filter((line) => line.event === event).map(({ msg }) => msg)
  const first = await openTestOutbox({ file, log })
  const stored = await storedNumbers(first)
  const states = await first.states()
  const losses = (await first.losses()).map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])
  const cursor = (await first.cursor('central')).seq
  await first.append(entry(GONE_ON))
  expect(await first.verifyChain()).toBeNull()
  await first[Symbol.asyncDispose]()
  const found = { aside: said('buffer-part-laid-aside'), replaced: said('buffer-replaced') }
  const second = await testOutbox({ file, log })
  expect(await storedNumbers(second)).toEqual([...stored, GONE_ON])
  expect([said('buffer-part-laid-aside'), said('buffer-replaced')]).toEqual([found.aside, found.replaced])
  return { stored, states, losses, cursor, ...found }
}

const NOTHING_SAID = { losses: [], aside: [], replaced: [] }
const LAID_ASIDE = { losses: [], aside: [expect.stringContaining('belonged to another file')], replaced: [] }
const REPLACED = { aside: [], replaced: [expect.stringContaining('that of a later state of it')] }

// Faults of the catalogue: [C7]
it.each([
  ['few changes of another gateway that has just begun', [20]],
  ['many changes of another gateway that has just begun', [400]],
  ['changes of another gateway that has long run', [400, 450]],
])('goes on with all that it has beside a write-ahead log with %s', async (_, lives) => {
  const file = newFile()
  await live(file, { from: 1, to: 300, acknowledged: 100 })
  const other = newFile()
  let killed = ''
  let from = 1
  for (const to of lives) {
    killed = await live(other, { from: ANOTHER + from, to: ANOTHER + to })
    from = to + 1
  }
  layBeside(file, killed)

  const states = { 'machine:PRESS-04': { count: 300 } }
  expect(await opened(file)).toEqual({ stored: numbers(1, 300), states, cursor: 100, ...LAID_ASIDE })
  expect(laidAside(file)).toEqual([readFileSync(`${killed}-wal`)])
})

it('says so where the write-ahead log of another gateway lies in the place of its own', async () => {
  const file = newFile()
  await live(file, { from: 1, to: 30 })
  const killed = await live(file, { from: 31, to: 70 })
  layBeside(killed, await live(newFile(), { from: ANOTHER, to: ANOTHER + 50 }))

  const found = await opened(killed)
  expect(found).toMatchObject({ stored: numbers(1, 30), ...LAID_ASIDE })
  expect(found.aside[0]).toContain('what that held is lost')
})

it.each([
  ['knows what central has', 390, 391],
  ['knows nothing of central', undefined, 51],
])(
  'takes all out of an older copy and the write-ahead log of its later life that %s',
  async (_, acknowledged, firstWaiting) => {
    const file = newFile()
    await live(file, { from: 1, to: 100, acknowledged: 50 })
    const older = copyOf(file)
    await live(file, { from: 101, to: 400 })
    const killed = await live(file, { from: 401, to: 440, ...(acknowledged && { acknowledged }) })
    layBeside(older, killed)
    const before = readFileSync(older)

    const found = await opened(older)
    // Nothing proves the first event behind the missing ones.
    const waiting = [...numbers(1, 100), ...numbers(402, 440)].filter((number) => number >= firstWaiting)
    const lost = [[Math.max(101, firstWaiting), 401]]
    expect(found).toMatchObject({ stored: waiting, losses: lost, ...REPLACED })
    expect(found.states).toEqual({ 'machine:PRESS-04': { count: 440 } })
    expect(setAside(older, '')).toEqual(before)
    expect(setAside(older, '-wal')).toEqual(readFileSync(`${killed}-wal`))
  },
)

it('loses nothing of an older copy and the write-ahead log of its later life where no event lies between the two', async () => {
  const file = newFile()
  await live(file, { from: 1, to: 100, acknowledged: 50 })
  const older = copyOf(file)
  await live(file, { from: 101, to: 100, acknowledged: 60 })
  layBeside(older, await live(file, { from: 101, to: 140 }))
  expect(await opened(older)).toMatchObject({ stored: numbers(51, 140), losses: [], ...REPLACED })
})

it('replays the write-ahead log of a life that began with the copy, as a whole', async () => {
  const file = newFile()
  await live(file, { from: 1, to: 100, acknowledged: 50 })
  const older = copyOf(file)
  layBeside(older, await live(file, { from: 101, to: 140, acknowledged: 110 }))
  expect(await opened(older)).toMatchObject({ stored: numbers(1, 140), cursor: 110, ...NOTHING_SAID })
})

it('goes on with a newer file beside an older write-ahead log of the same log', async () => {
  const file = newFile()
  await live(file, { from: 1, to: 30, acknowledged: 10 })
  const killed = await live(file, { from: 31, to: 70 })
  await live(file, { from: 71, to: 300, acknowledged: 20 })
  layBeside(file, killed)
  expect(await opened(file)).toMatchObject({ stored: numbers(1, 300), cursor: 20, ...LAID_ASIDE })
})

it('goes on with a newer file also where only cursors have moved since, or nothing but the beginning of its write-ahead log is left', async () => {
  const file = newFile()
  const outbox = await openTestOutbox({ file })
  for (const number of numbers(1, 20)) await outbox.append(entry(number, NOTES))
  const early = copyOf(file)
  for (const number of numbers(21, 40)) await outbox.append(entry(number, NOTES))
  const late = copyOf(file)
  await outbox.acknowledge('central', 30)
  await outbox[Symbol.asyncDispose]()
  for (const killed of [early, late]) {
    const stopped = copyOf(file)
    layBeside(stopped, killed)
    expect(await opened(stopped)).toMatchObject({ stored: numbers(1, 40), cursor: 30, ...LAID_ASIDE })
  }
})

it('goes on beside the rollback journal of another program, which SQLite would write over it', async () => {
  const file = newFile()
  await live(file, { from: 1, to: 30, acknowledged: 10 })
  const other = new Database(join(testFolder(), 'invoices.db'))
  other.exec(
    'CREATE TABLE invoice (text); INSERT INTO invoice VALUES (hex(zeroblob(2000))); PRAGMA cache_size = 1',
  )
  other.exec(
    'BEGIN; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO invoice SELECT hex(zeroblob(200)) FROM n',
  )
  copyFileSync(`${other.name}-journal`, `${file}-journal`)
  other.close()
  const found = await opened(file)
  expect(found).toMatchObject({ stored: numbers(1, 30), cursor: 10, losses: [], replaced: [] })
  expect(found.aside).toEqual([expect.stringContaining('outbox.db-journal is no part of a log')])
})

it.each([
  ['of which the file has got nothing yet', 70, 0],
  ['of which the file has got the greater part', 900, 100],
])('replays its own write-ahead log after a kill, %s', async (_, events, pagesMin) => {
  const file = newFile()
  await live(file, { from: 1, to: 30, acknowledged: 10 })
  const killed = await live(file, { from: 31, to: events, acknowledged: 50 })
  expect(statSync(`${killed}-wal`).size).toBeGreaterThan(0)
  expect(statSync(killed).size).toBeGreaterThan(pagesMin * PAGE_BYTES)
  expect(await opened(killed)).toMatchObject({ stored: numbers(1, events), cursor: 50, ...NOTHING_SAID })
})

it('replays its own write-ahead log where that ends in the middle of a commit', async () => {
  const file = newFile()
  await live(file, { from: 1, to: 30 })
  const killed = await live(file, { from: 31, to: 70 })
  truncateSync(`${killed}-wal`, statSync(`${killed}-wal`).size - 100)
  expect(await opened(killed)).toMatchObject({ stored: numbers(1, 69), ...NOTHING_SAID })
})

/** As a version left it that numbered no commits: killed, and with changes in the write-ahead log alone. */
async function unnumbered(file: string): Promise<string> {
  await live(file, { from: 1, to: 30 })
  const db = openBufferFile(file)
  db.exec("DELETE FROM sqlite_sequence WHERE name LIKE 'commits of %'")
  db.pragma('wal_checkpoint(TRUNCATE)')
  new EventLog(db).store({
    bootId: 'boot',
    payloads: [],
    capturedAtMs: [],
    monoMs: [],
    states: new Map([['machine:CNC-01', '{}']]),
  })
  const killed = copyOf(file)
  db.close()
  return killed
}

it('replays the write-ahead log of an earlier version, and knows it from that of its later life', async () => {
  const file = newFile()
  const killed = await unnumbered(file)
  const found = await opened(copyOf(killed))
  expect(found).toMatchObject({ stored: numbers(1, 30), ...NOTHING_SAID })
  expect(Object.keys(found.states)).toContain('machine:CNC-01')

  const older = copyOf(file)
  await live(file, { from: 31, to: 100 })
  layBeside(older, await live(file, { from: 101, to: 140 }))
  expect(await opened(older)).toMatchObject({
    stored: [...numbers(1, 30), ...numbers(102, 140)],
    losses: [[31, 101]],
    ...REPLACED,
  })

  layBeside(file, killed)
  expect(await opened(file)).toMatchObject({ stored: numbers(1, 140), ...LAID_ASIDE })
})
