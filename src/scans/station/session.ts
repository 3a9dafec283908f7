/** Who works at a station: from the badge until the next one, `LOGOUT`, a time without a scan, or the end of the shift. */
import { elapsedMs, type Instant, shift } from '../../domain/instant.ts'
import type { BadgeMessage } from '../../domain/scan.ts'
import type { OperatorRules, StationMap } from '../../domain/station-map.ts'
import { countRefused, done, type Outcome } from './outcome.ts'
import { sinceMs } from './since.ts'
import { heldCount, NOTHING_COLLECTED, type Session, type StationState } from './station-state.ts'

/** The session that a valid badge begins. */
export function sessionOf(operator: number, { at, shiftEndMs }: BadgeMessage): Session {
  const leftMs = shiftEndMs === null ? 0 : shiftEndMs - at.wallMs
  // Whoever works beyond the end of a shift is in the next one, or in none.
  return { operator, since: at, until: leftMs > 0 ? shift(at, leftMs) : null }
}

/** Whether the same person has badged in just now: a badge that was read twice. */
export function isBadgeRepeat(state: StationState, operator: number, at: Instant, dedupeMs: number): boolean {
  const { session, previous } = state
  if (!session || session.operator !== operator || previous !== null) return false
  const elapsed = elapsedMs(session.since, at)
  return elapsed >= 0 && elapsed < dedupeMs
}

/** Whose a scan is: whoever has badged in, else the station's own user. Undefined: nobody's. */
export function operatorOf({ session }: StationState, { without }: OperatorRules): number | undefined {
  if (session) return session.operator
  return typeof without === 'object' ? without.stationUser : undefined
}

/** Ends a session, and gives up what was begun in it. */
export function endSession(state: StationState, at: Instant): StationState {
  const counted = countRefused(state, 'session_over', at, heldCount(state))
  return { ...counted, ...NOTHING_COLLECTED, session: null, lastScan: null }
}

/** `LOGOUT`; nothing is wrong with one where nobody has badged in. */
export function logout(state: StationState, at: Instant): Outcome {
  return done(endSession(state, at), state.session ? [{ operator: null }] : [])
}

/**
 * How long a session goes on if nothing is scanned; undefined where there is none. Counted by the monotonic clock, and over a
 * restart of the computer by the wall clock.
 */
export function sessionLeftMs(map: StationMap, state: StationState, now: Instant): number | undefined {
  const { session, lastScan } = state
  if (!session) return undefined
  const idleLeftMs = map.operator.idleLogoutMs - sinceMs(lastScan ?? session.since, now)
  return session.until ? Math.min(idleLeftMs, elapsedMs(now, session.until)) : idleLeftMs
}
