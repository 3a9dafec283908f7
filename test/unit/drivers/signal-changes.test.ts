import { expect, test } from 'vitest'
import { SignalChanges } from '../../../src/drivers/shared/signal-changes.ts'

const AT = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 1_000 }

test('tells the first value and every change, after it was interpreted', () => {
  const changes = new SignalChanges([{ name: 'state', address: 0, mask: 0x0f, names: { 3: 'fault' } }])
  expect(changes.observe(0, 0x13, 'good', AT)).toEqual({
    signal: 'state',
    value: 'fault',
    raw: 0x13,
    quality: 'good',
    at: AT,
  })
  expect(changes.observe(0, 0x13, 'good', AT)).toBeUndefined()
  expect(changes.observe(0, 0x24, 'good', AT)?.value).toBe(4)
})

test('what means the same as before is a sample that says so, with what the device gave', () => {
  const changes = new SignalChanges([{ name: 'state', address: 0, mask: 0x0f, names: { 3: 'fault' } }])
  expect(changes.observe(0, 0x13, 'good', AT)).not.toHaveProperty('meansTheSame')
  expect(changes.observe(0, 0x23, 'good', AT)).toMatchObject({
    value: 'fault',
    raw: 0x23,
    meansTheSame: true,
  })
  expect(changes.observe(0, 0x23, 'good', AT)).toBeUndefined()
})

test('what the device gave stands in a sample only where the map makes another value of it', () => {
  const changes = new SignalChanges([{ name: 'speed', address: 0 }])
  expect(changes.observe(0, 7, 'good', AT)).toEqual({ signal: 'speed', value: 7, quality: 'good', at: AT })
})

test('a change of quality or of its reason is a change', () => {
  const changes = new SignalChanges([{ name: 'state', address: 0 }])
  expect(changes.observe(0, null, 'bad', AT, 'busy')).toMatchObject({
    value: null,
    quality: 'bad',
    detail: 'busy',
  })
  expect(changes.observe(0, null, 'bad', AT, 'busy')).toBeUndefined()
  expect(changes.observe(0, null, 'bad', AT, 'gone')).toMatchObject({ detail: 'gone' })
  expect(changes.observe(0, null, 'good', AT)).toMatchObject({ quality: 'good' })
})
