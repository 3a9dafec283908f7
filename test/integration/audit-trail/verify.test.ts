/** A trail in a real file, and what is done to it behind the gateway's back. */
import {
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import type { NewRecord } from '../../../src/audit-trail/records.ts'
import { openTrail, trailFileIn } from '../../../src/audit-trail/trail-file.ts'
import { verifyTrail } from '../../../src/audit-trail/verify.ts'
import { testFolder } from '../../support/buffer.ts'
import { whileUnread } from '../../support/unread.ts'

const AT_MS = Date.UTC(2026, 0, 31, 9)

function record(n: number, changed: Partial<NewRecord> = {}): NewRecord {
  return {
    ...{ atMs: AT_MS + n, chain: 'gateway', event: 'users-changed', who: 'anna', origin: 'command' },
    ...{ what: `user ${n} added`, subject: null, state: null, details: '{}' },
    ...changed,
  }
}

/** A trail of twenty records and the one that it begins with, closed. */
function writtenTrail(folder = testFolder()): string {
  const file = trailFileIn(folder)
  using trail = openTrail(file, { isOwner: true })
  for (let n = 0; n < 20; n += 1) trail.add([record(n)])
  return file
}

/** What somebody does who has the file and a shell. */
function meddle(file: string, ...statements: readonly string[]): void {
  const db = new Database(file)
  for (const statement of statements) db.exec(statement)
  db.close()
}

test('what was recorded is whole', () => {
  const file = writtenTrail()
  expect(verifyTrail(file)).toMatchObject({ records: 21, fromMs: AT_MS, cuts: [], problems: [] })
})

test.each([
  [
    'a text that was changed',
    "UPDATE record SET what = 'nothing happened' WHERE seq = 7",
    /record 7 .* not what was recorded/,
  ],
  ['a name that was changed', "UPDATE record SET who = 'otto' WHERE seq = 7", /record 7 of gateway/],
  [
    'a time that was changed',
    'UPDATE record SET at_ms = at_ms - 86400000 WHERE seq = 7',
    /record 7 of gateway/,
  ],
  ['a record that was deleted', 'DELETE FROM record WHERE seq = 7', /records 7 to 7 of gateway are missing/],
  [
    'records that were deleted at the beginning',
    'DELETE FROM record WHERE seq < 5',
    /records 1 to 4 .* missing/,
  ],
  [
    'records that were deleted at the end',
    'DELETE FROM record WHERE seq > 15',
    /records 16 to 21 .* missing at the end/,
  ],
  [
    'two records that changed their places',
    `UPDATE record SET seq = -1 WHERE seq = 7; UPDATE record SET seq = 7 WHERE seq = 8; UPDATE record SET seq = 8 WHERE seq = -1`,
    /record 7 of gateway/,
  ],
  [
    'a record that was moved in',
    `INSERT INTO record SELECT 99, chain, 22, at_ms, event, who, origin, what, subject, state, details, hash FROM record WHERE seq = 3`,
    /record 22 of gateway/,
  ],
])('%s is found', (_, statement, problem) => {
  const file = writtenTrail()
  meddle(file, statement)
  expect(verifyTrail(file).problems).toContainEqual(expect.stringMatching(problem))
})

test('an end that was cut off with its note is found by what lies beside the trail, or was written down', () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  const whole = verifyTrail(file)
  const cutOff = [
    'DELETE FROM record WHERE seq > 1',
    'UPDATE chain SET seq = 1, hash = (SELECT hash FROM record WHERE seq = 1)',
    "UPDATE chain SET seq = 0, hash = genesis WHERE name = 'strangers'",
  ]
  meddle(file, ...cutOff)
  const { heads } = whole
  if (!heads) throw new Error('the trail has no heads')
  const missing = 'records 2 to 21 of gateway are missing at the end'
  expect(verifyTrail(file).problems).toEqual([`${missing}, as the file beside the trail says`])
  rmSync(join(folder, 'console', 'audit-trail.head'))
  expect(verifyTrail(file).problems).toEqual([])
  expect(verifyTrail(file, heads.gateway).problems).toEqual([`${missing}, as was written down`])
})

test('a file that was cut short, or overwritten in its middle, is found', () => {
  const short = writtenTrail()
  truncateSync(short, readFileSync(short).length - 4_096)
  expect(verifyTrail(short).problems).not.toEqual([])
  const overwritten = writtenTrail()
  const bytes = readFileSync(overwritten)
  bytes.write('user 9', bytes.indexOf('user 7 added'))
  writeFileSync(overwritten, bytes)
  expect(verifyTrail(overwritten).problems).not.toEqual([])
})

test('an older copy that was put back is told by the next start, and the trail stays broken', () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  const copy = join(folder, 'copy.db')
  copyFileSync(file, copy)
  const head = join(folder, 'console', 'audit-trail.head')
  rmSync(head)
  {
    using trail = openTrail(file, { isOwner: true })
    trail.add([record(20), record(21)])
  }
  expect(existsSync(head)).toBe(true)
  copyFileSync(copy, file)
  for (const ending of ['-wal', '-shm']) rmSync(`${file}${ending}`, { force: true })
  openTrail(file, { isOwner: true }).close()
  const { problems } = verifyTrail(file)
  expect(problems).toContainEqual(expect.stringContaining('records are gone that were here'))
})

