import { describe, expect, test } from 'vitest'
import {
  gatewayOwner,
  isMachine,
  machineOwner,
  ownerCode,
  ownerKind,
  parseOwner,
  stationOwner,
} from '../../../src/domain/owner.ts'

describe('an owner', () => {
  test.each([
    'PRESS-07',
    '#3',
    '#alive',
    'gateway:alive',
    'machine:M-1',
    '',
    ':',
    '__proto__',
    'Presse 7 – Süd',
  ])('keeps the code %j apart from all others', (code) => {
    const machine = machineOwner(code)
    expect(ownerCode(machine)).toBe(code)
    expect(ownerKind(machine)).toBe('machine')
    expect(parseOwner(machine)).toBe(machine)
    expect(isMachine(machine)).toBe(true)
    expect(isMachine(stationOwner(code))).toBe(false)
    expect(new Set([machine, stationOwner(code), gatewayOwner(code)]).size).toBe(3)
  })

  test.each(['PRESS-07', '#alive', '', ':PRESS-07', 'Machine:1'])('is not made of %j', (text) => {
    expect(parseOwner(text)).toBeUndefined()
  })
})
