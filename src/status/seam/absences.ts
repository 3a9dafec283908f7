/** When a gateway that stands by was not there, although the record of its machine goes on as if it had been. */
import { elapsedMs, type Instant } from '../../domain/instant.ts'
import type { Memory } from '../state.ts'

/** What the machine is taken to have done in such a time, nobody here has seen. Moments are in ms since 1970. */
export interface Absence {
  readonly fromMs: number
  readonly toMs: number
}

/** About as many restarts as come between two takeovers on a bad day. */
const ABSENCES_MAX = 20

/** Absences of one machine's record. */
interface Absences {
  /** Those that are over, oldest first. */
  readonly all: readonly Absence[]
  /** Whether one goes on: the machine has not been seen since. */
  readonly isAway: boolean
  /** Something has happened to the machine: the gateway may have stood still, or seen it again. */
  follow(memory: Memory): void
}

/**
 * Follows them, from what was saved on.
 * @param leftAt when this gateway saw the machine last, where it has been away since; null where it sees it
 */
export function followAbsences(saved: unknown, leftAt: Instant | null): Absences {
  let all = absencesIn(saved)
  let left = leftAt
  let knownStall: Memory['view']['stall'] = null

  function standStill({ from, to }: NonNullable<typeof knownStall>, lastSeen: Instant): void {
    // By the clock of the machine's rows, which need not be the one that the gateway's computer shows now.
    const rowMs = (moment: Instant) => lastSeen.wallMs - elapsedMs(moment, lastSeen)
    // It may have been saved before the map changed.
    if (all.some(({ toMs }) => toMs >= rowMs(to))) return
    if (elapsedMs(to, lastSeen) > 0) all = added(all, { fromMs: rowMs(from), toMs: rowMs(to) })
    else left ??= lastSeen
  }

  return {
    get all() {
      return all
    },
    get isAway() {
      return left !== null
    },
    follow: ({ durable: { lastSeen }, view: { stall } }) => {
      if (!lastSeen) return
      if (left && elapsedMs(left, lastSeen) > 0) {
        all = added(all, { fromMs: left.wallMs, toMs: lastSeen.wallMs })
        left = null
      }
      if (stall && stall !== knownStall) standStill(stall, lastSeen)
      knownStall = stall
    },
  }
}

function added(all: readonly Absence[], one: Absence): readonly Absence[] {
  return [...all, one].slice(-ABSENCES_MAX)
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
