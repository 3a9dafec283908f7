/** Logs as a gateway leaves them, written by the real outbox, and what is in each of them. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import type { OutboxOptions } from '../../../src/buffer/outbox-options.ts'
import type { Event } from '../../../src/domain/events/event.ts'
import { utcText } from '../../../src/domain/instant.ts'
import { gatewayOwner, machineOwner } from '../../../src/domain/owner.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { CENTRAL, FEED, openTestOutbox, PLANT } from '../../support/buffer.ts'
import { amended, opened } from '../../support/central-events.ts'
import { PAGE_BYTES } from './database-places.ts'

export const CONSUMERS = [CENTRAL, PLANT, FEED]
export const LOG_FILE = 'outbox.db'
/** A log is these files together. The last is the index of the write-ahead log: whoever opens it first makes it again. */
export const LOG_PARTS = [LOG_FILE, `${LOG_FILE}-wal`, `${LOG_FILE}-shm`] as const

const MACHINES = ['PRESS-04', 'CNC-01', 'Säge 7']
const START_MS = Date.UTC(2026, 0, 31, 9)
const STEP_MS = 60_000
/** Together more than 128 MB, of which a start checks the end only. */
const LARGE_EVENTS = 36_000
const LARGE_TEXT = 'x'.repeat(3_600)
const LARGE_GROUP = 1_000

interface StoredText {
  readonly payload: string
  readonly capturedAtMs: number
}

/** A part of another log, or of an earlier state of the same one, that lies in the place of a part or beside it. */
interface Stranger {
  /** In words: `the write-ahead log of another gateway`. */
  readonly what: string
  /** Where it is copied from, and the ending of the name that the copy gets. */
  readonly from: string
  readonly ending: '' | '-wal'
  /** Whether what only its own write-ahead log held is gone with it. */
  readonly isOwnLogGone: boolean
}

/** A log in a folder of its own. */
export interface WrittenLog {
  readonly name: string
  readonly folder: string
  readonly content: LogContent
  /** The last event that does not depend on the write-ahead log. */
  readonly checkpointedSeq: number
  /** Where the page ends that says how many events there were. */
  readonly counterEndsAt: number
  readonly strangers: readonly Stranger[]
}

/** What a log holds, read with nothing but SQLite. */
export interface LogContent {
  readonly incarnation: string
  readonly events: ReadonlyMap<number, StoredText>
  readonly states: ReadonlyMap<string, string>
  readonly acknowledged: ReadonlyMap<string, number>
  /** `consumer seq` */
  readonly leftOut: ReadonlySet<string>
  readonly lossCount: number
}

export function readLog(file: string): LogContent {
  const db = new Database(file, { readonly: true })
  try {
    const all = <Row>(sql: string) => db.prepare<[], Row>(sql).all()
    return {
      incarnation: db.prepare<[], string>('SELECT incarnation FROM meta').pluck().get() ?? '',
      events: new Map(
        all<StoredText & { seq: number }>(
          'SELECT seq, payload, captured_at_ms AS capturedAtMs FROM event ORDER BY seq',
        ).map(({ seq, payload, capturedAtMs }) => [seq, { payload, capturedAtMs }]),
      ),
      states: new Map(
        all<{ owner: string; payload: string }>('SELECT * FROM state').map((row) => [row.owner, row.payload]),
      ),
      acknowledged: new Map(
        all<{ name: string; acked_seq: number }>('SELECT * FROM consumer').map((row) => [
          row.name,
          row.acked_seq,
        ]),
      ),
      leftOut: new Set(
        all<{ consumer: string; seq: number }>('SELECT * FROM left_out').map(
          (row) => `${row.consumer} ${row.seq}`,
        ),
      ),
      lossCount: db.prepare<[], number>('SELECT count(*) FROM loss').pluck().get() ?? 0,
    }
  } finally {
    db.close()
  }
}

/** Copies the parts that are there. */
export function copyLog(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const part of LOG_PARTS) {
    if (existsSync(join(from, part))) copyFileSync(join(from, part), join(to, part))
  }
}

