/** When a gateway that stands by was not there, although the record of its machine goes on as if it had been. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'

/** What the machine is taken to have done in such a time, nobody here has seen. Moments are in ms since 1970. */
export interface Absence {
  readonly fromMs: number
  readonly toMs: number
}

/** About as many restarts as come between two takeovers on a bad day. */
const ABSENCES_MAX = 20

/** Absences of one machine's record, oldest first. */
interface Absences {
  readonly all: readonly Absence[]
  /** The machine was last seen at this moment. */
  seen(lastSeen: Instant | null): void
}

/**
 * Follows them, from what was saved on.
 * @param leftAt when an earlier life of this process saw the machine last; null where this life goes on with one that sees it
 */
export function followAbsences(saved: unknown, leftAt: Instant | null): Absences {
  let all = absencesIn(saved)
  let left = leftAt
  return {
    get all() {
      return all
    },
    seen: (lastSeen) => {
      if (!left || !lastSeen || elapsedMs(left, lastSeen) <= 0) return
      all = [...all, { fromMs: left.wallMs, toMs: lastSeen.wallMs }].slice(-ABSENCES_MAX)
      left = null
    },
  }
}

/** For how long in a time this gateway was there, in ms. */
export function seenMs({ fromMs, toMs }: Absence, absences: readonly Absence[]): number {
  const unseen = absences.map((one) => Math.min(toMs, one.toMs) - Math.max(fromMs, one.fromMs))
  return unseen.reduce((left, ms) => left - Math.max(0, ms), toMs - fromMs)
}

/** What cannot be read is left out: without it the record counts as seen. */
function absencesIn(saved: unknown): readonly Absence[] {
  return Array.isArray(saved) ? saved.filter(isAbsence) : []
}

function isAbsence(saved: unknown): saved is Absence {
  const { fromMs, toMs } = Object(saved) as Partial<Absence>
  return Number.isFinite(fromMs) && Number.isFinite(toMs)
}
