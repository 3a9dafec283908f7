import { expect, test } from 'vitest'
import type { Device, DeviceMessage } from '../../../src/domain/device.ts'
import { type Instant, shift } from '../../../src/domain/instant.ts'
import type { Sample } from '../../../src/domain/signal.ts'
import { ShownByDevices } from '../../../src/gateway/shown-by-devices.ts'

const START: Instant = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 10_000 }
const PLC = { device: 'PRESS-07/plc', subject: 'machine:PRESS-07' } as const

const MAP = {
  devices: [
    {
      ...{ id: PLC.device, subject: PLC.subject, protocol: 'modbus-tcp', settings: {}, pollMs: 1_000 },
      signals: ['state', 'count'].map((name) => ({ name, address: name })),
    } satisfies Device,
  ],
}

function reading(ms: number, ...samples: readonly Omit<Sample, 'at'>[]): DeviceMessage {
  const at = shift(START, ms)
  const dated = samples.map((sample) => ({ ...sample, at }))
  return { kind: 'reading', ...PLC, reading: { at, completeTo: at, samples: dated } }
}

function shownAfter(...messages: readonly DeviceMessage[]) {
  const shown = new ShownByDevices(MAP)
  for (const message of messages) shown.take(message)
  return shown.devices
}

test('the newest sample of each signal is kept whole, up to the last reading, and nothing of the one before it', () => {
  const shown = shownAfter(
    reading(0, { signal: 'state', value: 'run', quality: 'good', raw: 3, word: 'Executing' }),
    reading(0, { signal: 'count', value: null, quality: 'bad', detail: 'no answer' }),
    reading(1_000, { signal: 'count', value: 7, quality: 'good' }),
    reading(2_000),
  )
  const [state, count] = shown[0]?.samples ?? []
  expect(shown.map(({ device }) => device)).toEqual([PLC.device])
  expect(state).toStrictEqual({
    signal: 'state',
    value: 'run',
    quality: 'good',
    at: shift(START, 2_000),
    raw: 3,
    word: 'Executing',
  })
  expect(count).toStrictEqual({ signal: 'count', value: 7, quality: 'good', at: shift(START, 2_000) })
})

test('what was given out stays as it was', () => {
  const shown = new ShownByDevices(MAP)
  shown.take(reading(0, { signal: 'count', value: 7, quality: 'good' }))
  const { devices } = shown
  shown.take(reading(1_000, { signal: 'count', value: 8, quality: 'good' }))
  expect(devices[0]?.samples).toMatchObject([{ value: 7, at: START }])
})

test('a sample that begins a recording is seen, even if it meant the same as the one before it', () => {
  const shown = shownAfter(
    reading(0, { signal: 'state', value: 'run', quality: 'good', raw: 0x13 }),
    reading(1_000, { signal: 'state', value: 'run', quality: 'good', raw: 0x23, meansTheSame: true }),
  )
  expect(shown[0]?.samples[0]).not.toHaveProperty('meansTheSame')
})

test('what a lost device showed is forgotten', () => {
  const lost: DeviceMessage = { kind: 'link', ...PLC, up: false, at: shift(START, 500), cause: 'gone' }
  expect(shownAfter(reading(0, { signal: 'count', value: 7, quality: 'good' }), lost)).toEqual([])
})