test('what stands beside a trail and cannot be read for a moment is not written over, and finds out afterwards what was done', async () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  meddle(file, "DELETE FROM record WHERE chain = 'gateway' AND seq > 7")
  const hash = "(SELECT hash FROM record WHERE chain = 'gateway' AND seq = 7)"
  meddle(file, `UPDATE chain SET seq = 7, hash = ${hash} WHERE name = 'gateway'`)
  await whileUnread(join(folder, 'console', 'audit-trail.head'), async () => {
    expect(() => openTrail(file, { isOwner: true })).toThrow('ELOOP')
    expect(verifyTrail(file).problems).toEqual([expect.stringContaining('cannot be read')])
  })
  openTrail(file, { isOwner: true }).close()
  expect(verifyTrail(file).problems).toContainEqual(
    expect.stringContaining('records are gone that were here'),
  )
})

test('a trail that was found broken says so once, also where the gateway is killed before it has noted the new heads', () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  const head = join(folder, 'console', 'audit-trail.head')
  const known = readFileSync(head)
  meddle(file, 'DELETE FROM record WHERE seq > 7')
  const hash = "(SELECT hash FROM record WHERE chain = 'gateway' AND seq = 7)"
  meddle(file, `UPDATE chain SET seq = 7, hash = ${hash} WHERE name = 'gateway'`)
  for (let start = 0; start < 3; start += 1) {
    openTrail(file, { isOwner: true }).close()
    writeFileSync(head, known)
  }
  rmSync(head)
  expect(verifyTrail(file).problems).toEqual([expect.stringContaining('records are gone that were here')])
})

test('a trail that was set aside says so once, also where the gateway is killed before it has noted the new heads', () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  const head = join(folder, 'console', 'audit-trail.head')
  const known = readFileSync(head)
  truncateSync(file, 2_000)
  for (let start = 0; start < 3; start += 1) {
    openTrail(file, { isOwner: true }).close()
    writeFileSync(head, known)
  }
  rmSync(head)
  expect(verifyTrail(file).problems).toEqual([expect.stringContaining('is now audit-trail.db.damaged')])
})

test('a damaged trail is set aside as a whole, also where the gateway was killed between its parts', () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  const damaged = readFileSync(file)
  // What a kill between the two leaves: the file has its new name, and its write-ahead log not yet.
  renameSync(file, `${file}.damaged`)
  writeFileSync(`${file}-wal`, 'what was committed last')
  openTrail(file, { isOwner: true }).close()
  expect(readFileSync(`${file}.damaged`)).toEqual(damaged)
  expect(readFileSync(`${file}.damaged-wal`, 'utf8')).toBe('what was committed last')
  expect(verifyTrail(file).problems).toContainEqual(expect.stringContaining('is now audit-trail.db.damaged'))
})

test('a damaged trail is set aside, and the one that begins anew says so', () => {
  const folder = testFolder()
  const file = writtenTrail(folder)
  truncateSync(file, 2_000)
  openTrail(file, { isOwner: true }).close()
  expect(existsSync(`${file}.damaged`)).toBe(true)
  expect(verifyTrail(file).problems).toEqual([expect.stringContaining('is now audit-trail.db.damaged')])
})

test('a trail that is full is cut, and the cut is no fault', () => {
  const file = trailFileIn(testFolder())
  const bounds = { most: { gateway: 50, strangers: 20 }, bytes: 64 * 1024 * 1024 }
  {
    using trail = openTrail(file, { bounds, isOwner: true })
    for (let n = 0; n < 200; n += 1) trail.add([record(n), record(n, { chain: 'strangers', who: null })])
    const kept = trail.records({ before: null, who: null, limit: 1_000 })
    expect(kept.length).toBeLessThan(85)
    expect(kept.filter(({ chain }) => chain === 'gateway').length).toBeGreaterThanOrEqual(50)
  }
  const verdict = verifyTrail(file)
  expect(verdict.problems).toEqual([])
  expect(verdict.cuts.length).toBeGreaterThan(0)
  meddle(file, 'DELETE FROM record WHERE id IN (SELECT id FROM record ORDER BY id LIMIT 5)')
  expect(verifyTrail(file).problems).not.toEqual([])
})

// Bound: BOUNDS
test('a trail by size is cut as well', () => {
  const file = trailFileIn(testFolder())
  const bounds = { most: { gateway: 100_000, strangers: 10_000 }, bytes: 300_000 }
  {
    using trail = openTrail(file, { bounds, isOwner: true })
    for (let n = 0; n < 400; n += 1) trail.add([record(n, { what: 'x'.repeat(2_000) })])
  }
  expect(verifyTrail(file)).toMatchObject({ problems: [] })
  expect(verifyTrail(file).records).toBeLessThan(200)
})

test('what has a version is recorded when that is another one', () => {
  using trail = openTrail(trailFileIn(testFolder()), { isOwner: true })
  const map = (n: number, state: string) =>
    record(n, { event: 'map-in-force', subject: 'map PRESS-07', state })
  trail.add([map(1, 'a'), map(2, 'a'), map(3, 'b'), map(4, 'b'), map(5, 'a')])
  const states = trail.records({ before: null, who: null, limit: 10 }).map(({ state }) => state)
  expect(states).toEqual(['a', 'b', 'a', null])
})

test('commands and the gateway write one chain at the same time', () => {
  const file = trailFileIn(testFolder())
  using gateway = openTrail(file, { isOwner: true })
  using command = openTrail(file, { isOwner: false })
  for (let n = 0; n < 20; n += 1) {
    gateway.add([record(n)])
    command.add([record(n, { who: 'root' })])
  }
  expect(verifyTrail(file)).toMatchObject({ records: 41, problems: [] })
})
