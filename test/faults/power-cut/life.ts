/**
 * The life of a local log that is recorded: stores, acknowledges, goes back, removes, closes and opens again, is adopted, is damaged
 * and salvaged. What it hands in, and what it is answered, goes as lines into a file beside the data folder, so that the recording
 * says what must be on the disk at each moment.
 *
 *   node life.ts DATA_FOLDER MARKS_FILE ROUNDS
 */
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import { CENTRAL, openTestOutbox, PLANT } from '../../support/buffer.ts'
import { entry, numberOf } from '../../support/entries.ts'
import type { Mark } from './mark.ts'

const [folder = '', marksFile = '', rounds = '1'] = process.argv.slice(2)
const file = join(folder, 'outbox.db')
const marks = openSync(marksFile, 'a')
/** Each writes three pages or more, and the log is moved after a thousand. */
const COMMITS_PER_LOG = 350
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

function open(retentionMs?: number): Promise<BufferOutbox> {
  return openTestOutbox({
    file,
    consumers: [CENTRAL, PLANT],
    ...(retentionMs === undefined ? {} : { retentionMs }),
  })
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
  const { seq } = await outbox.cursor(consumer)
  const last = (await outbox.read(seq, count)).at(-1)
  if (!last) return
  const upTo = numberOf(last.event)
  mark({ consumer, acknowledging: upTo })
  await outbox.acknowledge(consumer, last.seq)
  mark({ consumer, acknowledged: upTo })
}

async function goBack(outbox: BufferOutbox, consumer: string, count: number): Promise<void> {
  const { seq } = await outbox.cursor(consumer)
  const [event] = await outbox.read(seq - count - 1, 1)
  if (!event) return
  const to = numberOf(event.event)
  mark({ consumer, rewinding: to })
  await outbox.rewind(consumer, event.seq)
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
  const { seq } = await outbox.cursor('central')
  mark({ phase: 'adopting' })
  mark({ adopting: epoch })
  await outbox.beginIncarnation(epoch, { consumer: 'central', seqs: [seq + 2, seq + 5] })
  mark({ adopted: epoch })
  await append(outbox, 5)
  await outbox[Symbol.asyncDispose]()
}

async function damageAndSalvage(): Promise<void> {
  const before = await open()
  await append(before, 20)
  await before[Symbol.asyncDispose]()
  mark({ phase: 'salvaging' })
  damageEvent(number - 10)
  const outbox = await open()
  mark({ salvaged: true })
  await append(outbox, 5)
  await acknowledge(outbox, 'central', 3)
  await outbox[Symbol.asyncDispose]()
}

/** Changes one letter of a stored event, as a failing disk does. */
function damageEvent(of: number): void {
  const at = readFileSync(file).indexOf(`"E-${of}"`)
  if (at === -1) throw new Error(`event ${of} is not in the file`)
  mark({ damaging: of })
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.from('e'), 0, 1, at + 1)
  fsyncSync(descriptor)
  closeSync(descriptor)
}
