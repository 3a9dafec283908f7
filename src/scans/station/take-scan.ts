/** Takes in one scan: a repeat, one that has to wait for a badge, or one that is judged. */
import type { ScanMessage } from '../../domain/scan.ts'
import type { StationMap } from '../../domain/station-map.ts'
import { judge } from './judge.ts'
import { isOrderCommand } from './orders.ts'
import { done, held, type Outcome, refused } from './outcome.ts'
import { isRepeat } from './repeats.ts'
import { logout, operatorOf } from './session.ts'
import type { StationState, TakenScan } from './station-state.ts'
import { cancel } from './undo.ts'

/** Whoever scans more than this without a badge hears the bad beep; what was scanned before still waits. */
const WAITING_MAX = 50

/** What one scan comes to. */
export function takeScan(map: StationMap, state: StationState, message: ScanMessage): Outcome {
  const { at, code, found } = message
  const active = { ...state, lastScan: state.session ? at : null }
  const outcome = outcomeOf(map, active, message, { at, code, found })
  return { ...outcome, state: { ...outcome.state, previous: code.data } }
}

function outcomeOf(
  map: StationMap,
  state: StationState,
  { at: now, machine }: ScanMessage,
  scan: TakenScan,
): Outcome {
  if (isRepeat(state, scan, map.payload.dedupeMs)) return done(state)
  const operator = operatorOf(state, map.operator)
  if (operator !== undefined) return judge({ map, state, scan, operator, machine, now })
  // For these two nobody has to be badged in.
  if (isCommand(scan, 'CANCEL')) return cancel(state, now)
  if (isCommand(scan, 'LOGOUT')) return logout(state, now)
  return waitForBadge(map, state, scan)
}

function isCommand({ code: { meaning } }: TakenScan, command: 'CANCEL' | 'LOGOUT' | 'UNDO'): boolean {
  return meaning.kind === 'command' && meaning.command === command
}

function waitForBadge(map: StationMap, state: StationState, scan: TakenScan): Outcome {
  if (waitsMs(map, scan) === 0) return refused(state, 'no_operator', scan.at)
  const recent = state.waiting.map((one) => ({ at: one.at, data: one.code.data }))
  const isHeld = isRepeat({ recent, previous: state.previous }, scan, map.payload.dedupeMs)
  if (!isHeld && state.waiting.length >= WAITING_MAX) return refused(state, 'too_many_waiting', scan.at)
  const waiting = isHeld ? state.waiting : [...state.waiting, scan]
  return held({ ...state, waiting }, 'it waits for a badge')
}

/**
 * How long a scan may wait for a badge. One of the steps may come before it, whatever the map says of other scans. `UNDO` never
 * waits: only who scanned something can take it back, and nobody knows who this is.
 */
export function waitsMs({ operator, steps }: StationMap, scan: TakenScan): number {
  if (isCommand(scan, 'UNDO')) return 0
  const askMs = operator.without === 'ask' ? operator.askMs : 0
  return isStep(scan) ? Math.max(askMs, steps.withinMs) : askMs
}

function isStep({ code: { meaning } }: TakenScan): boolean {
  if (meaning.kind === 'command') return isOrderCommand(meaning.command)
  return meaning.kind === 'work_order'
}