/** All kinds of logs that are damaged, each in a folder below this one. */
export async function writeLogs(parent: string): Promise<readonly WrittenLog[]> {
  const names = ['young', 'closed', 'killed'] as const
  await writeYoung(join(parent, 'young'))
  await writeOld(join(parent, 'closed'), join(parent, 'killed'))
  await writeKilled(join(parent, 'other'))
  return names.map((name) => {
    const folder = join(parent, name)
    return { name, folder, ...contentOf(folder), strangers: strangersOf(name, parent) }
  })
}

/** Of the young log nothing earlier or later was kept. */
function strangersOf(name: 'young' | 'closed' | 'killed', parent: string): readonly Stranger[] {
  const isOwnLogGone = name === 'killed'
  const log = (what: string, folder: string): Stranger => ({
    what: `the write-ahead log ${what}`,
    from: join(parent, folder, `${LOG_FILE}-wal`),
    ending: '-wal',
    isOwnLogGone,
  })
  const file = (what: string, folder: string): Stranger => ({
    what: `the file ${what}`,
    from: join(parent, folder, LOG_FILE),
    ending: '',
    isOwnLogGone: false,
  })
  const ofAnother = log('of another gateway', 'other')
  if (name === 'young') return [ofAnother]
  const ofOlder = log('of an earlier life', 'closed/earlier')
  if (name === 'closed') return [ofAnother, ofOlder]
  return [
    ofAnother,
    ofOlder,
    file('before its last start', 'closed'),
    file('of an earlier life', 'closed/earlier'),
  ]
}

/**
 * One log that is longer than what a start checks whole: there, damage is found when an event is read. Nearly every event takes a page.
 */
export async function writeLargeLog(parent: string): Promise<readonly WrittenLog[]> {
  const folder = join(parent, 'large')
  const outbox = await openLog(folder, 'boot-1')
  for (let from = 1; from <= LARGE_EVENTS; from += LARGE_GROUP) {
    await append(outbox, from, from + LARGE_GROUP - 1, LARGE_TEXT)
  }
  await outbox.acknowledge('central', LARGE_EVENTS - 3_000)
  await outbox.acknowledge('plant', LARGE_EVENTS - 4_000)
  await outbox[Symbol.asyncDispose]()
  return [{ name: 'large', folder, ...contentOf(folder), strangers: [] }]
}

/** Read from a copy, because reading changes the index of the write-ahead log. */
function contentOf(folder: string): Omit<WrittenLog, 'name' | 'folder' | 'strangers'> {
  const copy = join(folder, 'copy')
  copyLog(folder, copy)
  const content = readLog(join(copy, LOG_FILE))
  for (const part of LOG_PARTS.slice(1)) rmSync(join(copy, part), { force: true })
  const checkpointedSeq = lastSeqOf(readLog(join(copy, LOG_FILE)))
  const counterEndsAt = endOfRoot(join(copy, LOG_FILE), 'sqlite_sequence')
  rmSync(copy, { recursive: true })
  return { content, checkpointedSeq, counterEndsAt }
}

function endOfRoot(file: string, table: string): number {
  const db = new Database(file, { readonly: true })
  const root = db.prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck()
  const end = (root.get(table) ?? 0) * PAGE_BYTES
  db.close()
  return end
}

export function lastSeqOf({ events }: LogContent): number {
  return Math.max(0, ...events.keys())
}

/** A log of the first hour: nothing acknowledged, nothing removed. */
async function writeYoung(folder: string): Promise<void> {
  const outbox = await openLog(folder, 'boot-1')
  await append(outbox, 1, 40)
  await outbox[Symbol.asyncDispose]()
}

/**
 * A log with a past: several boots, an adoption that left some events out for one consumer, events of which some are acknowledged by
 * all and some removed, pages that are free. Closed in one folder; in the other one with what a kill leaves in the write-ahead log.
 */
