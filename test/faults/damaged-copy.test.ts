/** The copy of the master data, damaged in the ways of bad disks and clumsy people: badges go on with whatever of it is still known. */
import { closeSync, copyFileSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { CopyLink } from '../../src/masterdata/copy-link.ts'
import { testFolder } from '../support/buffer.ts'
import { canMount, smallDisk } from '../support/small-disk.ts'

const WHOSE = ['SAV']
const READ_AT_MS = 1_000_000
const PAGE_BYTES = 4_096
const SHIFTS = [{ name: 'early', startsAt: '06:00', endsAt: '14:00', days: 'monday' }] as never
/** More than a page of each, so that damage to one leaves others. */
const HOLDERS = Array.from({ length: 2_000 }, (_, index) => ({ id: index + 1, badge: `badge-${index + 1}` }))

function linkTo(file: string): CopyLink {
  const link = new CopyLink({ file, whose: WHOSE })
  onTestFinished(() => link[Symbol.asyncDispose]())
  return link
}

/** A copy that has been read, and that nobody has open. */
async function copyIn(folder: string): Promise<{ readonly file: string; readonly salt: Uint8Array }> {
  const file = join(folder, 'masterdata.db')
  const link = linkTo(file)
  await link.call('beginKind', 'shifts')
  await link.call('takePage', { kind: 'shifts', rows: SHIFTS })
  await link.call('endKind', 'shifts', READ_AT_MS)
  await link.call('beginKind', 'users')
  await link.call('takePage', { kind: 'holders', rows: HOLDERS })
  await link.call('endKind', 'users', READ_AT_MS)
  const { salt } = await link.call('kept')
  await link[Symbol.asyncDispose]()
  // A thread that was ended has closed nothing.
  const db = new Database(file)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return { file, salt }
}

/** Writes over all that follows a text in the file, until the end of the page. */
function overwritePageOf(file: string, text: string): void {
  const at = readFileSync(file).indexOf(text)
  expect(at).toBeGreaterThan(0)
  overwrite(file, at - (at % PAGE_BYTES), Buffer.alloc(PAGE_BYTES, 0xa5))
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
}

async function holders(link: CopyLink): Promise<number> {
  let known = 0
  for (const { id, badge } of HOLDERS) {
    const found = await link.call('holderOf', badge)
    if (found.kind === 'one' && found.operator === id) known += 1
  }
  return known
}

// Fault of the catalogue: [C7]
test('a byte that was changed in the shifts costs the shifts, until central is read again', async () => {
  const { file, salt } = await copyIn(testFolder())
  overwrite(file, readFileSync(file).indexOf('"startsAt"'), Buffer.from('x'))
  const link = linkTo(file)
  const kept = await link.call('kept')
  expect(kept).toMatchObject({ readAtMs: { users: READ_AT_MS }, shifts: [] })
  expect(kept.readAtMs).not.toHaveProperty('shifts')
  expect(Buffer.from(kept.salt).equals(salt)).toBe(true)
  expect(await link.call('holderOf', 'badge-7')).toEqual({ kind: 'one', operator: 7 })
  await link.call('beginKind', 'shifts')
  await link.call('takePage', { kind: 'shifts', rows: SHIFTS })
  await link.call('endKind', 'shifts', READ_AT_MS)
  expect(await link.call('kept')).toMatchObject({ readAtMs: { shifts: READ_AT_MS }, shifts: SHIFTS })
})

test('of a file with a destroyed page all other badges are known', async () => {
  const { file, salt } = await copyIn(testFolder())
  overwritePageOf(file, 'badge-1000')
  const link = linkTo(file)
  const { readAtMs, salt: after } = await link.call('kept')
  expect(Buffer.from(after).equals(salt)).toBe(true)
  expect(readAtMs.users).toBe(READ_AT_MS)
  expect(await holders(link)).toBeGreaterThan(HOLDERS.length / 2)
})

test('of a file of a newer version the badges are known, and it is kept', async () => {
  const { file } = await copyIn(testFolder())
  const db = new Database(file)
  db.exec('PRAGMA user_version = 99; INSERT INTO schema_step (version) VALUES (99)')
  db.close()
  const link = linkTo(file)
  expect(await holders(link)).toBe(HOLDERS.length)
  expect(statSync(`${file}.damaged`).isFile()).toBe(true)
})

test('a file that was replaced by rubbish while it is open: each badge is answered, and those of central are taken in by the next start', async () => {
  const { file } = await copyIn(testFolder())
  const link = linkTo(file)
  expect(await link.call('holderOf', 'badge-7')).toEqual({ kind: 'one', operator: 7 })
  writeFileSync(file, 'rubbish'.repeat(100_000))
  for (const { badge } of HOLDERS.slice(0, 50)) await link.call('holderOf', badge).catch(() => undefined)
  await link[Symbol.asyncDispose]()
  const next = linkTo(file)
  expect(await next.call('holderOf', 'badge-7')).toEqual({ kind: 'unknown' })
  await next.call('beginKind', 'users')
  await next.call('takePage', { kind: 'holders', rows: HOLDERS })
  expect(await holders(next)).toBe(HOLDERS.length)
})

test('the write-ahead log of another copy beside it harms nothing that central does not mend', async () => {
  const [own, other] = [await copyIn(testFolder()), await copyIn(testFolder())]
  const writer = linkTo(other.file)
  await writer.call('beginKind', 'users')
  await writer.call('takePage', { kind: 'holders', rows: [{ id: 1, badge: 'another' }] })
  copyFileSync(`${other.file}-wal`, `${own.file}-wal`)
  const link = linkTo(own.file)
  expect(await link.call('kept')).toMatchObject({ readAtMs: { users: READ_AT_MS } })
  await link.call('beginKind', 'users')
  await link.call('takePage', { kind: 'holders', rows: HOLDERS })
  await link.call('forgetGone', 'users')
  await link.call('endKind', 'users', READ_AT_MS)
  expect(await holders(link)).toBe(HOLDERS.length)
})

test.skipIf(!canMount)(
  'a full disk: what is known is answered, also after a write that it refused and by the next start',
  async () => {
    const disk = smallDisk('3m')
    const { file } = await copyIn(disk.folder)
    const link = linkTo(file)
    await link.call('beginKind', 'users')
    fill(join(disk.folder, 'filling'))
    const more = Array.from({ length: 20_000 }, (_, index) => ({
      id: 10_000 + index,
      badge: `more-${index}`,
    }))
    await expect(link.call('takePage', { kind: 'holders', rows: more })).rejects.toThrow('the disk is full')
    expect(await link.call('holderOf', 'badge-7')).toEqual({ kind: 'one', operator: 7 })
    await link[Symbol.asyncDispose]()
    const next = linkTo(file)
    expect(await next.call('holderOf', 'badge-8')).toEqual({ kind: 'one', operator: 8 })
  },
)

function fill(path: string): void {
  for (const size of [100_000, PAGE_BYTES, 1]) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
    } catch {
      // Nothing of this size has room any more.
    }
  }
}
