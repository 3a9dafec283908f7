import { expect, test } from 'vitest'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import type { MessageTimes } from '../../../src/drivers/opcua/subscription/message-times.ts'
import { SourceTime } from '../../../src/drivers/opcua/subscription/source-time.ts'
import { SenderClock } from '../../../src/drivers/shared/sender-clock.ts'

const START: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 50_000 }
const OFFSET_MS = START.monoMs - START.wallMs
const HOUR_MS = 3_600_000

function at(ms: number): Instant {
  return shift(START, ms)
}

/** What a clock that is so far ahead of ours shows at a moment. */
function stamp(ms: number, aheadMs = 0): Date {
  return new Date(START.wallMs + ms + aheadMs)
}

/** The times of a value whose server gives none of its own. */
function of(source: Date | undefined) {
  return { source, server: null }
}

function message(sentMs: number, more: Partial<MessageTimes> = {}): MessageTimes {
  const edges = { completeBefore: START, completeTo: at(sentMs) }
  return { sentAt: at(sentMs), offsetMs: OFFSET_MS, ageMaxMs: 500, silenceMs: 0, ...edges, ...more }
}

test.each([0, -1_500, -3_000, -4_500, -6_000, 3_000, HOUR_MS])(
  'changes at a server whose clock is %i ms ahead keep their times',
  (aheadMs) => {
    const clock = new SenderClock()
    const times = new SourceTime()
    times.of(0, of(stamp(-10_000, aheadMs)), message(0))
    for (let n = 1; n < 50; n++) {
      const changedMs = n * 700
      const sentMs = changedMs + (n % 5) * 100
      const receivedAt = at(sentMs + (n % 3) * 40)
      const sentAt = clock.learn(stamp(sentMs, aheadMs), receivedAt, 1_000)
      const { offsetMs = 0 } = clock
      const changedAt = times.of(0, of(stamp(changedMs, aheadMs)), message(0, { sentAt, offsetMs }))
      expect(Math.abs(changedAt.monoMs - at(changedMs).monoMs)).toBeLessThanOrEqual(80)
    }
  },
)

test.each([-1_500, -3_000, -4_500, -6_000, 3_000, HOUR_MS])(
  'changes at a machine whose own clock is %i ms ahead of its server keep their times, after the first',
  (aheadMs) => {
    const times = new SourceTime()
    times.of(0, of(stamp(-10_000, aheadMs)), message(0))
    for (let n = 1; n < 50; n++) {
      const changedMs = n * 700
      const { monoMs } = times.of(0, of(stamp(changedMs, aheadMs)), message(changedMs + (n % 5) * 100))
      expect(monoMs - at(changedMs).monoMs).toBeGreaterThanOrEqual(0)
      expect(monoMs - at(changedMs).monoMs).toBeLessThanOrEqual(n < 3 ? 500 : 200)
    }
  },
)

test.each([
  ['absent', () => undefined],
  ['the minimum of OPC UA', () => new Date('1601-01-01T00:00:00Z')],
  ['no date at all', () => new Date(Number.NaN)],
  ['frozen', () => stamp(-60_000)],
])('a value counts from when it was sent if its time is %s', (_, source) => {
  const times = new SourceTime()
  for (let n = 1; n < 20; n++) expect(times.of(0, of(source()), message(n * 900))).toEqual(at(n * 900))
})

test('a value without a time of its source counts from when the server noticed it', () => {
  const times = new SourceTime()
  const noticed = (ms: number, source?: Date) => ({ source, server: stamp(ms) })
  expect(times.of(0, noticed(700), message(900))).toEqual(at(700))
  expect(times.of(0, noticed(4_000), message(14_000, { silenceMs: 12_000 }))).toEqual(at(4_000))
  expect(times.of(0, noticed(9_000, new Date('1601-01-01')), message(14_100, { silenceMs: 12_000 }))).toEqual(
    at(9_000),
  )
  expect(times.of(0, noticed(-HOUR_MS), message(20_000))).toEqual(at(20_000))
})