async function writeOld(closedFolder: string, killedFolder: string): Promise<void> {
  const first = await openLog(closedFolder, 'boot-1')
  await append(first, 1, 150)
  await first.acknowledge('central', 120)
  await first.acknowledge('plant', 60)
  await first.acknowledge('feed', 90)
  await first.beginIncarnation(2, { consumer: 'central', seqs: [125, 126, 131, 140] })
  await first[Symbol.asyncDispose]()

  const second = await openLog(closedFolder, 'boot-2')
  await append(second, 151, 330)
  copyLog(closedFolder, join(closedFolder, 'earlier'))
  await second.acknowledge('central', 50)
  await second.acknowledge('plant', 40)
  await second[Symbol.asyncDispose]()

  const third = await openLog(closedFolder, 'boot-3', { retentionMs: 0 })
  await append(third, 331, 350)
  await third[Symbol.asyncDispose]()

  copyLog(closedFolder, join(killedFolder, 'working'))
  const fourth = await openLog(join(killedFolder, 'working'), 'boot-4')
  await append(fourth, 351, 420)
  await fourth.acknowledge('plant', 60)
  await append(fourth, 421, 470)
  copyLog(join(killedFolder, 'working'), killedFolder)
  await fourth[Symbol.asyncDispose]()
}

/** As a kill leaves it in its first life. */
async function writeKilled(folder: string): Promise<void> {
  const outbox = await openLog(join(folder, 'working'), 'boot-other')
  await append(outbox, 1_001, 1_200)
  await outbox.acknowledge('central', 100)
  copyLog(join(folder, 'working'), folder)
  await outbox[Symbol.asyncDispose]()
}

function openLog(
  folder: string,
  bootId: string,
  options: Partial<OutboxOptions> = {},
): Promise<BufferOutbox> {
  return openTestOutbox({
    file: join(folder, LOG_FILE),
    consumers: CONSUMERS,
    bootId,
    clock: systemClock,
    ...options,
  })
}

/** Events of both kinds and states of their machines, in groups of various sizes. */
async function append(outbox: BufferOutbox, from: number, to: number, text = ''): Promise<void> {
  let waiting: Promise<void>[] = []
  for (let number = from; number <= to; number += 1) {
    waiting.push(outbox.append(entryOf(number, text)))
    if (number % 7 === 0 || number % 10 === 0) {
      await Promise.all(waiting)
      waiting = []
    }
  }
  await Promise.all(waiting)
}

/** The states that were saved when an event of a log was the last one. */
export function statesAfter({ events }: LogContent, seq: number): ReadonlyMap<string, string> {
  const number = Number(/(\d+)"}$/.exec(events.get(seq)?.payload ?? '')?.[1] ?? 0)
  const states = Array.from(
    { length: MACHINES.length },
    (_, back) => entryOf(Math.max(number - back, 1)).states,
  )
  const texts = Object.entries(Object.assign({}, ...states.reverse())).map(
    ([owner, state]) => [owner, JSON.stringify(state)] as const,
  )
  return new Map(texts)
}

function entryOf(number: number, text = '') {
  const machine = machineOwner(MACHINES[number % MACHINES.length] ?? '')
  return {
    at: { boot: 'boot', wallMs: START_MS + number * STEP_MS, monoMs: number * STEP_MS + 0.25 },
    events: [eventOf(number, machine, text)],
    states: {
      [machine]: { count: number, open: { at: utcText(START_MS), status: 'running' } },
      [gatewayOwner('alive')]: { at: utcText(START_MS + number * STEP_MS) },
    },
  }
}

/** Some texts are longer than a page. */
function eventOf(number: number, subject: Event['subject'], text: string): Event {
  const at = utcText(START_MS + number * STEP_MS)
  const remark = `${text}${'Störung Ölstand – '.repeat(number % 40 === 0 ? 300 : number % 9)}${number}`
  return number % 2 === 0 ? opened({ at, subject, remark }) : amended({ at, subject, remark })
}
