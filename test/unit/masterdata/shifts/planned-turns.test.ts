import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReferenceShift } from '../../../../src/domain/reference-data.ts'
import { type PlantTime, plannedTurns } from '../../../../src/masterdata/shifts/planned-turns.ts'
import { shiftEndMs } from '../../../../src/masterdata/shifts/shift-end.ts'
import { unknownDays, weekdayOf } from '../../../../src/masterdata/shifts/weekday.ts'

const HOUR_MS = 3_600_000
const WEEK = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday']
const early: ReferenceShift = { name: 'Early', start: '06:00:00', end: '14:00:00', days: WEEK }
const night: ReferenceShift = { name: 'Night', start: '22:00:00', end: '06:00:00', days: [] }
const noon = { start: '12:00:00', end: '12:30:00' }

function turnsOf(plant: Partial<PlantTime>, from: string, to: string) {
  const whole = { shifts: [], breaks: [], zone: 'Europe/Rome', ...plant }
  const turns = plannedTurns(whole, Date.parse(from), Date.parse(to))
  return turns.map(({ atMs, unplanned, shift }) =>
    [new Date(atMs).toISOString().slice(0, 16), unplanned, shift].filter((part) => part !== null).join(' '),
  )
}

/** How long the first night shift of a list lasts, in hours. */
function nightHours(zone: string, from: string, to: string): number {
  const turns = plannedTurns({ shifts: [night], breaks: [], zone }, Date.parse(from), Date.parse(to))
  const index = turns.findIndex(({ shift, atMs }) => shift === 'Night' && atMs > Date.parse(from))
  return ((turns[index + 1]?.atMs ?? 0) - (turns[index]?.atMs ?? 0)) / HOUR_MS
}

