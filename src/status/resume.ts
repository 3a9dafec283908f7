/** Takes up what was saved of a machine, in the same boot or in another one. */
import { elapsedMs, type Instant, rebase, shift } from '../domain/instant.ts'
import { movedCode, movedCourse, movedPeople, movedPhase } from './moved-state.ts'
import { type MachineState, type Memory, unsettledOf, withoutUnsettled } from './state.ts'
import { emptyView, type WallClock } from './view.ts'

/**
 * Takes up a saved state after a restart. The moments of another boot are moved onto the clocks of this one: what had passed
 * until the machine was last seen is known by the monotonic clock and stays; how long that is ago is known by the wall clock.
 * That is too uncertain for what was not yet believed.
 */
export function resumeMemory(saved: MachineState, now: Instant): Memory {
  const shownSince = unsettledOf(saved.phase)?.since
  if (!saved.lastSeen && shownSince && shownSince.boot !== now.boot)
    return resumeMemory(withoutUnsettled(saved), now)
  if (!saved.lastSeen || saved.lastSeen.boot === now.boot)
    return { durable: saved, view: emptyView(now, wallClockAt(saved.lastSeen ?? now), 'same boot') }
  const known = { ...withoutUnsettled(byDoubtedClock(saved, now)), doubtedMs: 0 }
  const lastSeen = known.lastSeen ?? saved.lastSeen
  const seen = rebase(lastSeen, now)
  const moved = (instant: Instant): Instant => ({
    ...shift(seen, elapsedMs(lastSeen, instant)),
    wallMs: instant.wallMs,
  })
  const durable = {
    ...known,
    phase: movedPhase(known.phase, moved),
    codes: known.codes.map((code) => movedCode(code, moved)),
    courses: known.courses.map((course) => movedCourse(course, moved)),
    lastSeen: seen,
    transientSince: known.transientSince && moved(known.transientSince),
    ...movedPeople(withoutRun(known), moved),
  }
  const behindMs = Math.max(0, lastSeen.wallMs - now.wallMs)
  return { durable, view: { ...emptyView(now, wallClockAt(now), 'other boot'), behindMs } }
}

/**
 * A clock that was doubted before a boot, and that this boot goes on with, was right about how long ago that was; one by which
 * the machine was still to be seen was not.
 */
function byDoubtedClock(saved: MachineState, now: Instant): MachineState {
  const { lastSeen, doubtedMs } = saved
  if (!lastSeen || lastSeen.wallMs + doubtedMs > now.wallMs - now.monoMs) return saved
  return { ...saved, lastSeen: { ...lastSeen, wallMs: lastSeen.wallMs + doubtedMs } }
}

/** How long a run has lasted is too uncertain as well. */
function withoutRun(state: MachineState): MachineState {
  const { said } = state
  return said.declared ? { ...state, said: { ...said, declared: { ...said.declared, run: null } } } : state
}

function wallClockAt({ wallMs, monoMs }: Instant): WallClock {
  return { aheadMs: wallMs - monoMs, doubted: null }
}
