import { expect, test } from 'vitest'
import { changesBetween } from '../../../src/maps/map-changes.ts'
import { device, press, rule } from '../../support/press.ts'

const before = press()

test('a signal that is read elsewhere, and a rule that is new, are named', () => {
  const [plc] = before.devices
  const moved = {
    ...device('PRESS-07', []),
    signals: (plc?.signals ?? []).map((one) => (one.name === 'state' ? { ...one, address: 7 } : one)),
  }
  const rules = before.rules.toSpliced(2, 0, rule('setup', { state: 'tool' }, 0))
  expect(changesBetween(before, press({ devices: [moved], rules }))).toBe(
    '1 signal changed: state; rule 3 added',
  )
})

test('rules that are others are counted from 1, as a reader of the file counts them', () => {
  const [first, second, ...others] = before.rules
  if (!first || !second) throw new Error('a press has rules')
  const changed = press({ rules: [first, { ...second, forMs: 9 }, ...others.slice(1)] })
  expect(changesBetween(before, changed)).toBe('rule 2 changed; rule 3 removed')
})

test('of a connection only the keys are named, never what they say', () => {
  const other = press({ devices: [{ ...before.devices[0], settings: { password: 'new' } } as never] })
  expect(changesBetween(before, other)).toBe('connection of PRESS-07 changed: password')
})

test('signals that come and go, and everything else by its name in the file', () => {
  const other = press({
    devices: [device('PRESS-07', ['state', 'fault', 'good', 'alive', 'speed'])],
    stops: { ...before.stops, microStopBelowMs: 60_000 },
    eventsFor: ['down'],
  })
  expect(changesBetween(before, other)).toBe(
    '1 signal added: speed; 1 signal removed: order; stops, events_for changed',
  )
})

test('comments, and another name of the file, change nothing that is derived', () => {
  expect(changesBetween(before, press())).toBe('')
  expect(changesBetween(before, press({ file: 'devices/new.yaml' }))).toBe('its file is devices/new.yaml now')
})

test('that a machine goes into shadow, or comes out of it, says what that means', () => {
  const inShadow = press({ isShadow: true })
  expect(changesBetween(before, inShadow)).toBe('in shadow from now on: nothing of it is stored or sent')
  expect(changesBetween(inShadow, before)).toBe('out of the shadow: its rows are stored and sent from now on')
})
