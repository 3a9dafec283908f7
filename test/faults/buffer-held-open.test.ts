import { statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { outboxHealth } from '../../src/buffer/health.ts'
import { testFolder, testOutbox } from '../support/buffer.ts'
import { entry } from '../support/entries.ts'
import { movedClock } from '../support/moved-clock.ts'

const MEGABYTE = 1024 * 1024
const NOTES = 'x'.repeat(MEGABYTE / 4)
/** More than the write-ahead log may take otherwise. */
const EVENTS = 100

// Fault of the catalogue: [C11]
// Bound: WAL_BYTES_MAX
it('names the program that reads the log and does not let go, counts what that costs, and is rid of it afterwards', async () => {
  const file = join(testFolder(), 'outbox.db')
  const moved = movedClock()
  const outbox = await testOutbox({ file, clock: moved.clock })
  const troubles = async () => outboxHealth(await outbox.stats()).troubles
  const shell = new Database(file, { readonly: true })
  shell.exec('BEGIN; SELECT count(*) FROM event')
  for (let number = 1; number <= EVENTS; number += 1) await outbox.append(entry(number, NOTES))
  const wal = statSync(`${file}-wal`).size
  expect(wal).toBeGreaterThan(20 * MEGABYTE)
  await moved.look()
  expect(await troubles()).toMatchObject([
    { code: 'buffer-held-open', hint: expect.stringContaining('fuser') },
  ])
  expect((await outbox.stats()).bytes).toBeGreaterThan(wal - 16 * MEGABYTE)

  shell.close()
  for (let number = 1; number <= 10; number += 1) await outbox.append(entry(EVENTS + number, NOTES))
  await moved.look()
  expect(await troubles()).toEqual([])
})

it('says so where that fills the log up to its bound', async () => {
  const file = join(testFolder(), 'outbox.db')
  const outbox = await testOutbox({ file, maxBytes: 4 * MEGABYTE })
  await outbox.append(entry(1, NOTES))
  const shell = new Database(file, { readonly: true })
  shell.exec('BEGIN; SELECT count(*) FROM event')
  for (let number = 2; number <= EVENTS; number += 1) {
    const appended = outbox.append(entry(number, NOTES))
    appended.catch(() => undefined)
    await outbox.acknowledge('central', (await outbox.tail()).seq)
    if ((await outbox.stats()).blocked?.includes('holds the log open')) break
  }
  expect((await outbox.stats()).blocked).toContain('holds the log open')
  shell.close()
})
