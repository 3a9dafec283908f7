import { expect, test } from 'vitest'
import { SignalRecord } from '../../../src/collector/signal-record.ts'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import type { Sample } from '../../../src/domain/signal.ts'

const START: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 10_000 }

function count(ms: number, value: number, rest: Partial<Sample> = {}): Sample {
  return { signal: 'count', value, quality: 'good', at: shift(START, ms), ...rest }
}

function recordOf(...samples: readonly Sample[]) {
  const record = new SignalRecord({ id: 'PRESS-07/plc', signals: [{ name: 'count', address: 'HR1' }] })
  for (const sample of samples) record.take([sample])
  return record.shown('count')
}

test('a signal has shown the same since it first did, also where it is brought again', () => {
  const before = { value: 7, raw: 7, quality: 'good', detail: undefined, sinceMs: START.wallMs }
  expect(recordOf(count(0, 7), count(1_000, 7))).toEqual(before)
  expect(recordOf(count(0, 7), count(1_000, 8))).toEqual({
    ...before,
    value: 8,
    raw: 8,
    sinceMs: START.wallMs + 1_000,
  })
})

test('a signal shows another thing where the device gives another, or is not good', () => {
  const masked = recordOf(count(0, 1, { raw: 0x11 }), count(1_000, 1, { raw: 0x21 }))
  expect(masked).toMatchObject({ value: 1, raw: 0x21, sinceMs: START.wallMs + 1_000 })
  const bad = recordOf(count(0, 7), count(1_000, 7, { quality: 'bad', detail: 'no answer' }))
  expect(bad).toMatchObject({ quality: 'bad', detail: 'no answer', sinceMs: START.wallMs + 1_000 })
})

test('what an earlier sample had and a later one has not is gone', () => {
  const shown = recordOf(count(0, 1, { raw: 0x11, quality: 'bad', detail: 'no answer' }), count(1_000, 2))
  expect(shown).toEqual({
    value: 2,
    raw: 2,
    quality: 'good',
    detail: undefined,
    sinceMs: START.wallMs + 1_000,
  })
})
