import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
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

const HOUR_MS = 3_600_000
const PATIENCE = { timeout: 20_000 }

/** The system's clock, but it is so late, and long waits for the next look at retention are short. */
function clockAt(wallMs: number): Clock {
  return {
    ...systemClock,
    now: () => ({ boot: 'boot-1', wallMs, monoMs: systemClock.now().monoMs }),
    sleep: (ms, signal) => systemClock.sleep(Math.min(ms, 20), signal),
  }
}

describe('by age', () => {
  it('waits for the slowest consumer that must deliver and for no other, and removes what is older than the retention', async () => {
    const outbox = await testOutbox({
      retentionMs: HOUR_MS,
      clock: clockAt(START_MS + HOUR_MS + 5),
      consumers: [CENTRAL, PLANT, FEED],
    })
    await Promise.all([1, 2, 3, 4, 5, 6, 7].map((number) => outbox.append(entry(number))))
    await outbox.acknowledge('central', 7)
    await outbox.acknowledge('plant', 3)
    await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(4), PATIENCE)
    await outbox.acknowledge('plant', 7)
    await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(5), PATIENCE)
    expect(await storedNumbers(outbox)).toEqual([5, 6, 7])
  })

  it('still proves the chain, and knows the place just before the oldest kept event', async () => {
    const outbox = await testOutbox({ retentionMs: HOUR_MS, clock: clockAt(START_MS + HOUR_MS + 3) })
    await Promise.all([1, 2, 3, 4].map((number) => outbox.append(entry(number))))
    const second = await outbox.hashAt(2)
    await outbox.acknowledge('central', 4)
    await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(3), PATIENCE)
    expect(await outbox.hashAt(2)).toEqual(second)
    expect(await outbox.hashAt(1)).toBeUndefined()
    expect(await outbox.hashAt(0)).toBeUndefined()
    expect(await outbox.verifyChain()).toBeNull()
    await outbox.rewind('central', 2)
    await expect(outbox.rewind('central', 1)).rejects.toThrow('kept from 3 on')
  })

  it('removes thousands of events, chunk after chunk, and never uses a number again', async () => {
    const file = join(testFolder(), 'outbox.db')
    const clock = clockAt(START_MS + 30 * 24 * HOUR_MS)
    const outbox = await testOutbox({ file, retentionMs: HOUR_MS, clock })
    await Promise.all(Array.from({ length: 3_500 }, (_, number) => outbox.append(entry(number))))
    const tail = await outbox.tail()
    await outbox.acknowledge('central', 3_500)
    await vi.waitFor(async () => expect(await outbox.oldestKept()).toBe(0), PATIENCE)
    expect(await outbox.tail()).toEqual(tail)
    await outbox[Symbol.asyncDispose]()

    const again = await testOutbox({ file, clock })
    expect(await again.tail()).toEqual(tail)
    await again.append(entry(1))
    expect((await again.tail()).seq).toBe(3_501)
  })

  it('removes nothing while nobody has ever acknowledged', async () => {
    const outbox = await testOutbox({ retentionMs: 0, clock: clockAt(START_MS + HOUR_MS) })
    await outbox.append(entry(1))
    await systemClock.sleep(100)
    expect(await outbox.oldestKept()).toBe(1)
  })
})

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
})
