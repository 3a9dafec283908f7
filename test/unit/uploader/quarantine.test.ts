import { expect, test } from 'vitest'
import type { DestinationSession, DestinationTransaction } from '../../../src/domain/destination.ts'
import { DestinationError } from '../../../src/domain/errors.ts'
import { createQuarantineRounds } from '../../../src/uploader/quarantine.ts'
import { createRandom } from '../../simulation/random.ts'
import { createVirtualTime } from '../../simulation/virtual-time.ts'
import { opened } from '../../support/central-events.ts'

const INCARNATION = '0190a0a0-0000-7000-8000-000000000001'

/** A quarantine of so many rows on a link where each answer takes a while; some rows are refused for ever. */
function slowQuarantine(rows: number, answerMs: number, isRefused: (seq: number) => boolean) {
  const time = createVirtualTime(createRandom(1))
  const left = new Map(
    Array.from({ length: rows }, (_, index) => index + 1).map((seq) => [
      seq,
      { incarnation: INCARNATION, seq, event: opened(), capturedAtMs: 0, reason: 'no' },
    ]),
  )
  let statements = 0
  const answer = async <T>(value: T): Promise<T> => {
    statements += 1
    await time.sleep(answerMs)
    return value
  }
  const transaction = {
    head: undefined,
    quarantined: (after, limit) =>
      answer([...left.values()].filter(({ seq }) => seq > (after?.seq ?? 0)).slice(0, limit)),
    apply: async (events) => {
      await answer(undefined)
      if (events.some(({ seq }) => isRefused(seq)))
        throw new DestinationError('central-row', 'refused', { refusal: 'refused', sqlstate: 'P0001' })
      return []
    },
    release: async (keys) => {
      await answer(undefined)
      for (const { seq } of keys) left.delete(seq)
    },
  } as Partial<DestinationTransaction> as DestinationTransaction
  const session = {
    transaction: (work) => work(transaction),
    quarantineSummary: async () => ({ count: left.size, refused: [] }),
  } as Partial<DestinationSession> as DestinationSession
  const rounds = createQuarantineRounds(time)
  const round = async () => {
    let ended = false
    const running = rounds
      .round(session, () => true, new AbortController().signal)
      .finally(() => {
        ended = true
      })
    const beganMs = time.now().monoMs
    await time.runUntil(beganMs + 60_000, () => ended)
    await running
    return time.now().monoMs - beganMs
  }
  return { left, rounds, round, statements: () => statements }
}

test('thousands of rows land with a few statements, and are counted to the last', async () => {
  const { left, rounds, round, statements } = slowQuarantine(6_000, 100, () => false)
  await round()
  expect(left.size).toBe(0)
  expect(rounds.count).toBe(0)
  expect(statements()).toBeLessThan(30)
})

test('rows that are refused hold up no others for long, on a slow link and whatever their place', async () => {
  const { left, rounds, round } = slowQuarantine(1_500, 300, (seq) => seq % 500 === 1)
  for (let rounds = 1; rounds <= 12; rounds += 1) expect(await round()).toBeLessThan(8_000)
  expect([...left.keys()]).toEqual([1, 501, 1_001])
  expect(rounds.count).toBe(3)
})
