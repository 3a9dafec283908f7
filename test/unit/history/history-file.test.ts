import { copyFileSync, existsSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import type { OutboxOptions } from '../../../src/buffer/outbox-options.ts'
import type { MachineEvent } from '../../../src/domain/events/machine.ts'
import { openHistory } from '../../../src/history/file/history-file.ts'
import { createHistory, historyBeside } from '../../../src/history/history.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { CENTRAL, openTestOutbox, testFolder } from '../../support/buffer.ts'
import { Play, START_MS } from '../../support/play.ts'
import { press } from '../../support/press.ts'

const RUN = { state: 'run', fault: 0 }
const JAM = { state: 'fault', fault: 101 }
const MACHINE = 'PRESS-07'

/** Two stops of five minutes, with runs around them. */
function playedEvents(): readonly MachineEvent[] {
  return new Play(press()).show(RUN, 600).show(JAM, 300).show(RUN, 600).show(JAM, 300).show(RUN, 60).events
}

interface Site {
  readonly log: string
  readonly outbox: BufferOutbox
  store(events: readonly MachineEvent[]): Promise<void>
}

async function site(folder = testFolder(), options: Partial<OutboxOptions> = {}): Promise<Site> {
  const log = join(folder, 'outbox.db')
  const outbox = await openTestOutbox({ ...options, file: log })
  onTestFinished(() => outbox[Symbol.asyncDispose]())
  const store: Site['store'] = (events) =>
    outbox.append({ at: { boot: 'boot', wallMs: START_MS, monoMs: 1 }, events, states: {} })
  return { log, outbox, store }
}

function opened(log: string) {
  const file = openHistory(historyBeside(log))
  onTestFinished(() => file.close())
  return file
}

function followed(file: ReturnType<typeof opened>): void {
  while (file.follow().missing > 0) {
    // Each call takes one part.
  }
}

function kindsOf(file: ReturnType<typeof opened>): readonly string[] {
  return file.lastRecords(MACHINE, 100, Number.MAX_SAFE_INTEGER).map(({ kind }) => kind)
}

const ALL = ['status', 'status', 'downtime', 'status', 'status', 'downtime', 'status'].toSorted()

test('a history takes up the log where it left it, and what a stop cut off is not taken in twice', async () => {
  const { log, store } = await site()
  const events = playedEvents()
  await store(events.slice(0, 5))
  const first = openHistory(historyBeside(log))
  followed(first)
  first.close()
  await store(events.slice(5))
  const second = opened(log)
  expect(second.follow()).toMatchObject({ missing: 0, halted: null, keptFromMs: START_MS })
  expect(kindsOf(second).toSorted()).toEqual(ALL)
})

test('a damaged file of the history is made again of the log', async () => {
  const { log, store } = await site()
  await store(playedEvents())
  const first = openHistory(historyBeside(log))
  followed(first)
  first.close()
  writeFileSync(join(dirname(log), 'history.db'), 'no database at all '.repeat(1_000))
  const again = opened(log)
  followed(again)
  expect(kindsOf(again).toSorted()).toEqual(ALL)
})

// Fault of the catalogue: [C7]
test('a byte that was changed within a record costs one question: then the history is made again of the log', async () => {
  const { log, store } = await site()
  await store(playedEvents())
  const first = openHistory(historyBeside(log))
  followed(first)
  first.close()
  const { file } = historyBeside(log)
  const db = new Database(file)
  db.exec(`UPDATE record SET payload = 'x' || payload WHERE kind = 'downtime'`)
  db.close()
  const second = opened(log)
  expect(() => kindsOf(second)).toThrow('not valid JSON')
  const third = opened(log)
  followed(third)
  expect(kindsOf(third).toSorted()).toEqual(ALL)
})

test('of another incarnation of the log the history begins again, since its numbers mean other events', async () => {
  const { log, outbox, store } = await site()
  await store(playedEvents())
  const first = openHistory(historyBeside(log))
  followed(first)
  first.close()
  await outbox.acknowledge(CENTRAL.name, (await outbox.tail()).seq)
  await outbox.beginIncarnation(2)
  const again = opened(log)
  followed(again)
  expect(kindsOf(again)).toEqual([])
})

test('of a log that was put back to an older state and went on from there, only what is in it now is shown', async () => {
  const [folder, older] = [testFolder(), join(testFolder(), 'outbox.db')]
  const first = await openTestOutbox({ file: join(folder, 'outbox.db') })
  const events = playedEvents()
  const entry = (some: readonly MachineEvent[]) => ({
    at: { boot: 'boot', wallMs: START_MS, monoMs: 1 },
    events: some,
    states: {},
  })
  await first.append(entry(events.slice(0, 1)))
  await first[Symbol.asyncDispose]()
  copyFileSync(join(folder, 'outbox.db'), older)
  const { log, outbox, store } = await site(folder)
  await store(events.slice(1, 8))
  const before = openHistory(historyBeside(log))
  followed(before)
  before.close()
  await outbox[Symbol.asyncDispose]()
  copyFileSync(older, log)
  const again = await site(folder)
  await again.store(events.slice(0, 1).flatMap((event) => Array(20).fill(event)))
  const now = opened(log)
  followed(now)
  expect(kindsOf(now)).toEqual(['status'])
})

test('a log that is begun anew while the gateway runs is followed, and not the one that was set aside', async () => {
  const { log, outbox, store } = await site()
  await store(playedEvents().slice(0, 3))
  const file = opened(log)
  followed(file)
  await outbox[Symbol.asyncDispose]()
  for (const part of ['', '-wal', '-shm'])
    if (existsSync(log + part)) renameSync(log + part, `${log}.aside${part}`)
  const { store: storeNew } = await site(dirname(log))
  await storeNew(playedEvents())
  followed(file)
  expect(kindsOf(file).toSorted()).toEqual(ALL)
})

test('what is asked for is as new as the log, without waiting for the next turn', async () => {
  const { log, outbox, store } = await site()
  await using history = createHistory({ files: historyBeside(log), outbox, clock: systemClock })
  expect(await history.lastRecords(MACHINE, 5)).toEqual([])
  await store(playedEvents())
  const [last] = await history.lastRecords(MACHINE, 1)
  expect(last).toMatchObject({ kind: 'status', status: 'running', ended: null })
  const span = { fromMs: START_MS, toMs: START_MS + 86_400_000, nowMs: START_MS + 1_860_000 }
  const question = { ...span, machines: [{ machine: MACHINE, seenToMs: START_MS + 1_860_000 }] }
  const [sums] = await history.sums(question)
  expect(sums?.stops).toEqual([
    { reason: 'mechanical_failure', category: 'equipment', count: 2, lastedMs: 600_000 },
  ])
  const [timeline] = await history.timelines(question)
  expect(timeline?.stretches.map(({ status }) => status)).toEqual([
    'running',
    'down',
    'running',
    'down',
    'running',
  ])
})

test('what could not be taken in is taken in with the next question, though nothing new has come since', async () => {
  const { log, outbox, store } = await site()
  await using history = createHistory({ files: historyBeside(log), outbox, clock: systemClock })
  await history.lastRecords(MACHINE, 1)
  await store(playedEvents())
  const other = new Database(historyBeside(log).file)
  other.exec('BEGIN EXCLUSIVE')
  await expect(history.lastRecords(MACHINE, 1)).rejects.toThrow(/locked/)
  other.close()
  expect(await history.lastRecords(MACHINE, 1)).toMatchObject([{ kind: 'status', status: 'running' }])
})

test('rows of a machine come page by page, the newest first', async () => {
  const { log, outbox, store } = await site()
  await using history = createHistory({ files: historyBeside(log), outbox, clock: systemClock })
  await store(playedEvents())
  const first = await history.lastRecords(MACHINE, 2)
  const second = await history.lastRecords(MACHINE, 100, Date.parse(first.at(-1)?.at ?? ''))
  expect(first.length + second.length).toBe(ALL.length)
  const moments = [...first, ...second].map(({ at }) => at)
  expect(moments).toEqual(moments.toSorted().toReversed())
})
