/** How long ago something was scanned. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'

/**
 * Milliseconds since a moment; without end where it was before a restart of the computer whose clock now says that it is still to
 * come: nobody knows how long ago that was, and what waits since then is over.
 */
export function sinceMs(from: Instant, now: Instant): number {
  const elapsed = elapsedMs(from, now)
  return elapsed < 0 && from.boot !== now.boot ? Number.POSITIVE_INFINITY : elapsed
}
