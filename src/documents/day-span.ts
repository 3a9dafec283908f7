/** A time of each day as people write it: `12:00-12:30`. */
import { z } from 'zod'
import { refuse, shown } from './quantities.ts'

const SPAN = /^([01]?\d|2[0-3]):([0-5]\d) ?[-–] ?([01]?\d|2[0-3]):([0-5]\d)$/

/** Both as `HH:MM:SS`. */
interface DaySpanText {
  readonly start: string
  readonly end: string
}

/** From when to when, by the plant's clocks; it may go on over midnight. */
export function daySpan() {
  return z
    .unknown()
    .transform((input, context): DaySpanText => {
      const [, hour, minute, endHour, endMinute] = SPAN.exec(String(input).trim()) ?? []
      const start = `${hour?.padStart(2, '0')}:${minute}:00`
      const end = `${endHour?.padStart(2, '0')}:${endMinute}:00`
      if (hour !== undefined && start !== end) return { start, end }
      return refuse(context, `${shown(input)} is no time of day`, 'from when to when, as in "12:00-12:30"')
    })
    .meta({ type: 'string', pattern: '^[0-9]{1,2}:[0-9]{2} ?[-–] ?[0-9]{1,2}:[0-9]{2}$' })
}
