import { join } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it, vi } from 'vitest'
import { openLogReader } from '../../../src/buffer/log-reader.ts'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import { type ConsumerStats, LEFT_OUT } from '../../../src/domain/outbox.ts'
import {
  CENTRAL,
  FEED,
  PLANT,
  recordingLog,
  storedNumbers,
  testFolder,
  testOutbox,
} from '../../support/buffer.ts'
import { entry, numberOf, openedEvent, START_MS } from '../../support/entries.ts'
import { type MovedClock, movedClock } from '../../support/moved-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PATIENCE = { timeout: 60_000 }

/** Lets everything that is in the log now become older than an hour. */
async function growOld({ moveOn, look }: MovedClock): Promise<void> {
  moveOn(HOUR_MS / 2)
  await look()
  moveOn(2 * HOUR_MS)
}

async function append(outbox: BufferOutbox, from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index)
  await Promise.all(numbers.map((number) => outbox.append(entry(number))))
}

/** What a consumer gets from where it stands to the end, by the numbers that `entry` gave. */
async function getsFrom(outbox: BufferOutbox, consumer: string): Promise<readonly number[]> {
  const stored = await outbox.read((await outbox.cursor(consumer)).seq, 1_000, consumer)
  return stored.filter(({ event }) => event.kind !== LEFT_OUT).map(({ event }) => numberOf(event))
}

async function statsOf(outbox: BufferOutbox, consumer: string): Promise<ConsumerStats | undefined> {
  return (await outbox.stats()).consumers.find(({ name }) => name === consumer)
}

// Fault of the catalogue: [E1]
describe('a consumer at best effort that never reads for 60 days', () => {
  const RETENTION_MS = 7 * DAY_MS
  const EVENTS_AN_HOUR = 20
  const HOURS = 60 * 24
  const MAX_BYTES = 3 * 1024 * 1024
  /** Room is made before a group is stored, by an estimate that is at most so much too low. */
  const ESTIMATE_BYTES = 64 * 1024

  /** A batch an hour, which central takes at once. */
  async function live(outbox: BufferOutbox, { moveOn, look }: MovedClock): Promise<void> {
    for (let hour = 0; hour < HOURS; hour += 1) {
      moveOn(HOUR_MS)
      const at = { boot: 'boot-1', wallMs: START_MS + (hour + 1) * HOUR_MS, monoMs: hour * HOUR_MS }
      const events = Array.from({ length: EVENTS_AN_HOUR }, (_, index) => openedEvent(index, 'x'.repeat(100)))
      await outbox.append({ at, events, states: {} })
      const { seq } = await outbox.tail()
      await outbox.acknowledge('central', seq)
      await look()
      const { blocked, bytes, pending } = await outbox.stats()
      expect({ blocked, pending }).toEqual({ blocked: null, pending: 0 })
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES + ESTIMATE_BYTES)
    }
  }

  it('neither fills the log nor stops appends, by age', async () => {
    const moved = movedClock()
    const file = join(testFolder(), 'outbox.db')
    const options = {
      file,
      clock: moved.clock,
      retentionMs: RETENTION_MS,
      maxBytes: MAX_BYTES,
      consumers: [CENTRAL, FEED],
    }
    const outbox = await testOutbox(options)
    await live(outbox, moved)
    // What is exactly as old as the retention stays.
    const expected = (RETENTION_MS / HOUR_MS + 1) * EVENTS_AN_HOUR
    const kept = async () => (await outbox.tail()).seq - (await outbox.oldestKept()) + 1
    await vi.waitFor(async () => expect(await kept()).toBe(expected), PATIENCE)

    const missed = HOURS * EVENTS_AN_HOUR - expected
    expect((await outbox.cursor('feed')).seq).toBe(missed)
    expect(await statsOf(outbox, 'feed')).toMatchObject({ pending: expected, missed })
    await outbox.acknowledge('feed', missed + 10)
    await outbox[Symbol.asyncDispose]()

    const again = await testOutbox(options)
    expect((await again.cursor('feed')).seq).toBe(missed + 10)
    expect(await statsOf(again, 'feed')).toMatchObject({ pending: expected - 10, missed })
    expect(await again.verifyChain()).toBeNull()
  }, 120_000)

  it('neither fills the log nor stops appends, by size', async () => {
    const moved = movedClock()
    const retentionMs = 365 * DAY_MS
    const outbox = await testOutbox({
      clock: moved.clock,
      retentionMs,
      maxBytes: MAX_BYTES,
      consumers: [CENTRAL, FEED],
    })
    await live(outbox, moved)
    const { missed = 0, pending = 0 } = (await statsOf(outbox, 'feed')) ?? {}
    expect(missed).toBeGreaterThan(0)
    expect(missed + pending).toBe(HOURS * EVENTS_AN_HOUR)
  }, 120_000)
})

