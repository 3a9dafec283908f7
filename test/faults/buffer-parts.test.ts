/** A local log of which a part is gone, or of which something else lies in the place of a part. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { openWholeFile } from '../../src/buffer/file/whole-file.ts'
import { openLogReader } from '../../src/buffer/log-reader.ts'
import { recordingLog, storedNumbers, testFolder, testOutbox } from '../support/buffer.ts'
import { entry } from '../support/entries.ts'

const SUPPORT = join(import.meta.dirname, '../support/buffer.ts')
const NOBODY = { uid: 65_534, gid: 65_534 }
/** Tests that run as root can become another user; one who can read the checkout. */
const canBeNobody =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['-e', `fs.accessSync(${JSON.stringify(SUPPORT)})`], NOBODY).status === 0

const NOTES = 'x'.repeat(500)
const ACKNOWLEDGED = 10
/** Those up to here are in the file, the others in its write-ahead log only. */
const CHECKPOINTED = 30
const EVENTS = 70

/** What a kill leaves of a log that central has got a part of. */
async function killedBuffer(): Promise<string> {
  const file = join(testFolder(), 'outbox.db')
  const first = await testOutbox({ file })
  for (const number of numbers(1, CHECKPOINTED)) await first.append(entry(number, NOTES))
  await first.acknowledge('central', ACKNOWLEDGED)
  await first[Symbol.asyncDispose]()
  const second = await testOutbox({ file })
  for (const number of numbers(CHECKPOINTED + 1, EVENTS)) await second.append(entry(number, NOTES))
  const copy = join(testFolder(), 'outbox.db')
  for (const part of ['', '-wal', '-shm']) copyFileSync(file + part, copy + part)
  return copy
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

/** Everything below the folders in which damaged logs were set aside. */
function setAside(file: string): readonly string[] {
  const folder = dirname(file)
  return readdirSync(folder)
    .filter((name) => name.startsWith('damaged-'))
    .flatMap((name) => readdirSync(join(folder, name)).map((part) => join(folder, name, part)))
}

function otherDatabase(file: string): void {
  const db = new Database(file)
  db.exec('CREATE TABLE invoice (id INTEGER); INSERT INTO invoice VALUES (1)')
  db.close()
}

function folder(path: string): void {
  rmSync(path, { force: true })
  mkdirSync(path)
}

function link(path: string, to: string): void {
  rmSync(path, { force: true })
  symlinkSync(to, path)
}

async function opened(file: string) {
  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, log })
  const stored = await storedNumbers(outbox)
  const losses = await outbox.losses()
  await outbox.append(entry(EVENTS + 1))
  expect(await outbox.verifyChain()).toBeNull()
  return { stored, losses, outbox, said: lines.find(({ event }) => event === 'buffer-replaced') }
}

// Faults of the catalogue: [B9] [C7]
it.each([
  ['is gone', (file: string) => rmSync(file), /the file is gone/],
  ['was cut down to nothing', (file: string) => truncateSync(file, 0), /the file is empty/],
  ['was cut down to one byte', (file: string) => truncateSync(file, 1), /the file is empty/],
  ['has a folder in its place', folder, /a folder lies/],
  [
    'has a link in its place that leads nowhere',
    (file: string) => link(file, '/nowhere/outbox.db'),
    /a link to \/nowhere\/outbox.db, where no file is/,
  ],
  [
    'has a link in its place that leads to itself',
    (file: string) => link(file, file),
    /a link to .*, where no file is/,
  ],
  [
    'has a file of another program in its place',
    (file: string) => {
      otherDatabase(`${file}-other`)
      renameSync(`${file}-other`, file)
    },
    /a SQLite file of another program/,
  ],
])('goes on with what the write-ahead log alone holds where the file %s', async (_, lose, damage) => {
  const file = await killedBuffer()
  lose(file)
  const writeAhead = readFileSync(`${file}-wal`)
  const found = lstatSync(file, { throwIfNoEntry: false })

  const { stored, losses, outbox, said } = await opened(file)
  // Nothing proves the first one that is found, because the one before it is gone.
  expect(stored).toEqual(numbers(CHECKPOINTED + 2, EVENTS))
  expect(await outbox.states()).toEqual({ 'machine:PRESS-04': { count: EVENTS + 1 } })
  expect(losses).toMatchObject([{ firstSeq: CHECKPOINTED + 1, damage: expect.stringMatching(damage) }])
  expect(said?.msg).toMatch(damage)
  expect(said?.msg).toContain('more may be lost')
  expect(await outbox.replacedDamage()).toMatchObject({ damage: expect.stringMatching(damage) })

  const parts = setAside(file)
  const log = parts.find((path) => path.endsWith('-wal')) ?? ''
  expect(readFileSync(log)).toEqual(writeAhead)
  const kept = parts.find((path) => path.endsWith('outbox.db'))
  expect(kept && lstatSync(kept).mode).toBe(found?.mode)
  expect(parts.length).toBeLessThanOrEqual(3)
})

it('names every event that is gone with the file, where the write-ahead log knows up to where central has them', async () => {
  const file = join(testFolder(), 'outbox.db')
  const first = await testOutbox({ file })
  for (const number of numbers(1, 400)) await first.append(entry(number, NOTES))
  await first[Symbol.asyncDispose]()
  const second = await testOutbox({ file })
  await second.acknowledge('central', 300)
  for (const number of numbers(401, 440)) await second.append(entry(number, NOTES))
  await second.acknowledge('central', 305)
  const copy = join(testFolder(), 'outbox.db')
  copyFileSync(`${file}-wal`, `${copy}-wal`)

  const { stored, losses } = await opened(copy)
  expect(losses).toMatchObject([{ firstSeq: 306, lastSeq: 401 }])
  expect(stored).toEqual(numbers(402, 440))
})

