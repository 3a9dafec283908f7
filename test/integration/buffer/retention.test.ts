import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import type { BufferOutbox } from '../../../src/buffer/outbox.ts'
import type { Consumer } from '../../../src/domain/outbox.ts'
import { type Clock, systemClock } from '../../../src/runtime/clock.ts'
import {
  CENTRAL,
  FEED,
  PLANT,
  recordingLog,
  storedNumbers,
  testFolder,
  testOutbox,
} from '../../support/buffer.ts'
import { entry, numberOf, START_MS } from '../../support/entries.ts'
import { type MovedClock, movedClock } from '../../support/moved-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const PATIENCE = { timeout: 60_000 }

/** Appends events of these numbers, and lets half an hour pass behind each. */
async function appendSlowly(
  outbox: BufferOutbox,
  { moveOn, look }: MovedClock,
  numbers: readonly number[],
): Promise<void> {
  for (const number of numbers) {
    await outbox.append(entry(number))
    await look()
    moveOn(HOUR_MS / 2)
    await look()
  }
}

describe('by age', () => {
  it('waits for the slowest consumer that must deliver and for no other, and removes what is older than the retention', async () => {
    const moved = movedClock()
    const outbox = await testOutbox({
      retentionMs: HOUR_MS,
      clock: moved.clock,
      consumers: [CENTRAL, PLANT, FEED],
    })
    await appendSlowly(outbox, moved, [1, 2, 3, 4, 5, 6, 7])
    await outbox.acknowledge('central', 7)
    await outbox.acknowledge('plant', 3)
    await moved.look()
    expect(await outbox.oldestKept()).toBe(4)
    await outbox.acknowledge('plant', 7)
    await moved.look()
    // It has run for half an hour behind each, and for an hour and a half behind the fourth: more than an hour is proven of that.
    expect(await outbox.oldestKept()).toBe(5)
    expect(await storedNumbers(outbox)).toEqual([5, 6, 7])
  })

  it('still proves the chain, and knows the place just before the oldest kept event', async () => {
    const moved = movedClock()
    const outbox = await testOutbox({ retentionMs: HOUR_MS, clock: moved.clock })
    await appendSlowly(outbox, moved, [1, 2, 3, 4, 5])
    const second = await outbox.hashAt(2)
    await outbox.acknowledge('central', 5)
    await moved.look()
    expect(await outbox.oldestKept()).toBe(3)
    expect(await outbox.hashAt(2)).toEqual(second)
    expect(await outbox.hashAt(1)).toBeUndefined()
    expect(await outbox.hashAt(0)).toBeUndefined()
    expect(await outbox.verifyChain()).toBeNull()
    await outbox.rewind('central', 2)
    await expect(outbox.rewind('central', 1)).rejects.toThrow('kept from 3 on')
  })

  it('removes thousands of events, chunk after chunk, and never uses a number again', async () => {
    const file = join(testFolder(), 'outbox.db')
    const moved = movedClock()
    const outbox = await testOutbox({ file, retentionMs: HOUR_MS, clock: moved.clock })
    await Promise.all(Array.from({ length: 3_500 }, (_, number) => outbox.append(entry(number))))
    const tail = await outbox.tail()
    await outbox.acknowledge('central', 3_500)
    for (let hours = 0; hours < 4; hours += 1) {
      moved.moveOn(HOUR_MS)
      await moved.look()
    }
    expect(await outbox.oldestKept()).toBe(0)
    expect(await outbox.tail()).toEqual(tail)
    await outbox[Symbol.asyncDispose]()

    const again = await testOutbox({ file, clock: moved.clock })
    expect(await again.tail()).toEqual(tail)
    await again.append(entry(1))
    expect((await again.tail()).seq).toBe(3_501)
  })

  it('removes nothing because the wall clock was a month ahead for a while, nor after it was set right', async () => {
    const file = join(testFolder(), 'outbox.db')
    const moved = movedClock()
    const options = { file, clock: moved.clock, retentionMs: 7 * DAY_MS }
    const before = await testOutbox(options)
    await appendSlowly(before, moved, [1, 2, 3])
    await before.acknowledge('central', 3)
    await before[Symbol.asyncDispose]()

    moved.setWall(START_MS + 30 * DAY_MS)
    const ahead = await testOutbox(options)
    await ahead.append({ ...entry(4), at: moved.clock.now() })
    await ahead.acknowledge('central', 4)
    for (let minute = 0; minute < 20; minute += 1) {
      moved.moveOn(60_000)
      await moved.look()
    }
    expect(await ahead.oldestKept()).toBe(1)
    await ahead[Symbol.asyncDispose]()

    moved.setWall(START_MS + DAY_MS)
    const right = await testOutbox(options)
    await appendSlowly(right, moved, [5])
    expect(await right.oldestKept()).toBe(1)
  })

  it('removes events that a clock dated into the future or the past as soon as they are old, and no sooner', async () => {
    const moved = movedClock()
    const outbox = await testOutbox({ clock: moved.clock, retentionMs: DAY_MS })
    for (const wallMs of [START_MS + 90 * DAY_MS, START_MS - 9_000 * DAY_MS, START_MS]) {
      moved.setWall(wallMs)
      await outbox.append({ ...entry(1), at: moved.clock.now() })
      await moved.look()
      moved.moveOn(HOUR_MS)
      await moved.look()
    }
    await outbox.acknowledge('central', 3)
    moved.moveOn(21 * HOUR_MS)
    await moved.look()
    expect(await outbox.oldestKept()).toBe(1)
    moved.moveOn(2 * HOUR_MS)
    await moved.look()
    expect(await outbox.oldestKept()).toBe(2)
    moved.moveOn(2 * HOUR_MS)
    await moved.look()
    expect(await outbox.oldestKept()).toBe(0)
  })

  it('counts only the time in which it runs, over all its starts', async () => {
    const file = join(testFolder(), 'outbox.db')
    const moved = movedClock()
    const oldest = []
    for (let day = 1; day <= 5; day += 1) {
      const outbox = await testOutbox({ file, clock: moved.clock, retentionMs: DAY_MS })
      if (day === 1) await outbox.append(entry(1))
      await outbox.acknowledge('central', 1)
      for (let hour = 0; hour < 8; hour += 1) {
        await moved.look()
        moved.moveOn(HOUR_MS)
        await moved.look()
      }
      oldest.push(await outbox.oldestKept())
      await outbox[Symbol.asyncDispose]()
      moved.moveOn(16 * HOUR_MS)
    }
    expect(oldest).toEqual([1, 1, 1, 0, 0])
  })

  it('removes nothing for its age within the first minutes of a start', async () => {
    const file = join(testFolder(), 'outbox.db')
    const moved = movedClock()
    const options = { file, clock: moved.clock, retentionMs: HOUR_MS }
    const before = await testOutbox(options)
    await appendSlowly(before, moved, [1, 2, 3, 4])
    await before[Symbol.asyncDispose]()
    const again = await testOutbox(options)
    await again.acknowledge('central', 4)
    moved.moveOn(4 * 60_000)
    await moved.look()
    expect(await again.oldestKept()).toBe(1)
    moved.moveOn(2 * 60_000)
    await moved.look()
    expect(await again.oldestKept()).toBe(3)
  })

  it('removes nothing while nobody has ever acknowledged', async () => {
    const moved = movedClock()
    const outbox = await testOutbox({ retentionMs: 0, clock: moved.clock })
    await outbox.append(entry(1))
    moved.moveOn(HOUR_MS)
    await moved.look()
    expect(await outbox.oldestKept()).toBe(1)
  })
})