it('removes by age alone where nobody must deliver', async () => {
  const moved = movedClock()
  const outbox = await testOutbox({ clock: moved.clock, retentionMs: HOUR_MS, consumers: [FEED] })
  await append(outbox, 1, 5)
  await growOld(moved)
  await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(0), PATIENCE)
  expect(await statsOf(outbox, 'feed')).toMatchObject({ pending: 0, missed: 5 })
})

it('keeps nothing for a consumer that is not configured any more, and says so once', async () => {
  const moved = movedClock()
  const { clock } = moved
  const file = join(testFolder(), 'outbox.db')
  const before = await testOutbox({ file, clock, consumers: [CENTRAL, PLANT] })
  await append(before, 1, 5)
  await before.acknowledge('central', 5)
  await before[Symbol.asyncDispose]()

  const { log, lines } = recordingLog()
  const outbox = await testOutbox({ file, clock, log, retentionMs: HOUR_MS, consumers: [CENTRAL] })
  expect(await outbox.stats()).toMatchObject({ pending: 0, consumers: [{ name: 'central' }] })
  await growOld(moved)
  await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(0), PATIENCE)
  expect(lines.filter(({ msg }) => msg.includes('plant'))).toMatchObject([{ level: 30 }])
})

it('lets a consumer that is new to an old log begin with what is kept, and counts nothing before it as missed', async () => {
  const moved = movedClock()
  const file = join(testFolder(), 'outbox.db')
  const options = { file, clock: moved.clock, retentionMs: HOUR_MS }
  const before = await testOutbox({ ...options, consumers: [CENTRAL] })
  await append(before, 1, 5)
  await before.acknowledge('central', 5)
  await growOld(moved)
  await vi.waitFor(async () => expect(await before.oldestKept()).toBe(0), PATIENCE)
  await before[Symbol.asyncDispose]()

  const outbox = await testOutbox({ ...options, consumers: [CENTRAL, FEED] })
  expect(await outbox.cursor('feed')).toEqual(await outbox.tail())
  expect(await statsOf(outbox, 'feed')).toMatchObject({ pending: 0, missed: 0 })
})

describe('a new incarnation with two consumers that must deliver', () => {
  it('keeps what one of them still needs, and each goes on where it stood', async () => {
    const outbox = await testOutbox({ consumers: [CENTRAL, PLANT, FEED] })
    await append(outbox, 1, 10)
    await outbox.acknowledge('central', 7)
    await outbox.acknowledge('plant', 3)
    await outbox.acknowledge('feed', 1)
    await outbox.beginIncarnation(2)
    await append(outbox, 11, 11)
    expect(await getsFrom(outbox, 'central')).toEqual([8, 9, 10, 11])
    expect(await getsFrom(outbox, 'plant')).toEqual([4, 5, 6, 7, 8, 9, 10, 11])
    expect(await statsOf(outbox, 'feed')).toMatchObject({ pending: 8, missed: 2 })
    expect(await outbox.verifyChain()).toBeNull()
  })

  it('drops what is left out for one only where the other has it too', async () => {
    const file = join(testFolder(), 'outbox.db')
    const outbox = await testOutbox({ file, consumers: [CENTRAL, PLANT] })
    await append(outbox, 1, 8)
    await outbox.acknowledge('central', 2)
    await outbox.acknowledge('plant', 5)
    await outbox.beginIncarnation(2, { consumer: 'central', seqs: [3, 4, 6, 7] })
    expect(await storedNumbers(outbox)).toEqual([5, 6, 7, 8])
    expect(await getsFrom(outbox, 'plant')).toEqual([6, 7, 8])
    expect(await getsFrom(outbox, 'central')).toEqual([5, 8])
    const forCentral = await outbox.read(0, 10, 'central')
    expect(forCentral.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect(forCentral.map(({ hash }) => hash)).toEqual((await outbox.read(0, 10)).map(({ hash }) => hash))
    expect((await outbox.cursor('central')).seq).toBe(0)
    await outbox.beginIncarnation(3, { consumer: 'plant', seqs: [3] })
    expect(await storedNumbers(outbox)).toEqual([5, 6, 8])
    expect(await getsFrom(outbox, 'central')).toEqual([5, 8])
    expect(await getsFrom(outbox, 'plant')).toEqual([6, 8])
    expect(await outbox.verifyChain()).toBeNull()
  })
})

it('salvages what was left out for one consumer as left out, and forgets the mark with the event', async () => {
  const file = join(testFolder(), 'outbox.db')
  const before = await testOutbox({ file, consumers: [CENTRAL, PLANT] })
  await append(before, 1, 6)
  await before.beginIncarnation(2, { consumer: 'central', seqs: [2, 5] })
  await before.acknowledge('plant', 1)
  await before.acknowledge('central', 1)
  await before[Symbol.asyncDispose]()
  const intruder = new Database(file)
  intruder.exec("UPDATE event SET payload = replace(payload, 'E-3', 'E-0') WHERE seq = 3")
  intruder.close()

  const moved = movedClock()
  const outbox = await testOutbox({
    file,
    clock: moved.clock,
    retentionMs: HOUR_MS,
    consumers: [CENTRAL, PLANT],
  })
  expect(await getsFrom(outbox, 'central')).toEqual([4, 6])
  expect(await getsFrom(outbox, 'plant')).toEqual([2, 4, 5, 6])
  using reader = openLogReader(file)
  const kindsFor = (consumer?: string) =>
    [...reader.pages(0, consumer)].flatMap(({ events }) => events.map(({ event }) => event.kind))
  expect(kindsFor('central')).toEqual([LEFT_OUT, 'status.opened', LEFT_OUT, 'status.opened'])
  expect(new Set(kindsFor())).toEqual(new Set(['status.opened']))
  await Promise.all(['central', 'plant'].map((consumer) => outbox.acknowledge(consumer, 4)))
  await growOld(moved)
  await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(0), PATIENCE)
  await outbox[Symbol.asyncDispose]()
  const db = new Database(file, { readonly: true })
  expect(db.prepare('SELECT count(*) FROM left_out').pluck().get()).toBe(0)
  db.close()
})

