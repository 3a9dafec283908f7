/**
 * The life of a local log that is recorded: stores, acknowledges, goes back, removes, closes and opens again, is adopted, is damaged
 * and salvaged. What it hands in, and what it is answered, goes as lines into a file beside the data folder, so that the recording
 * says what must be on the disk at each moment.
 *
 *   node life.ts DATA_FOLDER MARKS_FILE ROUNDS [COMMITS]
 *
 * COMMITS is how many fill the log up; fewer than usual make a life that is shorter, and in which the log is not moved by the way.
 * What the log or the disk refuses for the moment is asked again, as the gateway does.
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import { CENTRAL, openTestOutbox, PLANT } from '../../support/buffer.ts'
import { entry, numberOf } from '../../support/entries.ts'
import type { Mark } from './mark.ts'

const [folder = '', marksFile = '', rounds = '1', commits] = process.argv.slice(2)
const file = join(folder, 'outbox.db')
const marks = openSync(marksFile, 'a')
/** Each writes three pages or more, and the log is moved after a thousand. */
const COMMITS_PER_LOG = Number(commits ?? 350)
/** Much more often than any fault of a test lasts. */
const ATTEMPTS_MAX = 1_000
const ATTEMPT_EVERY_MS = 5
let number = 0

mark({ phase: 'storing' })
for (let round = 1; round <= Number(rounds); round += 1) await store(round)
await fillLog()
for (let epoch = 2; epoch <= 3; epoch += 1) await adopt(epoch)
for (let time = 1; time <= 2; time += 1) await damageAndSalvage()
closeSync(marks)

function mark(text: Mark): void {
  writeSync(marks, `${JSON.stringify(text)}\n`)
}

/** A full or failing disk passes. Errors of the system have a code, and those of the log say whether they may pass. */
async function insist<T>(work: () => T | Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      const { retryable, code = '' } = error as { readonly retryable?: boolean; readonly code?: string }
      const passes = retryable ?? ['EIO', 'ENOSPC', 'EROFS'].includes(code)
      if (!passes || attempt === ATTEMPTS_MAX) throw error
      await wait(ATTEMPT_EVERY_MS)
    }
  }
}

function open(retentionMs?: number): Promise<BufferOutbox> {
  const options = retentionMs === undefined ? {} : { retentionMs }
  return insist(() => openTestOutbox({ file, consumers: [CENTRAL, PLANT], ...options }))
}

async function append(outbox: BufferOutbox, count: number): Promise<void> {
  const appended = Array.from({ length: count }, async () => {
    number += 1
    const own = number
    mark({ handed: own })
    await outbox.append(entry(own, own % 17 === 0 ? 'x'.repeat(6_000) : ''))
    mark({ stored: own })
  })
  await Promise.all(appended)
}

/** Acknowledges some of what is pending, by the numbers of the events, which an adoption does not change. */
async function acknowledge(outbox: BufferOutbox, consumer: string, count: number): Promise<void> {
  const { seq } = await insist(() => outbox.cursor(consumer))
  const last = (await insist(() => outbox.read(seq, count))).at(-1)
  if (!last) return
  const upTo = numberOf(last.event)
  mark({ consumer, acknowledging: upTo })
  await insist(() => outbox.acknowledge(consumer, last.seq))
  mark({ consumer, acknowledged: upTo })
}

async function goBack(outbox: BufferOutbox, consumer: string, count: number): Promise<void> {
  const { seq } = await insist(() => outbox.cursor(consumer))
  const [event] = await insist(() => outbox.read(seq - count - 1, 1))
  if (!event) return
  const to = numberOf(event.event)
  mark({ consumer, rewinding: to })
  await insist(() => outbox.rewind(consumer, event.seq))
  mark({ consumer, acknowledged: to })
}

async function store(round: number): Promise<void> {
  mark({ phase: 'storing' })
  const outbox = await open(round % 3 === 0 ? 0 : undefined)
  for (const count of [1, 1, 3, 1, 12, 1, 40]) {
    await append(outbox, count)
    await acknowledge(outbox, 'central', count)
    if (count % 3 === 0) await acknowledge(outbox, 'plant', 2 * count)
  }
  if (round % 2 === 0) await goBack(outbox, 'central', 5)
  mark({ phase: 'closing' })
  await outbox[Symbol.asyncDispose]()
}

/** So many commits that the write-ahead log is moved into the file by the way. */
async function fillLog(): Promise<void> {
  const outbox = await open()
  mark({ phase: 'checkpointing' })
  for (let commit = 1; commit <= COMMITS_PER_LOG; commit += 1) {
    await append(outbox, 1)
    if (commit % 4 === 0) await acknowledge(outbox, 'central', 5)
    if (commit % 4 === 0) await acknowledge(outbox, 'plant', 8)
  }
  await outbox[Symbol.asyncDispose]()
}

async function adopt(epoch: number): Promise<void> {
  const outbox = await open()
  await append(outbox, 15)
  const { seq } = await insist(() => outbox.cursor('central'))
  mark({ phase: 'adopting' })
  mark({ adopting: epoch })
  await insist(() => outbox.beginIncarnation(epoch, { consumer: 'central', seqs: [seq + 2, seq + 5] }))
  mark({ adopted: epoch })
  await append(outbox, 5)
  await outbox[Symbol.asyncDispose]()
}

async function damageAndSalvage(): Promise<void> {
  const before = await open()
  await append(before, 20)
  await before[Symbol.asyncDispose]()
  mark({ phase: 'salvaging' })
  await untilInFile(number - 10)
  await insist(() => damageEvent(number - 10))
  const outbox = await open()
  mark({ salvaged: true })
  await append(outbox, 5)
  await acknowledge(outbox, 'central', 3)
  await outbox[Symbol.asyncDispose]()
}

/** A log that was closed while the disk failed may have its newest events in the write-ahead log only; the next close moves them. */
async function untilInFile(of: number): Promise<void> {
  while (!(await insist(() => readFileSync(file))).includes(`"E-${of}"`)) {
    const outbox = await open()
    await outbox[Symbol.asyncDispose]()
  }
}

/** Changes one letter of a stored event, as a failing disk does. */
function damageEvent(of: number): void {
  const text = readFileSync(file)
  // Where the letter could not be synced it may have been changed all the same.
  const at = Math.max(text.indexOf(`"E-${of}"`), text.indexOf(`"e-${of}"`))
  if (at === -1) throw new Error(`event ${of} is not in the file`)
  mark({ damaging: of })
  const descriptor = openSync(file, 'r+')
  try {
    writeSync(descriptor, Buffer.from('e'), 0, 1, at + 1)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