// Bound: maxBytes
describe('by size', () => {
  const maxBytes = 2 * 1024 * 1024
  const notes = 'x'.repeat(10_000)

  it('lets acknowledged events go early, oldest first, and says so once', async () => {
    const { log, lines } = recordingLog()
    const outbox = await testOutbox({ maxBytes, log })
    for (let number = 1; number <= 500; number += 1) {
      await outbox.append(entry(number, notes))
      await outbox.acknowledge('central', number)
    }
    const { bytes } = await outbox.stats()
    expect(bytes).toBeLessThanOrEqual(maxBytes)
    expect(await outbox.oldestKept()).toBeGreaterThan(1)
    expect(await outbox.verifyChain()).toBeNull()
    expect(lines.filter(({ msg }) => msg.includes('acknowledged events go before')).length).toBe(1)
  })

  it('blocks, and says why, when it is full of what central has not got; then goes on in order', async () => {
    const outbox = await testOutbox({ maxBytes })
    const appended = Array.from({ length: 500 }, (_, number) => outbox.append(entry(number, notes)))
    await vi.waitFor(async () => {
      expect((await outbox.stats()).blocked).toContain('not acknowledged yet')
    }, PATIENCE)
    expect(outbox.uncommitted).toBeGreaterThan(0)

    const read: number[] = []
    while (read.length < 500) {
      const page = await outbox.read(read.length, 100)
      for (const { seq, event } of page) {
        expect(seq).toBe(read.length + 1)
        read.push(numberOf(event))
      }
      await outbox.acknowledge('central', read.length)
      if (page.length === 0) await systemClock.sleep(10)
    }
    await Promise.all(appended)
    expect(read).toEqual(Array.from({ length: 500 }, (_, number) => number))
    expect((await outbox.stats()).blocked).toBeNull()
  })

  it('goes on with the first acknowledgement, and not only with the next of its own pauses', async () => {
    const waits: { ms: number; hasEnded: boolean }[] = []
    const sleep: Clock['sleep'] = async (ms, signal) => {
      const one = { ms, hasEnded: false }
      waits.push(one)
      // Each pause of the longest kind lasts until it is ended.
      await systemClock.sleep(ms < 5_000 ? 0 : 10 * 60_000, signal)
      one.hasEnded = true
    }
    const outbox = await testOutbox({ maxBytes, clock: { ...systemClock, sleep } })
    const appended = Array.from({ length: 500 }, (_, number) => outbox.append(entry(number, notes)))
    await vi.waitFor(() => expect(waits.at(-1)?.ms).toBe(5_000), PATIENCE)
    while ((await outbox.tail()).seq < 500) {
      await outbox.acknowledge('central', (await outbox.tail()).seq)
      await systemClock.sleep(10)
    }
    await Promise.all(appended)
    expect(waits.filter(({ ms }) => ms === 5_000).every(({ hasEnded }) => hasEnded)).toBe(true)
  })

  it('is not tried again for what a consumer acknowledges while another one holds the same events back', async () => {
    const waits: { ms: number; hasEnded: boolean }[] = []
    const sleep: Clock['sleep'] = async (ms, signal) => {
      const one = { ms, hasEnded: false }
      waits.push(one)
      await systemClock.sleep(ms < 5_000 ? 0 : 10 * 60_000, signal)
      one.hasEnded = true
    }
    const outbox = await testOutbox({
      maxBytes,
      consumers: [CENTRAL, PLANT, FEED],
      clock: { ...systemClock, sleep },
    })
    const appended = Array.from({ length: 500 }, (_, number) => outbox.append(entry(number, notes)))
    await vi.waitFor(() => expect(waits.at(-1)?.ms).toBe(5_000), PATIENCE)
    const tried = waits.length
    const { seq } = await outbox.tail()
    for (let acked = 1; acked <= seq; acked += 1) {
      await outbox.acknowledge(PLANT.name, acked)
      await outbox.acknowledge(FEED.name, acked)
    }
    expect(waits).toHaveLength(tried)
    while ((await outbox.tail()).seq < 500) {
      await outbox.acknowledge('central', (await outbox.tail()).seq)
      await outbox.acknowledge(PLANT.name, (await outbox.tail()).seq)
      await systemClock.sleep(10)
    }
    await Promise.all(appended)
    expect(waits.filter(({ ms }) => ms === 5_000).every(({ hasEnded }) => hasEnded)).toBe(true)
  })

  it('names only the consumers that hold events back, and goes on naming the right ones as they come back', async () => {
    const outbox = await testOutbox({ maxBytes, consumers: [CENTRAL, PLANT, FEED] })
    const appended = Array.from({ length: 500 }, (_, number) => outbox.append(entry(number, notes)))
    const blocked = async () => (await outbox.stats()).blocked ?? ''
    await vi.waitFor(async () => expect(await blocked()).toContain('by central and plant;'), PATIENCE)
    await outbox.acknowledge('central', (await outbox.tail()).seq)
    await vi.waitFor(async () => expect(await blocked()).toContain('by plant; bring plant back'), PATIENCE)
    while ((await outbox.tail()).seq < 500) {
      const { seq } = await outbox.tail()
      await Promise.all(['central', 'plant'].map((consumer) => outbox.acknowledge(consumer, seq)))
      await systemClock.sleep(10)
    }
    await Promise.all(appended)
    expect(await blocked()).toBe('')
  })

  it('goes on where only one that yields holds events back, which then misses the oldest and knows how many', async () => {
    const { log, lines } = recordingLog()
    const broker: Consumer = { name: 'broker', must: 'deliver', yields: true }
    const outbox = await testOutbox({ maxBytes, log, consumers: [CENTRAL, broker] })
    for (let number = 1; number <= 500; number += 1) {
      await outbox.append(entry(number, notes))
      await outbox.acknowledge('central', number)
    }
    const oldest = await outbox.oldestKept()
    const { bytes, blocked, consumers } = await outbox.stats()
    expect(blocked).toBeNull()
    expect(bytes).toBeLessThanOrEqual(maxBytes)
    expect(oldest).toBeGreaterThan(1)
    expect(consumers.find(({ name }) => name === 'broker')).toMatchObject({
      missed: oldest - 1,
      pending: 500 - oldest + 1,
    })
    expect((await outbox.cursor('broker')).seq).toBe(oldest - 1)
    const said = lines.filter(({ msg }) =>
      msg.includes('the oldest events go although broker has not got them'),
    )
    expect(said.length).toBe(1)
  })

  it('lets what all have read go before anything that one which yields has not', async () => {
    const broker: Consumer = { name: 'broker', must: 'deliver', yields: true }
    const outbox = await testOutbox({ maxBytes, consumers: [CENTRAL, broker] })
    for (let number = 1; number <= 500; number += 1) {
      await outbox.append(entry(number, notes))
      await outbox.acknowledge('central', number)
      await outbox.acknowledge('broker', Math.max(0, number - 100))
    }
    const { consumers } = await outbox.stats()
    expect(consumers.find(({ name }) => name === 'broker')).toMatchObject({ missed: 0, pending: 100 })
  })

  it('blocks for central as ever, whoever else yields', async () => {
    const broker: Consumer = { name: 'broker', must: 'deliver', yields: true }
    const outbox = await testOutbox({ maxBytes, consumers: [CENTRAL, broker] })
    const appended = Array.from({ length: 500 }, (_, number) => outbox.append(entry(number, notes)))
    await vi.waitFor(async () => {
      expect((await outbox.stats()).blocked).toContain('by central; bring central back')
    }, PATIENCE)
    while ((await outbox.tail()).seq < 500) {
      await outbox.acknowledge('central', (await outbox.tail()).seq)
      await systemClock.sleep(10)
    }
    await Promise.all(appended)
  })
})
