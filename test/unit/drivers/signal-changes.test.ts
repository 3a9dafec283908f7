import { expect, test } from 'vitest'
import { SignalChanges } from '../../../src/drivers/shared/signal-changes.ts'

const AT = { boot: 'boot-1', wallMs: 1_800_000_000_000, monoMs: 1_000 }

test('tells the first value and every change, after it was interpreted', () => {
  const changes = new SignalChanges([{ name: 'state', address: 0, mask: 0x0f, names: { 3: 'fault' } }])
  expect(changes.observe(0, 0x13, 'good', AT)).toEqual({
    signal: 'state',
    value: 'fault',
    quality: 'good',
    at: AT,
  })
  expect(changes.observe(0, 0x23, 'good', AT)).toBeUndefined()
  expect(changes.observe(0, 0x24, 'good', AT)?.value).toBe(4)
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
