import { expect, test } from 'vitest'
import { outboxHealth } from '../../../src/buffer/health.ts'

const STATS = {
  consumers: [],
  lastSeq: 3,
  pending: 1,
  oldestPendingAtMs: 5,
  bytes: 10,
  maxBytes: 20,
  blocked: null,
}

test('an outbox that stores is no trouble', () => {
  expect(outboxHealth(STATS)).toEqual({ summary: STATS, troubles: [] })
})

test('one that cannot store says why', () => {
  const { troubles } = outboxHealth({ ...STATS, blocked: 'the disk is full; free some space' })
  expect(troubles).toEqual([
    { code: 'buffer-blocked', what: 'the disk is full; free some space', sinceMs: null },
  ])
})
