import { describe, expect, test } from 'vitest'
import type { ReferenceShift } from '../../../../src/domain/reference-data.ts'
import { shiftEndMs } from '../../../../src/masterdata/shifts/shift-end.ts'

const WEEK = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday']
const early: ReferenceShift = { name: 'Early', start: '06:00:00', end: '14:00:00', days: WEEK }
const late: ReferenceShift = { name: 'Late', start: '14:00:00', end: '22:00:00', days: WEEK }
const night: ReferenceShift = { name: 'Night', start: '22:00:00', end: '06:00:00', days: WEEK }
const all = [early, late, night]

function endOf(at: string, shifts: readonly ReferenceShift[] = all, zone = 'Europe/Rome') {
  const end = shiftEndMs(shifts, zone, Date.parse(at))
  return end === null ? null : new Date(end).toISOString()
}

describe('the shift that a moment lies in ends', () => {
  // Fault of the catalogue: [D4]
  test.for([
    ['in the middle of the early shift', '2026-01-14T09:00:00Z', '2026-01-14T13:00:00.000Z'],
    ['at its first moment', '2026-01-14T05:00:00Z', '2026-01-14T13:00:00.000Z'],
    ['at the moment at which it ends: with the next', '2026-01-14T13:00:00Z', '2026-01-14T21:00:00.000Z'],
    ['in a night shift before midnight', '2026-01-14T21:30:00Z', '2026-01-15T05:00:00.000Z'],
    ['in a night shift after midnight', '2026-01-15T02:00:00Z', '2026-01-15T05:00:00.000Z'],
    ['in the night that began on Friday', '2026-01-17T02:00:00Z', '2026-01-17T05:00:00.000Z'],
    ['in the night when summer time begins, an hour earlier', '2026-03-29T00:30:00Z', null],
    ['on a Saturday: never', '2026-01-17T09:00:00Z', null],
  ] as const)('%s', ([, at, end]) => {
    expect(endOf(at)).toBe(end)
  })

  test('in the night when summer time begins, after seven hours', () => {
    const everyNight = [{ ...night, days: [] }]
    expect(endOf('2026-03-28T21:00:00Z', everyNight)).toBe('2026-03-29T04:00:00.000Z')
  })

  test('in the night when summer time ends, after nine hours', () => {
    const everyNight = [{ ...night, days: [] }]
    expect(endOf('2026-10-24T20:00:00Z', everyNight)).toBe('2026-10-25T05:00:00.000Z')
  })

  test('of two that overlap, with the later end', () => {
    const long = { ...early, name: 'Long', end: '18:00:00' }
    expect(endOf('2026-01-14T09:00:00Z', [early, long])).toBe('2026-01-14T17:00:00.000Z')
  })

  test('nowhere where there are none', () => {
    expect(endOf('2026-01-14T09:00:00Z', [])).toBeNull()
  })

  test('after a day where it has the same time twice', () => {
    const whole = { name: 'Day', start: '06:00:00', end: '06:00:00', days: [] }
    expect(endOf('2026-01-14T02:00:00Z', [whole])).toBe('2026-01-14T05:00:00.000Z')
  })
})
