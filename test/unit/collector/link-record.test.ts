import { expect, test } from 'vitest'
import { LinkRecord } from '../../../src/collector/link-record.ts'
import type { Device } from '../../../src/domain/device.ts'
import { LinkLost } from '../../../src/domain/errors.ts'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import { systemClock } from '../../../src/runtime/clock.ts'

const START: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 10_000 }

function bench(pollMs: number) {
  let now = START
  const device: Device = {
    id: 'SAW-02',
    subject: 'machine:SAW-02',
    protocol: 'x',
    settings: {},
    signals: [],
    pollMs,
  }
  let awakeSince = START
  const record = new LinkRecord(device, { ...systemClock, now: () => now }, () => awakeSince)
  const goTo = (ms: number) => {
    now = shift(START, ms)
    return now
  }
  const wake = () => (awakeSince = now)
  return { record, goTo, wake }
}

test('a connected device that tells nothing for 5 s is silent since then', () => {
  const { record, goTo } = bench(1_000)
  record.connected()
  record.contact(goTo(2_000), [])
  goTo(7_000)
  expect(record.health().summary).toMatchObject({ state: 'connected', lastContactMs: START.wallMs + 2_000 })
  goTo(9_000)
  expect(record.health().summary).toMatchObject({ state: 'silent', sinceMs: START.wallMs + 7_000 })
  record.contact(goTo(9_500), [])
  expect(record.health().summary).toMatchObject({ state: 'connected', sinceMs: START.wallMs })
})

test('a device of which the gateway heard nothing while it stood still itself is not called silent', () => {
  const { record, goTo, wake } = bench(1_000)
  record.connected()
  record.contact(goTo(2_000), [])
  goTo(60_000)
  wake()
  goTo(65_000)
  expect(record.health().summary.state).toBe('connected')
  goTo(65_001)
  expect(record.health().summary).toMatchObject({ state: 'silent', sinceMs: START.wallMs + 65_000 })
})

test('a device that is polled slowly may be quiet for three polls', () => {
  const { record, goTo } = bench(10_000)
  record.connected()
  goTo(30_000)
  expect(record.health().summary.state).toBe('connected')
  goTo(30_001)
  expect(record.health().summary.state).toBe('silent')
})

test('a device whose link says how long it may be quiet is not called silent before that', () => {
  const { record, goTo } = bench(1_000)
  record.connected()
  record.linked({ quietMaxMs: 12_000 })
  goTo(12_000)
  expect(record.health().summary.state).toBe('connected')
  goTo(12_001)
  expect(record.health().summary.state).toBe('silent')
})

test('a link that may be quieter later, as one that is subscribed after it was polled, is asked each time', () => {
  const { record, goTo } = bench(1_000)
  const link = { quietMaxMs: 0 }
  record.connected()
  record.linked(link)
  goTo(6_000)
  expect(record.health().summary.state).toBe('silent')
  link.quietMaxMs = 12_000
  expect(record.health().summary.state).toBe('connected')
})

test('signals that are not good are named from their first such sample on, and while the link is there', () => {
  const { record, goTo } = bench(1_000)
  const refused = (at: Instant) =>
    ({ signal: 'state', value: null, quality: 'bad', at, detail: 'exception 2' }) as const
  record.connected()
  record.contact(START, [refused(START)])
  const later = goTo(2_000)
  record.contact(later, [{ ...refused(later), detail: 'exception 6' }])
  const signal = {
    signal: 'state',
    device: 'SAW-02',
    quality: 'bad',
    detail: 'exception 6',
    sinceMs: START.wallMs,
  }
  expect(record.health().summary.signals).toEqual([signal])
  record.lost(new LinkLost('SAW-02: refused'))
  expect(record.health().summary.signals).toEqual([])
  record.connected()
  record.contact(goTo(4_000), [{ signal: 'state', value: 1, quality: 'good', at: goTo(4_000) }])
  expect(record.health()).toMatchObject({ summary: { signals: [] }, troubles: [] })
})

test('a lost link is news once, and keeps its first moment and its latest cause', () => {
  const { record, goTo } = bench(1_000)
  expect(record.health().summary).toMatchObject({ state: 'connecting', lastContactMs: null })
  goTo(1_000)
  expect(record.lost(new LinkLost('refused', { hint: 'switch it on' }))).toBe(true)
  goTo(5_000)
  expect(record.lost(new LinkLost('timed out'))).toBe(false)
  expect(record.health().summary).toMatchObject({
    state: 'lost',
    sinceMs: START.wallMs + 1_000,
    error: 'timed out',
  })
})

test('a link that is not there is a trouble, with what to do about it', () => {
  const { record, goTo } = bench(1_000)
  const troubles = () => record.health().troubles
  expect(troubles()).toEqual([
    { code: 'device-connecting', what: 'SAW-02: no answer yet', sinceMs: START.wallMs, device: 'SAW-02' },
  ])
  goTo(1_000)
  record.lost(new LinkLost('SAW-02: refused', { hint: 'switch it on' }))
  expect(troubles()).toEqual([
    {
      code: 'device-lost',
      what: 'SAW-02: refused',
      hint: 'switch it on',
      sinceMs: START.wallMs + 1_000,
      device: 'SAW-02',
    },
  ])
  expect(record.health().summary.error).toBe('SAW-02: refused; switch it on')
  goTo(2_000)
  record.connected()
  expect(troubles()).toEqual([])
  goTo(8_000)
  expect(troubles()).toEqual([
    {
      code: 'device-silent',
      what: 'SAW-02: connected, but nothing has come for more than 5 s',
      hint: expect.any(String),
      sinceMs: START.wallMs + 7_000,
      device: 'SAW-02',
    },
  ])
})

test('an error that is not the device’s is a trouble as well', () => {
  const { record } = bench(1_000)
  record.failed(new Error('disk on fire'))
  expect(record.health().troubles).toMatchObject([{ code: 'device-lost', what: 'disk on fire' }])
})