describe('planned time', () => {
  test('is that of the shifts, in the time zone of the plant', () => {
    expect(turnsOf({ shifts: [early] }, '2026-01-14T00:00:00Z', '2026-01-15T00:00:00Z')).toEqual([
      '2026-01-14T00:00 NO_SHIFT',
      '2026-01-14T05:00 Early',
      '2026-01-14T13:00 NO_SHIFT',
      '2026-01-15T00:00',
    ])
  })

  test('has no shift on days on which none begins, but for the night that began the day before', () => {
    const friday = { ...night, days: ['friday'] }
    expect(turnsOf({ shifts: [friday] }, '2026-01-16T12:00:00Z', '2026-01-18T12:00:00Z')).toEqual([
      '2026-01-16T12:00 NO_SHIFT',
      '2026-01-16T21:00 Night',
      '2026-01-17T05:00 NO_SHIFT',
      '2026-01-18T12:00',
    ])
  })

  test('is interrupted by breaks where there is a shift, and nowhere else', () => {
    const friday = { ...early, days: ['friday'] }
    expect(
      turnsOf({ shifts: [friday], breaks: [noon] }, '2026-01-16T08:00:00Z', '2026-01-17T20:00:00Z'),
    ).toEqual([
      '2026-01-16T08:00 Early',
      '2026-01-16T11:00 BREAK Early',
      '2026-01-16T11:30 Early',
      '2026-01-16T13:00 NO_SHIFT',
      '2026-01-17T20:00',
    ])
  })

  test('has breaks also where no shift is defined, and nothing at all where nothing is', () => {
    expect(turnsOf({ breaks: [noon] }, '2026-01-16T08:00:00Z', '2026-01-16T20:00:00Z')).toEqual([
      '2026-01-16T08:00',
      '2026-01-16T11:00 BREAK',
      '2026-01-16T11:30',
      '2026-01-16T20:00',
    ])
    expect(turnsOf({}, '2026-01-16T08:00:00Z', '2026-01-16T20:00:00Z')).toEqual([])
  })

  test('goes on where shifts overlap, by the name of the one that began last', () => {
    const long = { ...early, name: 'Long', start: '12:00:00', end: '18:00:00' }
    expect(turnsOf({ shifts: [early, long] }, '2026-01-14T06:00:00Z', '2026-01-14T20:00:00Z')).toEqual([
      '2026-01-14T06:00 Early',
      '2026-01-14T11:00 Long',
      '2026-01-14T17:00 NO_SHIFT',
      '2026-01-14T20:00',
    ])
  })

  test('goes on all day with a shift that ends when it begins, or at 24:00', () => {
    const all = { ...early, start: '00:00:00', end: '24:00:00', days: [] }
    const round = { ...early, start: '06:00:00', end: '06:00:00', days: [] }
    for (const shift of [all, round])
      expect(turnsOf({ shifts: [shift] }, '2026-01-14T12:00:00Z', '2026-01-16T12:00:00Z')).toEqual([
        '2026-01-14T12:00 Early',
        '2026-01-16T12:00',
      ])
  })

  test.for([
    ['in Rome when summer time begins', 'Europe/Rome', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z', 7],
    ['in Rome when it ends', 'Europe/Rome', '2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z', 9],
    ['in Rome in any other night', 'Europe/Rome', '2026-06-01T12:00:00Z', '2026-06-02T12:00:00Z', 8],
    [
      'in Adelaide when summer time begins',
      'Australia/Adelaide',
      '2026-10-03T02:00:00Z',
      '2026-10-04T02:00:00Z',
      7,
    ],
    ['in Adelaide when it ends', 'Australia/Adelaide', '2026-04-04T02:00:00Z', '2026-04-05T02:00:00Z', 9],
    [
      'on Lord Howe, where summer time is half an hour',
      'Australia/Lord_Howe',
      '2026-04-04T02:00:00Z',
      '2026-04-05T02:00:00Z',
      8.5,
    ],
    ['in Kolkata, which knows none', 'Asia/Kolkata', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z', 8],
  ] as const)('a night shift from 22:00 to 06:00 lasts its true hours %s', ([, zone, from, to, hours]) => {
    expect(nightHours(zone, from, to)).toBe(hours)
  })

  test.for([
    ['02:00:00', '03:00:00'],
    ['02:30:00', '03:15:00'],
    ['02:15:00', '02:45:00'],
  ] as const)(
    'the break from %s to %s does not last a day when summer time leaves it out',
    ([start, end]) => {
      const breaks = [{ start, end }]
      expect(
        turnsOf({ shifts: [night], breaks }, '2026-03-28T22:00:00Z', '2026-03-29T22:00:00Z').filter((turn) =>
          turn.includes('BREAK'),
        ),
      ).toEqual(start === '02:15:00' ? ['2026-03-29T01:15 BREAK Night'] : [])
    },
  )

  // Fault of the catalogue: [D4]
  test('a shift begins at midnight also on the day after a midnight that summer time has left out', () => {
    const all = { ...early, start: '00:00:00', end: '08:00:00', days: [] }
    // In Santiago 6 September 2026 begins at 01:00.
    const at = Date.parse('2026-09-07T00:30:00-03:00')
    expect(shiftEndMs([all], 'America/Santiago', at)).toBe(Date.parse('2026-09-07T08:00:00-03:00'))
  })

  test('never calls time unplanned for a day that nobody knows', () => {
    const italian = { ...early, days: ['lunedì', 'martedì'] }
    expect(turnsOf({ shifts: [italian] }, '2026-01-17T06:00:00Z', '2026-01-17T10:00:00Z')).toEqual([
      '2026-01-17T06:00 Early',
      '2026-01-17T10:00',
    ])
  })

  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 59))
    .map(([hour, minute]) => `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}:00`)
  const shift = fc.record({
    name: fc.constantFrom('A', 'B', 'C'),
    start: time,
    end: time,
    days: fc.subarray([...WEEK, 'saturday', 'sunday']),
  })

  test('is the same at each moment, whichever window is asked for', () => {
    const zone = fc.constantFrom('Europe/Rome', 'Australia/Adelaide', 'Asia/Kolkata', 'America/St_Johns')
    const breaks = fc.array(fc.record({ start: time, end: time }), { maxLength: 2 })
    const startMs = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 20) })
    const shifts = fc.array(shift, { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(zone, shifts, breaks, startMs, (zone, shifts, breaks, startMs) => {
        const plant = { shifts, breaks, zone }
        const all = plannedTurns(plant, startMs, startMs + 72 * HOUR_MS)
        const later = plannedTurns(plant, startMs + 25 * HOUR_MS, startMs + 49 * HOUR_MS).slice(0, -1)
        for (const turn of later) {
          const { unplanned, shift } = all.findLast(({ atMs }) => atMs <= turn.atMs) ?? {}
          expect({ unplanned, shift }).toEqual({ unplanned: turn.unplanned, shift: turn.shift })
        }
        for (const [index, { atMs }] of all.entries())
          expect(atMs).toBeGreaterThan(all[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY)
      }),
      { numRuns: 150 },
    )
  })
})

describe('the days of a shift', () => {
  test.for([
    ['monday', 1],
    ['mon', 1],
    ['mo', 1],
    ['thurs.', 4],
    ['sunday', 7],
    ['0', 7],
    ['7', 7],
    ['3', 3],
  ] as const)('%s is known', ([word, day]) => {
    expect(weekdayOf(word)).toBe(day)
  })

  test('are named where nobody knows them', () => {
    expect(unknownDays(['monday', 'lunedì', 't', '8'])).toEqual(['lunedì', 't', '8'])
  })
})
