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

/** Milliseconds from one moment to another, by the monotonic clock. */
export function elapsedMs(from: Instant, to: Instant): number {
  return to.monoMs - from.monoMs
}

/** The later of two moments, by the monotonic clock; the first where they are the same. */
export function laterOf(a: Instant, b: Instant): Instant {
  return b.monoMs > a.monoMs ? b : a
}

/** A moment of another boot, moved onto this boot's monotonic clock by way of the wall clock, which both boots share. */
export function rebase({ wallMs }: Instant, now: Instant): Instant {
  return { boot: now.boot, wallMs, monoMs: now.monoMs - (now.wallMs - wallMs) }
}

/** UTC text with milliseconds, as rows and logs carry it: `2026-01-31T09:00:00.000Z`. */
export function utcText(wallMs: number): string {
  return new Date(wallMs).toISOString()
}

/** Milliseconds since 1970 of a text that {@link utcText} wrote. */
export function utcMs(text: string): number {
  return Date.parse(text)
}

const DAY_MS = 86_400_000

/** The first UTC midnight after a moment, in milliseconds since 1970. */
export function nextUtcMidnightMs(wallMs: number): number {
  return (Math.floor(wallMs / DAY_MS) + 1) * DAY_MS
}
