/** `UNDO` and `CANCEL`: what was stored last is taken back, what was not stored yet is given up. */
import { EVENT_VERSION } from '../../domain/events/event.ts'
import type { ScanUndone } from '../../domain/events/scan.ts'
import { type Instant, utcText } from '../../domain/instant.ts'
import { stationOwner } from '../../domain/owner.ts'
import { type ContextChange, countRefused, done, type Outcome, refused, type Turn } from './outcome.ts'
import { remember } from './repeats.ts'
import { sinceMs } from './since.ts'
import type { BegunOrder, Commit, StationState } from './station-state.ts'
import { heldCount, NOTHING_COLLECTED } from './station-state.ts'

/** Later than this a mistake is corrected in the MES. */
const UNDO_WITHIN_MS = 120_000

/** Gives up all that waits for more; what is stored stays. */
export function cancel(state: StationState, at: Instant): Outcome {
  const counted = countRefused(state, 'cancelled', at, heldCount(state))
  return done({ ...counted, ...NOTHING_COLLECTED })
}

/** Takes back what was stored last, once, where the same person does so soon enough. */
export function undo(turn: Turn): Outcome {
  const { state, now, operator, scan, map } = turn
  const { commit } = state
  if (!commit || !isRecent(commit, now)) return refused(state, 'nothing_to_undo', now)
  if (commit.operator !== operator) return refused(state, 'undo_of_another', now)
  if (commit.final) return refused(state, commit.final, now)
  const undone = new Set(commit.rows.map(({ data }) => data))
  return {
    verdict: 'good',
    why: null,
    state: {
      ...state,
      commit: null,
      order: state.order && undone.has(state.order.scan.code.data) ? null : state.order,
      orders: commit.moved.reduceRight<readonly BegunOrder[]>(restore, state.orders),
      // What was taken back may be scanned once more, and counts then.
      recent: remember(
        state.recent.filter(({ data }) => !undone.has(data)),
        [{ at: scan.at, data: scan.code.data }],
        map.payload.dedupeMs,
      ),
    },
    events: commit.rows.map((row) => undoneEvent(turn, row.at)),
    said: machineOrderBefore(turn, commit),
  }
}

/** The machine gets the order back that it had, unless it was given another one since. */
function machineOrderBefore({ machine, operator }: Turn, { machineOrder }: Commit): readonly ContextChange[] {
  if (!machine || !machineOrder || machine.workOrder !== machineOrder.after) return []
  return [{ operator, workOrder: machineOrder.before, isTakenBack: true }]
}

function restore(orders: readonly BegunOrder[], { number, before }: Commit['moved'][number]) {
  const others = orders.filter((one) => one.number !== number)
  return before ? [...others, before] : others
}

function undoneEvent({ map, now, operator }: Turn, at: string): ScanUndone {
  return {
    v: EVENT_VERSION,
    kind: 'scan.undone',
    at,
    subject: stationOwner(map.scanner),
    undoneAt: utcText(now.wallMs),
    operator,
  }
}

function isRecent({ at }: Commit, now: Instant): boolean {
  return sinceMs(at, now) <= UNDO_WITHIN_MS
}
