/** Moments that are worked out from what a device or a sender says of its own time. */
import type { Instant } from '../../domain/instant.ts'

const US_PER_MS = 1_000

/**
 * The moment `ms` before another one, in whole microseconds and milliseconds, as the clocks of the gateway count. What a device says is
 * finer, and sums of such numbers are off by a hair; but the recording has a short form for whole ones alone, and would write each
 * reading out with the names of all of its signals.
 */
export function earlierBy(ms: number, { boot, wallMs, monoMs }: Instant): Instant {
  return {
    boot,
    wallMs: wallMs - Math.round(ms),
    monoMs: Math.round((monoMs - ms) * US_PER_MS) / US_PER_MS,
  }
}
