/** Numbers, moments and durations as people of the page's language read them. Moments are shown in the reader's local time. */
import { locale, t } from '../texts/catalogue.ts'

/** `3 s`, `12 min`, `3 h 12 min`, `5 d 4 h`. Below zero, as where clocks differ, it is 0 s. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  if (whole < 60) return t('parts.seconds', { s: whole })
  if (whole < 3_600) return t('parts.minutes', { m: Math.floor(whole / 60) })
  if (whole < 86_400)
    return t('parts.hours', { h: Math.floor(whole / 3_600), m: Math.floor((whole % 3_600) / 60) })
  return t('parts.days', { d: Math.floor(whole / 86_400), h: Math.floor((whole % 86_400) / 3_600) })
}

/** `26 Nov, 14:03:12`. */
export function momentText(at: string | number): string {
  return new Date(at).toLocaleString(locale(), {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
}

/** `14:03`, and with seconds `14:03:12`. */
export function clockText(at: string | number, hasSeconds = false): string {
  return new Date(at).toLocaleTimeString(locale(), {
    hour: '2-digit',
    minute: '2-digit',
    ...(hasSeconds && { second: '2-digit' }),
    hourCycle: 'h23',
  })
}

/** `26 Nov 2026`. */
export function dayText(at: string | number): string {
  return new Date(at).toLocaleDateString(locale(), { day: 'numeric', month: 'short', year: 'numeric' })
}

/** `1,234.5`. */
export function numberText(value: number, digitsMax = 3): string {
  return value.toLocaleString(locale(), { maximumFractionDigits: digitsMax })
}

/** `12.4 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${numberText(bytes / 1_000 ** step, step === 0 ? 0 : 1)} ${units[step]}`
}

/** `87.5 %` of a share between 0 and 1. */
export function shareText(share: number, digits = 1): string {
  return share.toLocaleString(locale(), { style: 'percent', maximumFractionDigits: digits })
}
