import { expect, test } from 'vitest'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import { SourceTime } from '../../../src/drivers/opcua/source-time.ts'

const START: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 50_000 }

function sourceDate(ms: number): Date {
  return new Date(START.wallMs + ms)
}

test("the server's time counts on both clocks while it is near ours", () => {
  const times = new SourceTime(START)
  expect(times.of(0, sourceDate(700), shift(START, 1_000))).toEqual(shift(START, 700))
})

test('a time that lies ahead of ours is now', () => {
  const times = new SourceTime(START)
  expect(times.of(0, sourceDate(3_000), shift(START, 1_000))).toEqual(shift(START, 1_000))
})

test.each([
  ['absent', undefined],
  ['hours old', sourceDate(-3_600_000)],
  ['a day ahead', sourceDate(86_400_000)],
  ['the minimum of OPC UA', new Date('1601-01-01T00:00:00Z')],
  ['no date at all', new Date(Number.NaN)],
])('the moment of receipt counts when the source time is %s', (_, source) => {
  const times = new SourceTime(START)
  expect(times.of(0, source, shift(START, 1_000))).toEqual(shift(START, 1_000))
})

test('after a silence, values as old as the silence keep their times', () => {
  const times = new SourceTime(START)
  times.contact(shift(START, 1_000))
  expect(times.of(0, sourceDate(2_000), shift(START, 20_000))).toEqual(shift(START, 2_000))
})

test('no sample of a signal is before the one before it', () => {
  const times = new SourceTime(START)
  times.of(0, sourceDate(900), shift(START, 1_000))
  expect(times.of(0, sourceDate(500), shift(START, 1_100))).toEqual(shift(START, 900))
  expect(times.of(1, sourceDate(500), shift(START, 1_100))).toEqual(shift(START, 500))
})

test('no sample is before the connection', () => {
  const times = new SourceTime(START)
  expect(times.of(0, sourceDate(-2_000), shift(START, 100))).toEqual(START)
})
