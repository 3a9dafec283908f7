import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { EventLog } from '../../../src/buffer/file/event-log.ts'
import { salvage } from '../../../src/buffer/file/salvage.ts'
import { openBufferFile } from '../../../src/buffer/file/schema.ts'
import { storedNumbers, testFolder, testOutbox } from '../../support/buffer.ts'
import { entry } from '../../support/entries.ts'

const EVENTS = 300

/** A closed buffer of which nothing was delivered. */
async function writtenBuffer(): Promise<string> {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file })
  const appended = Array.from({ length: EVENTS }, (_, index) =>
    outbox.append(entry(index + 1, 'x'.repeat(500))),
  )
  await Promise.all(appended)
  await outbox[Symbol.asyncDispose]()
  return file
}

it('does not take a disk that is full for a file that cannot be read', async () => {
  const file = await writtenBuffer()
  const db = openBufferFile(join(testFolder(), 'new.db'))
  db.pragma('max_page_count = 20')
  const salvaging = () =>
    salvage(
      { file, lastSeq: Number.MAX_SAFE_INTEGER, damage: '', atMs: 0 },
      { db, log: new EventLog(db), delivering: ['central'] },
    )
  expect(salvaging).toThrow(/full/)
  db.close()
})

it('takes an event without a hash if the one behind it proves both', async () => {
  const file = await writtenBuffer()
  const intruder = new Database(file)
  intruder.unsafeMode()
  intruder.pragma('writable_schema = ON')
  const rewrite = (from: string, to: string) =>
    intruder.prepare('UPDATE sqlite_schema SET sql = replace(sql, ?, ?)').run(from, to)
  rewrite('hash           BLOB    NOT NULL', 'hash           BLOB')
  intruder.pragma('writable_schema = RESET')
  intruder.exec('UPDATE event SET hash = NULL WHERE seq = 200')
  intruder.close()
  const outbox = await testOutbox({ file })
  const numbers = Array.from({ length: EVENTS }, (_, index) => index + 1)
  expect(await storedNumbers(outbox)).toEqual(numbers)
})