it('salvages what the slower of two consumers needs, and the faster gets nothing twice', async () => {
  const file = join(testFolder(), 'outbox.db')
  const before = await testOutbox({ file, consumers: [CENTRAL, PLANT, FEED] })
  await append(before, 1, 20)
  await before.acknowledge('central', 12)
  await before.acknowledge('plant', 5)
  await before.acknowledge('feed', 2)
  await before[Symbol.asyncDispose]()
  const intruder = new Database(file)
  intruder.exec("UPDATE event SET payload = replace(payload, 'E-9', 'E-0') WHERE seq = 9")
  intruder.close()

  const outbox = await testOutbox({ file, consumers: [CENTRAL, PLANT, FEED] })
  expect(await getsFrom(outbox, 'central')).toEqual([13, 14, 15, 16, 17, 18, 19, 20])
  expect(await getsFrom(outbox, 'plant')).toEqual([6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20])
  expect(await statsOf(outbox, 'feed')).toMatchObject({ missed: 3 })
  expect(await outbox.verifyChain()).toBeNull()
})

describe('consumers that change while the log is in use', () => {
  it('begin with the oldest kept event, and hold back what they have not read', async () => {
    const moved = movedClock()
    const outbox = await testOutbox({ clock: moved.clock, retentionMs: HOUR_MS })
    await append(outbox, 1, 3)
    await outbox.configure([CENTRAL, PLANT])
    await outbox.acknowledge('central', 3)
    await growOld(moved)
    await moved.look()
    expect(await getsFrom(outbox, 'plant')).toEqual([1, 2, 3])
    expect(await statsOf(outbox, 'plant')).toMatchObject({ must: 'deliver', pending: 3 })
  })

  it('hold nothing back once they are left out, and go on where they stood when they are back', async () => {
    const moved = movedClock()
    const outbox = await testOutbox({ clock: moved.clock, retentionMs: HOUR_MS, consumers: [CENTRAL, PLANT] })
    await append(outbox, 1, 3)
    await outbox.acknowledge('central', 3)
    await outbox.acknowledge('plant', 2)
    await outbox.configure([CENTRAL])
    expect(await outbox.stats()).toMatchObject({ pending: 0, consumers: [{ name: 'central' }] })
    await expect(outbox.cursor('plant')).rejects.toThrow('plant is not configured')
    await outbox.configure([CENTRAL, PLANT])
    expect(await getsFrom(outbox, 'plant')).toEqual([3])
    await outbox.configure([CENTRAL])
    await growOld(moved)
    await vi.waitFor(async () => {
      await moved.look()
      expect(await outbox.oldestKept()).toBe(0)
    }, PATIENCE)
  })
})
