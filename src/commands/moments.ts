/** Moments as people at a machine read them. */

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** `02:13:05 CET`; with its day where that is not today in the zone, and its year where that is not this one. */
export function localText(atMs: number, nowMs: number, timeZone: string): string {
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, ...TIME }).format(atMs)
  const sameIn = (parts: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone, ...parts })
    return format.format(atMs) === format.format(nowMs)
  }
  if (sameIn({ ...DAY, ...YEAR })) return time
  const date = new Intl.DateTimeFormat('en-GB', { timeZone, ...DAY, ...(sameIn(YEAR) ? {} : YEAR) })
  return `${date.format(atMs)} ${time}`
}

const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' } as const
const DAY = { day: 'numeric', month: 'short' } as const
const YEAR = { year: 'numeric' } as const

/** A length of time in its two largest units: `40 s`, `3 min`, `2 h 5 min`, `3 d 4 h`. */
export function ageText(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.floor(ms / 1_000))} s`
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`
  if (ms < DAY_MS) return twoUnits(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min'])
  return twoUnits(ms, [DAY_MS, 'd'], [HOUR_MS, 'h'])
}

type Unit = readonly [ms: number, name: string]

function twoUnits(ms: number, [largeMs, large]: Unit, [smallMs, small]: Unit): string {
  const rest = Math.floor((ms % largeMs) / smallMs)
  return `${Math.floor(ms / largeMs)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}
