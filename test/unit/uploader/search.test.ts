import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DestinationTransaction } from '../../../src/domain/destination.ts'
import { DestinationError } from '../../../src/domain/errors.ts'
import type { StoredEvent } from '../../../src/domain/outbox.ts'
import { outlookOf } from '../../../src/uploader/blame.ts'
import { createStride, search } from '../../../src/uploader/search.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'
import { amended } from '../../support/central-events.ts'

const clock = createVirtualTime(createRandom(1))
/** Batches with any of their events refused. */
const batches = fc.array(fc.boolean(), { minLength: 1, maxLength: 300 })

/** Batches of which hardly any events are refused, as in a plant: what is to be found is far from what was found before. */
const rareRefusals = fc
  .record({ length: fc.integer({ min: 1, max: 300 }), at: fc.array(fc.nat(299), { maxLength: 4 }) })
  .map(({ length, at }) => Array.from({ length }, (_, index) => at.includes(index)))

/** A transaction that refuses some events, leaves every tenth out, and writes down what it is asked to do. */
function transactionRefusing(refused: (seq: number) => boolean, isLeftOut = (_: number) => false) {
  const applied: number[] = []
  const counts = { applies: 0 }
  const apply: DestinationTransaction['apply'] = async (events, { guarded }) => {
    counts.applies += 1
    expect(guarded).toBe(true)
    const out = events.filter(({ seq }) => isLeftOut(seq))
    if (events.some(({ seq }) => refused(seq) && !isLeftOut(seq)))
      throw new DestinationError('central-row', 'refused', { refusal: 'refused', sqlstate: 'MX001' })
    applied.push(...events.filter((event) => !out.includes(event)).map(({ seq }) => seq))
    return out.map((event) => ({ event, reason: 'unknown', sqlstate: null }))
  }
  return { applied, counts, transaction: { apply } as unknown as DestinationTransaction }
}

function eventsOf(refused: readonly boolean[]): readonly StoredEvent[] {
  return refused.map((_, index) => ({
    seq: index + 1,
    capturedAtMs: 0,
    hash: new Uint8Array(),
    event: amended({ ended: null }),
  }))
}

const whole = (events: readonly unknown[]) => ({
  clock,
  stride: createStride(events.length),
  outlook: () => 'open' as const,
})

describe('a search', () => {
  test('finds exactly the refused ones and lands all others, both in order', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (refused) => {
        const { transaction, applied } = transactionRefusing((seq) => refused[seq - 1] === true)
        const found = await search(transaction, eventsOf(refused), whole(refused))
        const seqs = refused.map((_, index) => index + 1)
        expect(found.refused.map(({ event }) => event.seq)).toEqual(seqs.filter((seq) => refused[seq - 1]))
        expect(applied).toEqual(seqs.filter((seq) => !refused[seq - 1]))
        expect(found.landed.map(({ seq }) => seq)).toEqual(applied)
        expect(found.tried).toBe(refused.length)
      }),
    )
  })

  test('needs at most 2 + 2·k·(1 + ⌈log2 n⌉) tries for k refused of n, and never more than two for each event', async () => {
    const judge = async (refused: readonly boolean[]) => {
      const { transaction, counts } = transactionRefusing((seq) => refused[seq - 1] === true)
      await search(transaction, eventsOf(refused), whole(refused))
      const bad = refused.filter(Boolean).length
      const steps = 1 + Math.ceil(Math.log2(refused.length))
      expect(counts.applies).toBeLessThanOrEqual(2 + 2 * bad * steps)
      expect(counts.applies).toBeLessThanOrEqual(2 * refused.length)
    }
    // The counterexample of an older search, which tried events that it knew to be refused together once more, and a second time.
    await judge([false, false, false, true, false, false, false, false])
    await fc.assert(fc.asyncProperty(batches, judge))
    await fc.assert(fc.asyncProperty(rareRefusals, judge))
  })

  test('tells those that cannot be written from those that were refused', async () => {
    const events = eventsOf(Array.from({ length: 40 }, () => false))
    const { transaction, applied } = transactionRefusing(
      (seq) => seq === 7,
      (seq) => seq % 10 === 0,
    )
    const found = await search(transaction, events, whole(events))
    expect(found.leftOut.map(({ event }) => event.seq)).toEqual([10, 20, 30, 40])
    expect(found.refused.map(({ event }) => event.seq)).toEqual([7])
    expect(applied).toHaveLength(35)
  })

  test('stops at a refusal that is not about rows', async () => {
    const full = new DestinationError('central-full', 'no space left', { refusal: 'wait', sqlstate: '53100' })
    const transaction = { apply: () => Promise.reject(full) } as unknown as DestinationTransaction
    await expect(search(transaction, eventsOf([false, false]), whole([1, 2]))).rejects.toBe(full)
  })

  test('ends early where every event of several machines is refused by one thing', async () => {
    const events = eventsOf(Array.from({ length: 2_000 }, () => true)).map((stored, index) => ({
      ...stored,
      event: { ...stored.event, subject: `machine:M-${index % 3}` as const },
    }))
    const { transaction, counts } = transactionRefusing(() => true)
    const found = await search(transaction, events, { ...whole(events), outlook: outlookOf })
    expect(found.tried).toBeLessThan(30)
    expect(counts.applies).toBeLessThan(50)
  })

  test('ends after a while where every event of a lone machine is refused by one thing', async () => {
    const { transaction, counts } = transactionRefusing(() => true)
    const events = eventsOf(Array.from({ length: 2_000 }, () => true))
    const found = await search(transaction, events, { ...whole(events), outlook: outlookOf })
    expect(found.tried).toBe(200)
    expect(counts.applies).toBeLessThan(250)
  })

  test('tries those alone that will probably be refused, and loses no time for the others', async () => {
    const { transaction, counts } = transactionRefusing((seq) => seq % 10 === 0)
    const events = eventsOf(Array.from({ length: 200 }, () => false))
    const isSuspect = ({ seq }: StoredEvent) => seq % 10 === 0
    const found = await search(transaction, events, { ...whole(events), isSuspect })
    expect(found.refused).toHaveLength(20)
    expect(found.landed).toHaveLength(180)
    expect(counts.applies).toBe(40)
  })

  test('ends after a while on a slow link, and goes on from there with runs as short as it had come to', async () => {
    const time = createVirtualTime(createRandom(1))
    const { transaction } = transactionRefusing((seq) => seq === 1)
    const slow: typeof transaction = {
      ...transaction,
      apply: async (run, options) => {
        await time.sleep(300)
        return transaction.apply(run, options)
      },
    }
    const events = eventsOf(Array.from({ length: 40_000 }, () => false))
    const stride = createStride(40_000)
    const bounds = { clock: time, stride, outlook: () => 'clear' as const }
    let first: Awaited<ReturnType<typeof search>> | undefined
    void search(slow, events, bounds).then((found) => {
      first = found
    })
    await time.runUntil(60_000, () => first !== undefined)
    expect(time.now().monoMs).toBeLessThan(5_000)
    expect(first?.tried).toBeLessThan(events.length)
    expect(stride.events).toBeLessThan(2_000)
  })
})

describe('an empty run', () => {
  test('is nothing to do', async () => {
    const { transaction, counts } = transactionRefusing(() => true)
    expect(await search(transaction, [], whole([1]))).toMatchObject({ landed: [], refused: [], tried: 0 })
    expect(counts.applies).toBe(0)
  })
})
