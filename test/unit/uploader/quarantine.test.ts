import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DestinationTransaction } from '../../../src/domain/destination.ts'
import { DestinationError } from '../../../src/domain/errors.ts'
import type { StoredEvent } from '../../../src/domain/outbox.ts'
import { applyAround } from '../../../src/uploader/quarantine.ts'
import { amended } from '../../support/central-events.ts'

/** Batches with any of their events refused. */
const batches = fc.array(fc.boolean(), { minLength: 1, maxLength: 300 })

/** A transaction that refuses some events for themselves and writes down what it is asked to do. */
function transactionRefusing(refused: (seq: number) => boolean) {
  const applied: number[] = []
  const aside: number[] = []
  const counts = { applies: 0 }
  const apply: DestinationTransaction['apply'] = async (events, { guarded }) => {
    counts.applies += 1
    expect(guarded).toBe(true)
    if (events.some(({ seq }) => refused(seq)))
      throw new DestinationError('central-row', 'refused', { refusal: 'row', sqlstate: '23514' })
    applied.push(...events.map(({ seq }) => seq))
  }
  const quarantine: DestinationTransaction['quarantine'] = async ({ seq }, { sqlstate }) => {
    expect(sqlstate).toBe('23514')
    aside.push(seq)
  }
  return { applied, aside, counts, transaction: { apply, quarantine } as unknown as DestinationTransaction }
}

function eventsOf(refused: readonly boolean[]): readonly StoredEvent[] {
  return refused.map((_, index) => ({
    seq: index + 1,
    capturedAtMs: 0,
    hash: new Uint8Array(),
    event: amended({ ended: null }),
  }))
}

describe('applying around refused rows', () => {
  test('sets aside exactly the refused ones and lands all others, both in order', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (refused) => {
        const { transaction, applied, aside } = transactionRefusing((seq) => refused[seq - 1] === true)
        const setAside = await applyAround(transaction, eventsOf(refused))
        const seqs = refused.map((_, index) => index + 1)
        expect(aside).toEqual(seqs.filter((seq) => refused[seq - 1]))
        expect(applied).toEqual(seqs.filter((seq) => !refused[seq - 1]))
        expect(setAside.map(({ reason }) => reason)).toEqual(aside.map(() => 'refused'))
      }),
    )
  })

  test('needs at most 1 + 2·k·⌈log2 n⌉ applies for k refused of n', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (refused) => {
        const { transaction, counts } = transactionRefusing((seq) => refused[seq - 1] === true)
        const { length: bad } = await applyAround(transaction, eventsOf(refused))
        expect(counts.applies).toBeLessThanOrEqual(1 + 2 * bad * Math.ceil(Math.log2(refused.length)))
        expect(counts.applies).toBeLessThan(2 * refused.length)
      }),
    )
  })

  test('stops at a refusal that is not the fault of a row, and sets nothing more aside', async () => {
    const { transaction, aside } = transactionRefusing(() => false)
    const full = new DestinationError('central-full', 'no space left', { refusal: 'wait', sqlstate: '53100' })
    const apply = () => Promise.reject(full)
    await expect(applyAround({ ...transaction, apply }, eventsOf([false, false]))).rejects.toBe(full)
    expect(aside).toEqual([])
  })

  test('does nothing for no events', async () => {
    const { transaction, counts } = transactionRefusing(() => true)
    expect(await applyAround(transaction, [])).toEqual([])
    expect(counts.applies).toBe(0)
  })
})
