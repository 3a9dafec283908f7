/**
 * A moment as both clocks of the gateway saw it.
 *
 * `wallMs` (since 1970, UTC) is what is written down; it can be stepped by NTP or by hand.
 * `monoMs` (since boot) is what durations are counted with; it never goes back while the computer is up. It can be compared
 * only with moments of the same boot, so a moment carries the name of its boot.
 */
export interface Instant {
  /** Changes when the gateway's computer restarts. */
  readonly boot: string
  readonly wallMs: number
  readonly monoMs: number
}

/** The moment `ms` later (or earlier, when negative) on both clocks. */
export function shift(instant: Instant, ms: number): Instant {
  return { boot: instant.boot, wallMs: instant.wallMs + ms, monoMs: instant.monoMs + ms }
}

/**
 * Milliseconds from one moment to another: by the monotonic clock within one boot; between moments of two boots by the wall
 * clock, the only one that both share.
 */
export function elapsedMs(from: Instant, to: Instant): number {
  return from.boot === to.boot ? to.monoMs - from.monoMs : to.wallMs - from.wallMs
}

/** The later of two moments; the first where they are the same. */
export function laterOf(a: Instant, b: Instant): Instant {
  return elapsedMs(a, b) > 0 ? b : a
}

/** The earlier of two moments; the first where they are the same. */
export function earlierOf(a: Instant, b: Instant): Instant {
  return elapsedMs(a, b) < 0 ? b : a
}

/**
 * A moment of another boot on the clocks of this one. By the wall clock, and never later than `now`: a computer that starts
 * with a wrong clock may seem to be back before it went.
 */
export function rebase(instant: Instant, now: Instant): Instant {
  if (instant.boot === now.boot) return instant
  const agoMs = Math.max(0, elapsedMs(instant, now))
  return { boot: now.boot, wallMs: instant.wallMs, monoMs: now.monoMs - agoMs }
}

/** UTC text with milliseconds, as rows and logs carry it: `2026-01-31T09:00:00.000Z`. */
export function utcText(wallMs: number): string {
  return new Date(wallMs).toISOString()
}

/** As {@link utcText}, for names of files: without the colons, which some file systems do not take. */
export function utcFileText(wallMs: number): string {
  return utcText(wallMs).replaceAll(':', '')
}

/** Milliseconds since 1970 of a text that {@link utcText} wrote. */
export function utcMs(text: string): number {
  return Date.parse(text)
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** The UTC midnight at which the day of a moment began, in milliseconds since 1970. */
export function utcDayMs(wallMs: number): number {
  return Math.floor(wallMs / DAY_MS) * DAY_MS
}

/** The UTC midnights strictly between two moments, or the full hours, in order, on the clocks of the later one. */
export function utcStepsBetween(from: Instant, to: Instant, step: 'day' | 'hour'): readonly Instant[] {
  const stepMs = step === 'day' ? DAY_MS : HOUR_MS
  const steps: Instant[] = []
  const last = Math.floor(to.wallMs / stepMs) * stepMs
  for (let wallMs = last === to.wallMs ? last - stepMs : last; wallMs > from.wallMs; wallMs -= stepMs) {
    const at = shift(to, wallMs - to.wallMs)
    if (elapsedMs(from, at) <= 0) break
    steps.push(at)
  }
  return steps.reverse()
}
