import { expect, test } from 'vitest'
import type { MachineMap } from '../../../src/domain/machine-map.ts'
import type { Sample } from '../../../src/domain/signal.ts'
import { SignalChanges } from '../../../src/drivers/shared/signal-changes.ts'
import { recordedMap } from '../../../src/recording/segment.ts'
import type { Input } from '../../../src/status/derive.ts'
import { whatIf } from '../../../src/what-if/compare.ts'
import { Translation } from '../../../src/what-if/translation.ts'
import { lengthText, wordsOf } from '../../../src/what-if/words.ts'
import { Play, START_MS } from '../../support/play.ts'
import { PlayRecording } from '../../support/play-recording.ts'
import { device, press, rule } from '../../support/press.ts'

const SPAN = { fromMs: START_MS, toMs: START_MS + 3_600_000 }
const AT = { boot: 'boot-1', wallMs: START_MS, monoMs: 1_000 }
const DEVICE = 'PRESS-07/plc'

/** A press that stops for 200 s and then for 400 s, under a map that counts both. */
function compared(edited: (map: MachineMap) => MachineMap) {
  using recording = new PlayRecording()
  const play = new Play(press(), START_MS, () => {}, recording)
  play.read({ state: 'run', fault: 0 })
  play.show({ state: 'run' }, 300).show({ state: 'fault', fault: 101 }, 200)
  play.show({ state: 'run', fault: 0 }, 300).show({ state: 'fault', fault: 101 }, 400)
  play.show({ state: 'run', fault: 0 }, 300)
  recording.end('stop')
  using read = recording.read()
  const result = whatIf(read, { edited: recordedMap(edited(press())), span: SPAN })
  if (!result) throw new Error('nothing was recorded')
  return result
}

test('says of the map as it is that nothing would have been different', () => {
  const result = compared((map) => map)
  expect(wordsOf(result)).toEqual(['nothing would have been different'])
  expect(result.after).toEqual(result.before)
  expect(result.before.stops).toHaveLength(2)
})

test.each([
  [59_700, '1 min'],
  [3_599_000, '1 h'],
  [7_190_000, '2 h'],
  [7_500_000, '2 h 5 min'],
])('says %i ms as %s, and never 60 of a unit', (ms, text) => {
  expect(lengthText(ms)).toBe(text)
})

test('says which stops are none any more, and how long they were', () => {
  const result = compared((map) => ({ ...map, stops: { ...map.stops, microStopBelowMs: 300_000 } }))
  expect(wordsOf(result)).toContain('1 stop of 3 min is no stop any more')
  expect(result.stops.map(({ kind }) => kind)).toEqual(['gone', 'same'])
})

test('shows another status where a rule is another', () => {
  const other = rule('setup', { state: 'fault' }, 0)
  const result = compared((map) => ({ ...map, rules: [other, ...map.rules] }))
  expect(result.differences.map(({ before, after }) => [before.status, after.status])).toEqual([
    ['down', 'setup'],
    ['down', 'setup'],
  ])
})

test('claims nothing of the time in which a rule needs a signal that was not recorded', () => {
  const result = compared((map) => ({
    ...map,
    devices: map.devices.map((one) => ({
      ...one,
      signals: [...one.signals, { name: 'guard', address: 99, type: 'bit' as const }],
    })),
    rules: [rule('down', { guard: 'open' }, 0), ...map.rules],
    relevantSignals: [...map.relevantSignals, 'guard'],
  }))
  expect(result.missing.map(({ signal }) => signal)).toEqual(['guard'])
  expect(result.undecided.length).toBeGreaterThan(0)
  expect(result.after.time.runningMs + result.after.time.standingMs).toBeLessThan(2_000)
  expect(wordsOf(result).join()).toMatch(/not recorded, because no map read it then: guard/)
})

