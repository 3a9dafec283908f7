/** Times of day in the plant's time zone as moments, so that summer time changes how long a shift lasts. */
import { DateTime } from 'luxon'
import type { DaySpan } from '../../domain/planned-time.ts'
import type { ReferenceShift } from '../../domain/reference-data.ts'
import { unknownDays, weekdayOf } from './weekday.ts'

/** A span of one day, in ms since 1970. */
export interface Span {
  readonly startMs: number
  readonly endMs: number
}

/** The days of a time zone that a span which touches these moments may begin on: a night shift that goes on began yesterday. */
export function daysAround(zone: string, fromMs: number, toMs: number): readonly DateTime[] {
  const days: DateTime[] = []
  let day = DateTime.fromMillis(fromMs, { zone }).startOf('day').minus({ days: 1 })
  while (day.toMillis() < toMs) {
    days.push(day)
    // The first moment of each, wherever the clocks leave out midnight.
    day = day.plus({ days: 1 }).startOf('day')
  }
  return days
}

/**
 * Whether a shift begins on a day. One with a day that nobody knows counts on all of them: no time may be called unplanned because
 * a word was not understood.
 */
export function isOn({ days }: ReferenceShift, day: DateTime): boolean {
  if (days.length === 0 || unknownDays(days).length > 0) return true
  return days.some((word) => weekdayOf(word) === day.weekday)
}

/**
 * A time of day that begins on a day. One that ends when it begins lasts a whole day. The times as written say whether it ends on
 * the next day: one that summer time leaves out altogether is empty, and does not last until then.
 */
export function spanOn(day: DateTime, { start, end }: DaySpan): Span {
  const lastDay = end > start ? day : day.plus({ days: 1 })
  return { startMs: timeOn(day, start).toMillis(), endMs: timeOn(lastDay, end).toMillis() }
}

/** A time that summer time leaves out is the one an hour later, as the clocks on the wall have it. */
function timeOn(day: DateTime, time: string): DateTime {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number)
  return day.set({ hour, minute, second: Math.floor(second) })
}