it('sets a log aside of which nothing but the index of its write-ahead log is left', async () => {
  const file = await killedBuffer()
  rmSync(file)
  writeFileSync(`${file}-wal`, '')
  const { stored, said } = await opened(file)
  expect(stored).toEqual([])
  expect(said?.msg).toContain('more may be lost')
})

it.each([
  ['write-ahead log', '-wal', 'a folder', folder],
  ['write-ahead log', '-wal', 'a link', (path: string) => link(path, '/nowhere')],
  ['index of the write-ahead log', '-shm', 'a folder', folder],
  ['index of the write-ahead log', '-shm', 'a link', (path: string) => link(path, '/nowhere')],
])('starts where in the place of the %s (%s) %s lies, and keeps that', async (_, part, what, lay) => {
  const file = await killedBuffer()
  lay(file + part)
  const { stored, said } = await opened(file)
  expect(stored).toEqual(numbers(ACKNOWLEDGED + 1, part === '-wal' ? CHECKPOINTED : EVENTS))
  expect(said?.msg).toContain(`${what} lies in the place of outbox.db${part}`)
  expect(setAside(file).some((path) => path.endsWith(`outbox.db${part}.found`))).toBe(true)
})

it('goes on with a log that lies elsewhere, where a link leads to it, and finds its write-ahead log there', async () => {
  const file = await killedBuffer()
  const elsewhere = join(testFolder(), 'log.db')
  for (const part of ['', '-wal']) renameSync(file + part, elsewhere + part)
  rmSync(`${file}-shm`)
  symlinkSync(elsewhere, file)
  const whole = await opened(file)
  expect([whole.stored, whole.said]).toEqual([numbers(1, EVENTS), undefined])
  await whole.outbox[Symbol.asyncDispose]()

  truncateSync(elsewhere, 0)
  copyFileSync(`${await killedBuffer()}-wal`, `${elsewhere}-wal`)
  expect((await opened(file)).stored).toEqual(numbers(CHECKPOINTED + 2, EVENTS))
  expect(existsSync(`${elsewhere}-wal`)).toBe(true)
})

it('makes its own file private again, and reads it', async () => {
  const file = await killedBuffer()
  chmodSync(file, 0)
  expect((await opened(file)).stored).toEqual(numbers(1, EVENTS))
  expect(lstatSync(file).mode & 0o777).toBe(0o600)
})

// Root may do everything, so this is asked as somebody else.
it.skipIf(!canBeNobody).each([
  [0o644, numbers(ACKNOWLEDGED + 1, EVENTS)],
  [0o600, numbers(CHECKPOINTED + 2, EVENTS)],
])(
  'sets a file of the mode %o aside that belongs to somebody else, and takes out of it what it may read',
  async (mode, expected) => {
    const file = await killedBuffer()
    chmodSync(file, mode)
    for (const path of [dirname(file), `${file}-wal`, `${file}-shm`]) chownSync(path, NOBODY.uid, NOBODY.gid)
    const script = `
      import { openTestOutbox, recordingLog, storedNumbers } from ${JSON.stringify(SUPPORT)}
      const { log, lines } = recordingLog()
      const outbox = await openTestOutbox({ file: ${JSON.stringify(file)}, log })
      console.log(JSON.stringify({ stored: await storedNumbers(outbox), said: lines.map(({ msg }) => msg).join() }))
      await outbox[Symbol.asyncDispose]()`
    const program = join(dirname(file), 'open.mjs')
    writeFileSync(program, script)
    const { stdout, stderr } = spawnSync(process.execPath, [program], NOBODY)
    expect(stderr.toString()).toBe('')
    const { stored, said } = JSON.parse(stdout.toString())
    expect(stored).toEqual(expected)
    expect(said).toContain('the gateway may not read and write it: it belongs to user 0')
    expect(setAside(file)).toHaveLength(3)
  },
)

it('lets nobody who only looks at it delete the write-ahead log of an empty file', async () => {
  const file = await killedBuffer()
  truncateSync(file, 0)
  const writeAhead = readFileSync(`${file}-wal`)
  expect(() => openLogReader(file)).toThrow(
    expect.objectContaining({ code: 'buffer-damaged', hint: expect.stringContaining('sets it aside') }),
  )
  expect(readFileSync(`${file}-wal`)).toEqual(writeAhead)
})

it("sets another program's SQLite file aside, unchanged", async () => {
  const file = join(testFolder(), 'outbox.db')
  otherDatabase(file)
  const before = readFileSync(file)
  const { stored, said } = await opened(file)
  expect(stored).toEqual([])
  expect(said?.msg).toContain('a SQLite file of another program')
  expect(readFileSync(setAside(file)[0] ?? '')).toEqual(before)
})

it('makes a new log where what a start left that was killed is all that lies there, be it a folder', async () => {
  const file = join(testFolder(), 'outbox.db')
  mkdirSync(`${file}-unfinished`)
  openWholeFile(file, { isFirst: true }).close()
  expect(readdirSync(dirname(file))).toEqual(['outbox.db'])
})

it('keeps what lies in the place of a log whose copy was being put back when the power went', async () => {
  const file = await killedBuffer()
  const whole = await testOutbox({ file })
  await whole[Symbol.asyncDispose]()
  renameSync(file, `${file}.whole-copy`)
  writeFileSync(`${file}-wal`, 'of another file')
  const { stored, said } = await opened(file)
  expect([stored, said]).toEqual([numbers(1, EVENTS), undefined])
  const kept = readdirSync(dirname(file)).filter((name) => name.startsWith('outbox.db-wal.found-'))
  expect(kept.map((name) => readFileSync(join(dirname(file), name), 'utf8'))).toEqual(['of another file'])
})