test.each([
  ['a signal', (map: MachineMap) => [withSignals(map.devices[0] ?? device(DEVICE, []), 'guard')]],
  ['a device', (map: MachineMap) => [...map.devices, withSignals(device('PRESS-07/guard', []), 'guard')]],
])(
  'of a stop for which a rule needs %s that was not recorded, it does not say that it stays or goes',
  (_, devices) => {
    const result = compared((map) => ({
      ...map,
      devices: devices(map),
      rules: [rule('idle', { guard: 'open' }, 0), ...map.rules],
      relevantSignals: [...map.relevantSignals, 'guard'],
    }))
    expect(result.missing.map(({ signal }) => signal)).toEqual(['guard'])
    expect(result.stops.map(({ kind, after }) => [kind, after])).toEqual([
      ['unknown', null],
      ['unknown', null],
    ])
    expect(result.differences).toEqual([])
    expect(wordsOf(result).join()).toMatch(/^of what can be known, nothing would have been different/)
    expect(wordsOf(result).join()).toMatch(/2 stops of which it cannot be said what this map would make/)
  },
)

test('a stop that goes on when the replay begins is not held where a rule needs a device that was not recorded', () => {
  using recording = new PlayRecording()
  const play = new Play(press(), START_MS, () => {}, recording)
  play
    .show({ state: 'run', fault: 0 }, 300)
    .every(20)
    .show({ state: 'fault', fault: 101 }, 2 * 3_600 + 900)
  recording.end('stop')
  using read = recording.read()
  const edited = press({
    devices: [...press().devices, withSignals(device('PRESS-07/guard', []), 'guard')],
    rules: [rule('idle', { guard: 'open' }, 0), ...press().rules],
  })
  const span = { fromMs: play.now.wallMs - 300_000, toMs: play.now.wallMs }
  const result = whatIf(read, { edited: recordedMap(edited), span })
  expect(result?.before.stops).toHaveLength(1)
  expect(result?.after.stops).toEqual([])
  expect(result?.stops.map(({ kind }) => kind)).toEqual(['unknown'])
})

function withSignals(one: MachineMap['devices'][number], name: string): MachineMap['devices'][number] {
  const settings = one.signals.length === 0 ? { host: 'another' } : one.settings
  return { ...one, settings, signals: [...one.signals, { name, address: 99, type: 'bit' }] }
}

test('makes values anew of what the device gave, under other masks, names and signal names', () => {
  const signal = { name: 'word', address: 7, type: 'u16' as const, mask: 0x0f, names: { 3: 'fault' } }
  const recorded = mapWith(signal)
  const edited = mapWith({ ...signal, name: 'state', mask: 0xf0, names: { 1: 'run', 2: 'stop' } })
  const changes = new SignalChanges([signal])
  const samples = [0x13, 0x23].flatMap((raw) => changes.observe(0, raw, 'good', AT) ?? [])
  expect(samples.map(({ value, meansTheSame }) => [value, meansTheSame])).toEqual([
    ['fault', undefined],
    ['fault', true],
  ])
  const translation = new Translation(recorded, edited)
  const taken = samples.flatMap((sample) => translation.take(readingOf([sample])))
  expect(taken.flatMap(samplesOf)).toMatchObject([
    { signal: 'state', value: 'run', raw: 0x13 },
    { signal: 'state', value: 'stop', raw: 0x23 },
  ])
  expect(taken.flatMap(samplesOf).some(({ meansTheSame }) => meansTheSame)).toBe(false)
})

test('what only the former map held against a value counts no more', () => {
  const signal = { name: 'speed', address: 7, type: 'u16' as const, invalid: ['65535'] }
  const { invalid: _, ...plain } = signal
  const changes = new SignalChanges([signal])
  const sample = changes.observe(0, 65_535, 'good', AT)
  expect(sample?.quality).toBe('bad')
  const translation = new Translation(mapWith(signal), mapWith(plain))
  const taken = translation.take(readingOf(sample ? [sample] : []))
  expect(taken.flatMap(samplesOf)).toMatchObject([{ value: 65_535, quality: 'good' }])
})

function mapWith(signal: MachineMap['devices'][number]['signals'][number]): MachineMap {
  return recordedMap(press({ devices: [{ ...device(DEVICE, []), signals: [signal] }] }))
}

function readingOf(samples: readonly Sample[]): Input {
  const subject = 'machine:PRESS-07'
  return { kind: 'reading', device: DEVICE, subject, reading: { at: AT, completeTo: AT, samples } }
}

function samplesOf(input: Input): readonly Sample[] {
  return input.kind === 'reading' ? input.reading.samples : []
}
