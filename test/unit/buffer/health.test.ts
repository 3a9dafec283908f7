import { expect, test } from 'vitest'
import { outboxHealth } from '../../../src/buffer/health.ts'
import { NO_DURATIONS } from '../../support/no-counts.ts'

const STATS = {
  consumers: [],
  lastSeq: 3,
  pending: 1,
  oldestPendingAtMs: 5,
  bytes: 10,
  heldOpenBytes: 0,
  maxBytes: 20,
  blocked: null,
  uncommitted: 0,
  commitTimes: NO_DURATIONS,
}

test('an outbox that stores is no trouble', () => {
  expect(outboxHealth(STATS)).toEqual({ summary: STATS, troubles: [] })
})

test('one that another program holds open names its size and who to look for', () => {
  const { troubles } = outboxHealth({ ...STATS, heldOpenBytes: 13_000_000 })
  expect(troubles).toEqual([
    {
      code: 'buffer-held-open',
      what: 'another program holds the log open for reading, so that it takes 13 MB more of the disk than it needs',
      hint: expect.stringContaining('fuser'),
      sinceMs: null,
    },
  ])
})

test('one that cannot store says why', () => {
  const { troubles } = outboxHealth({ ...STATS, blocked: 'the disk is full; free some space' })
  expect(troubles).toEqual([
    { code: 'buffer-blocked', what: 'the disk is full; free some space', sinceMs: null },
  ])
})
