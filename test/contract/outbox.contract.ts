/** What every outbox promises, whatever it is made of. */
import { describe, expect, it } from 'vitest'
import type { Consumer, Outbox } from '../../src/domain/outbox.ts'
import { CENTRAL, FEED, PLANT } from '../support/buffer.ts'
import { entry, numberOf, openedEvent, START_MS } from '../support/entries.ts'

/** @param open makes an empty outbox for these consumers */
export function outboxContract(
  name: string,
  openFor: (consumers: readonly Consumer[]) => Promise<Outbox>,
): void {
  const open = () => openFor([CENTRAL, PLANT, FEED])

  describe(`${name} keeps the outbox contract`, () => {
    it('begins empty, at place 0 with a hash of its own', async () => {
      const [one, other] = [await open(), await open()]
      expect(await one.tail()).toMatchObject({ seq: 0 })
      expect(await one.oldestKept()).toBe(0)
      expect(await one.read(0, 10)).toEqual([])
      expect((await one.tail()).hash).not.toEqual((await other.tail()).hash)
    })

    it('numbers events from 1 without gaps, in the order of the calls', async () => {
      const outbox = await open()
      await Promise.all([entry(10), entry(11), entry(12)].map((one) => outbox.append(one)))
      const stored = await outbox.read(0, 10)
      expect(stored.map(({ seq, event }) => [seq, numberOf(event)])).toEqual([
        [1, 10],
        [2, 11],
        [3, 12],
      ])
    })

    it('gives an event back as it was handed in, with the moment it was captured', async () => {
      const outbox = await open()
      await outbox.append(entry(7, 'cause=state:3; "quoted" ü \u0000 \ud800'))
      const [stored] = await outbox.read(0, 1)
      expect(stored?.event).toEqual(openedEvent(7, 'cause=state:3; "quoted" ü \u0000 \ud800'))
      expect(stored?.capturedAtMs).toBe(START_MS + 7)
    })

    it('takes entries as they were at the call, whatever is changed afterwards', async () => {
      const outbox = await open()
      const state = { open: 'down' }
      const appended = outbox.append({ at: entry(1).at, events: [], states: { 'machine:press': state } })
      state.open = 'changed'
      await appended
      expect(await outbox.states()).toEqual({ 'machine:press': { open: 'down' } })
    })

    it('keeps the last state of each owner and forgets what is null', async () => {
      const outbox = await open()
      const { at } = entry(1)
      await outbox.append({
        at,
        events: [],
        states: { 'machine:press': { n: 1 }, 'machine:lathe': { n: 1 } },
      })
      await Promise.all([
        outbox.append({ at, events: [], states: { 'machine:press': { n: 2 }, 'machine:lathe': null } }),
        outbox.append({ at, events: [], states: { 'machine:press': { n: 3 } } }),
      ])
      expect(await outbox.states()).toEqual({ 'machine:press': { n: 3 } })
    })

    it('pages through the log, each page after a place', async () => {
      const outbox = await open()
      await Promise.all(Array.from({ length: 7 }, (_, index) => outbox.append(entry(index))))
      expect((await outbox.read(2, 3)).map(({ seq }) => seq)).toEqual([3, 4, 5])
      expect(await outbox.read(7, 3)).toEqual([])
    })

    it('knows the hash of every kept place', async () => {
      const outbox = await open()
      await outbox.append(entry(1))
      const [stored] = await outbox.read(0, 1)
      expect(await outbox.hashAt(1)).toEqual(stored?.hash)
      expect(await outbox.tail()).toEqual({ seq: 1, hash: stored?.hash })
      expect(await outbox.hashAt(0)).toBeDefined()
      expect(await outbox.hashAt(2)).toBeUndefined()
    })

    it('gives each consumer a cursor of its own that begins at 0', async () => {
      const outbox = await open()
      await Promise.all([outbox.append(entry(1)), outbox.append(entry(2))])
      await outbox.acknowledge('central', 2)
      expect(await outbox.cursor('central')).toEqual(await outbox.tail())
      expect(await outbox.cursor('plant')).toMatchObject({ seq: 0 })
      expect(await outbox.cursor('feed')).toMatchObject({ seq: 0 })
    })

    it('moves a cursor forward by acknowledging and back only by rewinding', async () => {
      const outbox = await open()
      await Promise.all([1, 2, 3].map((number) => outbox.append(entry(number))))
      await outbox.acknowledge('central', 2)
      await outbox.acknowledge('central', 1)
      expect(await outbox.cursor('central')).toMatchObject({ seq: 2 })
      await outbox.rewind('central', 1)
      expect(await outbox.cursor('central')).toMatchObject({ seq: 1 })
    })

    it('refuses to acknowledge what was never stored, and to rewind forward', async () => {
      const outbox = await open()
      await outbox.append(entry(1))
      await expect(outbox.acknowledge('central', 2)).rejects.toThrow('acknowledged event 2 of 1')
      await expect(outbox.rewind('central', 1)).rejects.toThrow('rewound forward')
    })

    it('tells its listeners of stored events until they stop listening', async () => {
      const outbox = await open()
      let calls = 0
      const stop = outbox.onStored(() => {
        calls += 1
      })
      await outbox.append(entry(1))
      await outbox.append({ at: entry(2).at, events: [], states: { 'machine:press': 1 } })
      stop()
      await outbox.append(entry(3))
      expect(calls).toBe(1)
    })

    it('refuses a consumer that is not configured', async () => {
      const outbox = await openFor([CENTRAL])
      await outbox.append(entry(1))
      await expect(outbox.cursor('plant')).rejects.toThrow('plant is not configured')
      await expect(outbox.acknowledge('plant', 1)).rejects.toThrow('plant is not configured')
    })

    it('counts what waits for each consumer, and what waits for the slowest that must deliver', async () => {
      const outbox = await open()
      await Promise.all([1, 2, 3, 4].map((number) => outbox.append(entry(number))))
      await outbox.acknowledge('central', 2)
      await outbox.acknowledge('plant', 1)
      const { pending, oldestPendingAtMs, consumers } = await outbox.stats()
      expect({ pending, oldestPendingAtMs }).toEqual({ pending: 3, oldestPendingAtMs: START_MS + 2 })
      expect(consumers).toEqual([
        { ...CENTRAL, pending: 2, oldestPendingAtMs: START_MS + 3, missed: 0 },
        { ...PLANT, pending: 3, oldestPendingAtMs: START_MS + 2, missed: 0 },
        { ...FEED, pending: 4, oldestPendingAtMs: START_MS + 1, missed: 0 },
      ])
      await Promise.all(['central', 'plant'].map((consumer) => outbox.acknowledge(consumer, 4)))
      expect(await outbox.stats()).toMatchObject({ pending: 0, oldestPendingAtMs: null })
    })

    it('has nothing pending where nobody must deliver', async () => {
      const outbox = await openFor([FEED])
      await outbox.append(entry(1))
      expect(await outbox.stats()).toMatchObject({
        pending: 0,
        oldestPendingAtMs: null,
        consumers: [{ name: 'feed', pending: 1 }],
      })
    })

    it('counts what central has not got', async () => {
      const outbox = await openFor([CENTRAL])
      await Promise.all([1, 2, 3].map((number) => outbox.append(entry(number))))
      await outbox.acknowledge('central', 1)
      expect(await outbox.stats()).toMatchObject({
        lastSeq: 3,
        pending: 2,
        oldestPendingAtMs: START_MS + 2,
        blocked: null,
      })
      expect(outbox.uncommitted).toBe(0)
    })
  })
}
