/** Takes in a badge: a session begins, and what waited for it is judged. */
import type { BadgeMessage, MachineStanding } from '../../domain/scan.ts'
import type { StationMap } from '../../domain/station-map.ts'
import { judge } from './judge.ts'
import { type ContextChange, countRefused, done, type Outcome, refused } from './outcome.ts'
import { endSession, isBadgeRepeat, sessionOf } from './session.ts'
import type { Commit, StationState } from './station-state.ts'

/** What a badge comes to. One that is not valid leaves the session as it was. */
export function takeBadge(map: StationMap, state: StationState, message: BadgeMessage): Outcome {
  const { at, operator, why } = message
  if (operator === null) return refused({ ...state, previous: null }, 'badge', at, why ?? undefined)
  if (isBadgeRepeat(state, operator, at, map.payload.dedupeMs)) return done({ ...state, lastScan: at })
  const isAnother = state.session !== null && state.session.operator !== operator
  const base = isAnother ? endSession(state, at) : state
  const begun = {
    ...base,
    session: sessionOf(operator, message),
    lastScan: at,
    previous: null,
    waiting: [],
  }
  return judgeWaiting(map, begun, base.waiting, message, operator)
}

/**
 * Judges what waited for the badge, in order. Either all of it counts or nothing does: after the bad beep whoever scanned it
 * can scan all of it again, and nothing is there twice.
 */
function judgeWaiting(
  map: StationMap,
  begun: StationState,
  waiting: StationState['waiting'],
  { at: now, machine }: BadgeMessage,
  operator: number,
): Outcome {
  let outcome = done(begun, [{ operator }])
  let standing = machine
  for (const scan of waiting) {
    const next = judge({ map, state: outcome.state, scan, operator, machine: standing, now })
    if (next.refusal) {
      const others = countRefused(begun, 'with_another', now, waiting.length - 1)
      return { ...refused(others, next.refusal, now), said: [{ operator }] }
    }
    standing = learnt(standing, next.said)
    outcome = together(outcome, next)
  }
  return outcome
}

/** Both outcomes as one, which `UNDO` takes back as one. */
function together(before: Outcome, next: Outcome): Outcome {
  const events = [...before.events, ...next.events]
  const said = [...before.said, ...next.said]
  if (before.events.length === 0 || next.events.length === 0)
    return { ...next, verdict: 'good', why: null, events, said }
  const commit = oneCommit(before.state.commit, next.state.commit)
  return { ...next, verdict: 'good', why: null, state: { ...next.state, commit }, events, said }
}

function oneCommit(before: Commit | null, next: Commit | null): Commit | null {
  if (!before || !next) return next
  const orders = [before.machineOrder, next.machineOrder].filter((one) => one !== null)
  const [first, last] = [orders[0], orders.at(-1)]
  return {
    ...next,
    rows: [...before.rows, ...next.rows],
    moved: [...before.moved, ...next.moved],
    machineOrder: first && last ? { before: first.before, after: last.after } : null,
    final: before.final ?? next.final,
  }
}

/** How the machine stands once it knows what was said. */
function learnt(machine: MachineStanding | null, said: readonly ContextChange[]): MachineStanding | null {
  const workOrder = said.findLast((one) => one.workOrder !== undefined)?.workOrder
  return machine && workOrder !== undefined ? { ...machine, workOrder } : machine
}
