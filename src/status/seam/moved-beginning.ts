/** Gives a stretch of a machine's own record the beginning that its row has in central, in events and in the state. Pure. */
import type { DowntimeAmended } from '../../domain/events/downtime.ts'
import type { MachineEvent } from '../../domain/events/machine.ts'
import type { StatusOpened } from '../../domain/events/status.ts'
import { shift, utcMs, utcText } from '../../domain/instant.ts'
import { isOpen, type LastStop, type MachineState, type Phase } from '../state.ts'
import type { OwnRecord } from './own-record.ts'

const MINUTE_MS = 60_000

/** Which stretch, and where it begins from now on. */
export interface Move {
  readonly of: 'status' | 'downtime'
  readonly fromMs: number
  readonly toMs: number
  /** Whether its opening is in central already, so that it is not written again. */
  readonly isOpened: boolean
}

/** The same record, with another beginning of one stretch. */
export function moved({ events, state }: OwnRecord, move: Move): OwnRecord {
  return {
    events: events.flatMap((event) => movedEvent(event, move)),
    state: move.of === 'status' ? movedStatus(state, move) : movedStop(state, move),
  }
}

function movedEvent(event: MachineEvent, { of, fromMs, toMs, isOpened }: Move): readonly MachineEvent[] {
  if (!event.kind.startsWith(of) || utcMs(event.at) !== fromMs) return [event]
  const at = utcText(toMs)
  switch (event.kind) {
    case 'status.opened':
    case 'downtime.opened':
      return isOpened ? [] : [{ ...event, at }]
    case 'status.amended':
      return [{ ...event, at, ended: event.ended && longer(event.ended, fromMs - toMs) }]
    case 'downtime.amended':
      return [{ ...event, at, ended: event.ended && longer(event.ended, fromMs - toMs) }]
  }
}

/** Whole minutes follow only where it is minutes: what rounding left over stays with the gateway that rounded. */
function longer<Ended extends { readonly durationMs: number; readonly minutes: number }>(
  ended: Ended,
  byMs: number,
): Ended {
  const minutes = Math.max(0, ended.minutes + Math.round(byMs / MINUTE_MS))
  return { ...ended, durationMs: Math.max(0, ended.durationMs + byMs), minutes }
}

function movedStatus(state: MachineState, move: Move): MachineState {
  return {
    ...state,
    phase: movedPhase(state.phase, move),
    lastStampMs: Math.max(state.lastStampMs, move.toMs),
    lastStop: withoutForeign(state.lastStop, move.toMs),
  }
}

function movedPhase(phase: Phase, { fromMs, toMs }: Move): Phase {
  if (phase.kind === 'gap' && phase.marker.stampMs === fromMs) {
    const { since } = phase.marker
    return { ...phase, marker: { stampMs: toMs, since: shift(since, toMs - fromMs) } }
  }
  if (!isOpen(phase) || phase.interval.stampMs !== fromMs) return phase
  const { interval } = phase
  return { ...phase, interval: { ...interval, stampMs: toMs, since: shift(interval.since, toMs - fromMs) } }
}

/** Nobody names a stop any more of which the other gateway has written a part. */
function withoutForeign(lastStop: LastStop | null, foreignToMs: number): LastStop | null {
  return lastStop?.pieces.every(({ stampMs }) => stampMs > foreignToMs) ? lastStop : null
}

function movedStop(state: MachineState, { fromMs, toMs, isOpened }: Move): MachineState {
  const { phase } = state
  if (!isOpen(phase) || phase.stop?.stampMs !== fromMs) return state
  const { stop } = phase
  const since = shift(stop.since, toMs - fromMs)
  return {
    ...state,
    phase: { ...phase, stop: { ...stop, stampMs: toMs, since, recorded: isOpened || stop.recorded } },
  }
}

/**
 * A stop whose opening stands in no event of the record, because an earlier life of this gateway has stored it: where it is moved to,
 * it is opened as if it had begun there.
 */
export function reopened({ events, state }: OwnRecord, fromMs: number): OwnRecord {
  const at = utcText(fromMs)
  if (events.some((event) => event.kind === 'downtime.opened' && event.at === at)) return { events, state }
  const { phase } = state
  const goesOn = isOpen(phase) && phase.stop?.stampMs === fromMs
  return {
    events: events.flatMap((event) =>
      event.kind === 'downtime.amended' && event.at === at && event.ended
        ? [{ ...withoutEnd(event), kind: 'downtime.opened' }, event]
        : [event],
    ),
    state: goesOn ? { ...state, phase: { ...phase, stop: { ...phase.stop, recorded: false } } } : state,
  }
}

function withoutEnd({ ended: _, kind: _kind, ...findings }: DowntimeAmended) {
  return findings
}

/** The opening of a stretch that has ended, as its end says it: of one that had begun before the record did. */
export function openingOf({ events }: OwnRecord, atMs: number, before: StatusOpened['previousStatus']) {
  const at = utcText(atMs)
  const hasOpening = events.some((event) => event.kind === 'status.opened' && event.at === at)
  const end = events.find((event) => event.kind === 'status.amended' && event.at === at && event.ended)
  if (hasOpening || end?.kind !== 'status.amended' || end.status === undefined) return undefined
  const { ended: _, afterEnd: _after, status, kind: _kind, ...findings } = end
  return { ...findings, kind: 'status.opened', status, previousStatus: before } satisfies StatusOpened
}
