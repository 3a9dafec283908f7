/** When the shift ends that a moment lies in. Shifts are times of day in the plant's time zone, so summer time changes their length. */
import { DateTime } from 'luxon'
import type { ReferenceShift } from '../domain/reference-data.ts'

/**
 * @param zone `Europe/Rome`
 * @returns ms since 1970; null outside of all shifts. Of shifts that overlap, the one that ends last.
 */
export function shiftEndMs(shifts: readonly ReferenceShift[], zone: string, atMs: number): number | null {
  const now = DateTime.fromMillis(atMs, { zone })
  // A night shift that goes on now began yesterday.
  const days = [now.minus({ days: 1 }), now].map((day) => day.startOf('day'))
  const ends = days.flatMap((day) =>
    shifts
      .filter((shift) => isOn(shift, day))
      .map((shift) => turnOf(shift, day))
      .filter(({ start, end }) => start.toMillis() <= atMs && atMs < end.toMillis())
      .map(({ end }) => end.toMillis()),
  )
  return ends.length === 0 ? null : Math.max(...ends)
}

/** The days of a shift are those on which it begins. */
function isOn({ days }: ReferenceShift, day: DateTime): boolean {
  const name = day.setLocale('en').toFormat('cccc').toLowerCase()
  return days.length === 0 || days.includes(name)
}

function turnOf(shift: ReferenceShift, day: DateTime): { readonly start: DateTime; readonly end: DateTime } {
  const start = timeOn(day, shift.start)
  const end = timeOn(day, shift.end)
  return { start, end: end > start ? end : timeOn(day.plus({ days: 1 }), shift.end) }
}

/** A time that summer time leaves out is the one an hour later, as the clocks on the wall have it. */
function timeOn(day: DateTime, time: string): DateTime {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  return day.set({ hour, minute, second: Math.floor(second) })
}