test('one wild time moves no other one', () => {
  const times = new SourceTime()
  for (let n = 1; n < 20; n++) {
    const isWild = n === 9
    const source = stamp(n * 900, isWild ? 24 * HOUR_MS : 0)
    expect(times.of(0, of(source), message(n * 900 + 200))).toEqual(at(n * 900 + (isWild ? 200 : 0)))
  }
})

test('one wild time that all values of a message have moves no other one', () => {
  const times = new SourceTime()
  for (let n = 1; n < 20; n++) {
    for (const index of [0, 1, 2]) {
      const source = stamp(n * 900, n === 9 ? 24 * HOUR_MS : 0)
      expect(times.of(index, of(source), message(n * 900 + 200))).toEqual(at(n * 900 + (n === 9 ? 200 : 0)))
    }
  }
})

test('what waited in the server during a silence is as old as the silence at most', () => {
  const times = new SourceTime()
  expect(times.of(0, of(stamp(4_000)), message(14_000, { silenceMs: 12_000 }))).toEqual(at(4_000))
  expect(times.of(0, of(stamp(9_000)), message(14_000, { silenceMs: 12_000 }))).toEqual(at(9_000))
  expect(times.of(1, of(stamp(-HOUR_MS)), message(14_000, { silenceMs: 12_000 }))).toEqual(at(2_000))
})

test('no sample is before the one before it, nor before what was said to be complete', () => {
  const times = new SourceTime()
  times.of(0, of(stamp(900)), message(1_000))
  expect(times.of(0, of(stamp(700)), message(1_100))).toEqual(at(900))
  expect(times.of(1, of(stamp(700)), message(1_100, { completeBefore: at(800) }))).toEqual(at(800))
})

test('a message that was under way for long was sent long ago', () => {
  const clock = new SenderClock()
  for (let n = 0; n < 5; n++) clock.learn(stamp(n * 1_000), at(n * 1_000 + 20), 1_000)
  expect(clock.learn(stamp(5_000), at(12_020), 9_000)).toEqual(at(5_020))
  expect(clock.read(stamp(6_000), at(12_020), 9_000)).toEqual(at(6_020))
  expect(clock.read(stamp(-6_000), at(12_020), 9_000)).toBeUndefined()
})

test.each([-HOUR_MS, -5_000, 5_000, HOUR_MS])(
  'a clock that is set by %i ms is followed at the third message',
  (stepMs) => {
    const clock = new SenderClock()
    for (let n = 0; n < 20; n++) {
      const aheadMs = n < 10 ? 0 : stepMs
      expect(clock.learn(stamp(n * 1_000, aheadMs), at(n * 1_000), 1_000)).toEqual(at(n * 1_000))
    }
    expect(clock.offsetMs).toBe(OFFSET_MS - stepMs)
  },
)

test('one wrong stamp of a server moves nothing', () => {
  const clock = new SenderClock()
  for (let n = 0; n < 20; n++) clock.learn(stamp(n * 1_000, n === 7 ? HOUR_MS : 0), at(n * 1_000), 1_000)
  expect(clock.offsetMs).toBe(OFFSET_MS)
})

test('a clock that runs fast or slow is followed', () => {
  for (const rate of [0.999, 1.001]) {
    const clock = new SenderClock()
    for (let ms = 0; ms < 2 * HOUR_MS; ms += 1_500) {
      const sentAt = clock.learn(stamp(ms * rate), at(ms + 10), 1_500)
      expect(Math.abs(sentAt.monoMs - at(ms).monoMs)).toBeLessThan(150)
    }
  }
})

test.each([
  ['absent', () => null],
  ['the minimum of OPC UA', () => new Date('1601-01-01T00:00:00Z')],
  ['frozen', () => stamp(0)],
])('a message counts from its receipt if its stamp is %s', (_, of) => {
  const clock = new SenderClock()
  for (let n = 1; n < 20; n++) expect(clock.learn(of(), at(n * 1_500), 1_500)).toEqual(at(n * 1_500))
})
